import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { GmCryptoError, SecretBytes, sm2Encrypt, sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { policy } from '@anqu/policy'
import { sql, uuidv7, type Db } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { migrationsOf, testCertify } from '../../testing/module-world.fixture.ts'
import { createKeys, type KeySystem } from './index.ts'

const clock = new FakeClock(1_800_000_000_000)
const kek = SecretBytes.random(16)
const value = utf8ToBytes('张三丰')
let database: TestDatabase
let keys: KeySystem
const start = (db: Db = database.db, by = kek) =>
  createKeys({ db, clock, kek: by, certify: testCertify(clock), isRevoked: async () => false })

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys'))
  keys = await start()
})
afterAll(() => database.drop())

test('a sealed value opens for its own subject and purpose only', async () => {
  const [subject, other] = [uuidv7(), uuidv7()]
  const sealed = await keys.sealFor(subject, 'identity.name', value)
  expect(await keys.openFor(subject, 'identity.name', sealed)).toEqual(value)
  await expect(keys.openFor(other, 'identity.name', sealed)).rejects.toBeInstanceOf(GmCryptoError)
  await expect(keys.openFor(subject, 'identity.phone', sealed)).rejects.toBeInstanceOf(GmCryptoError)
})

test('a system secret opens under its own purpose only', async () => {
  const sealed = await keys.seal('password', value)
  expect(await keys.open('password', sealed)).toEqual(value)
  await expect(keys.open('channel', sealed)).rejects.toBeInstanceOf(GmCryptoError)
})

test('every changed byte of a sealed value is found', async () => {
  const sealed = await keys.seal('password', value)
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    await expect(keys.open('password', changed)).rejects.toBeInstanceOf(GmCryptoError)
  }
})

test('the same value sealed twice looks different', async () => {
  const [a, b] = [await keys.seal('p', value), await keys.seal('p', value)]
  expect(bytesToHex(a)).not.toBe(bytesToHex(b))
})

test('a second start finds the same keys', async () => {
  const subject = uuidv7()
  const sealed = await keys.sealFor(subject, 'x', value)
  const again = await start()
  expect(await again.openFor(subject, 'x', sealed)).toEqual(value)
  expect(again.lookup('phone', '1')).toBe(keys.lookup('phone', '1'))
  expect(again.receiptKey.certificate).toEqual(keys.receiptKey.certificate)
  expect(again.messageKey.key.publicKey.equals(keys.messageKey.key.publicKey)).toBe(true)
})

test('two processes that start at once on an empty database agree on every key', async () => {
  const fresh = await testDatabase(migrationsOf('keys'))
  const [a, b] = await Promise.all([start(fresh.db), start(fresh.db)])
  const subject = uuidv7()
  const [one, two] = await Promise.all([a.sealFor(subject, 'x', value), b.sealFor(subject, 'x', value)])
  expect(await b.openFor(subject, 'x', one)).toEqual(value)
  expect(await a.openFor(subject, 'x', two)).toEqual(value)
  expect(a.lookup('phone', '1')).toBe(b.lookup('phone', '1'))
  expect(a.receiptKey.key.publicKey.equals(b.receiptKey.key.publicKey)).toBe(true)
  await fresh.drop()
})

test('a new encryption pair is made near the end of the one before, which opens until its own end', async () => {
  const fresh = await testDatabase(migrationsOf('keys'))
  const own = new FakeClock(1_800_000_000_000)
  const running = () =>
    createKeys({ db: fresh.db, clock: own, kek, certify: testCertify(own), isRevoked: async () => false })
  const [first, second] = [await running(), await running()]
  const newest = async ({ encryption }: KeySystem) => {
    const [der = new Uint8Array(0)] = await encryption.chain()
    return parseCertificate(der)
  }
  const former = await newest(first)
  const sent = sm2Encrypt(former.publicKey, value)
  await first.encryption.renew()
  expect((await newest(first)).raw).toEqual(former.raw)
  own.setTo(former.notAfterMs - policy.certificate.nearExpiryMs)
  await first.encryption.renew()
  const renewed = await newest(second)
  expect(renewed.publicKey.equals(former.publicKey)).toBe(false)
  expect(await newest(first)).toEqual(renewed)
  expect(await second.encryption.open(former.serialHex, sent)).toEqual(value)
  expect(await second.encryption.open(renewed.serialHex, sm2Encrypt(renewed.publicKey, value))).toEqual(value)
  expect(await second.encryption.open(renewed.serialHex, sent)).toBeUndefined()
  expect(await second.encryption.open('abcdef01', sent)).toBeUndefined()
  own.setTo(former.notAfterMs)
  expect(await second.encryption.open(former.serialHex, sent)).toBeUndefined()
  await fresh.drop()
})

test('a new encryption pair is made when the CA has taken the one before back', async () => {
  const fresh = await testDatabase(migrationsOf('keys'))
  let revoked = false
  const { encryption } = await createKeys({
    db: fresh.db,
    clock,
    kek,
    certify: testCertify(clock),
    isRevoked: async () => revoked,
  })
  const former = await encryption.chain()
  await encryption.renew()
  expect(await encryption.chain()).toEqual(former)
  revoked = true
  await encryption.renew()
  expect(await encryption.chain()).not.toEqual(former)
  await fresh.drop()
})

test('a start with another key-encryption key fails', async () => {
  await expect(start(database.db, SecretBytes.random(16))).rejects.toBeInstanceOf(GmCryptoError)
})

test('after a subject’s key was destroyed nothing of that person opens, and no new key takes its place', async () => {
  const subject = uuidv7()
  const sealed = await keys.sealFor(subject, 'identity.name', value)
  await database.db.execute(
    sql`update subject_key set state = 'destroyed', wrapped = null where subject = ${subject}`,
  )
  const next = await start()
  await expect(next.openFor(subject, 'identity.name', sealed)).rejects.toThrow('destroyed')
  await expect(next.sealFor(subject, 'identity.name', value)).rejects.toThrow('destroyed')
})

test('a data key that could not be loaded once is loaded at the next try', async () => {
  let down = false
  const db: Db = {
    ...database.db,
    maybe: (statement) =>
      down ? Promise.reject(new Error('database is away')) : database.db.maybe(statement),
    one: (statement) => database.db.one(statement),
    query: (statement) => database.db.query(statement),
    execute: (statement) => database.db.execute(statement),
    transaction: (work) => database.db.transaction(work),
    close: () => database.db.close(),
  }
  const shaky = await start(db)
  down = true
  await expect(shaky.seal('later', value)).rejects.toThrow('away')
  down = false
  expect(await shaky.open('later', await shaky.seal('later', value))).toEqual(value)
})

test('no key stands in the database in the clear', async () => {
  const rows = await database.db.query<{ wrapped: Uint8Array }>(sql`select wrapped from key_material`)
  const stored = rows.map(({ wrapped }) => bytesToHex(new Uint8Array(wrapped))).join(' ')
  expect(rows.length).toBeGreaterThan(2)
  for (const { key } of [keys.receiptKey, keys.messageKey])
    expect(stored).not.toContain(bytesToHex(key.exportBytes()))
})

test('a receipt’s signature verifies under the certificate that comes with it', async () => {
  const { signature, certificate } = await keys.signReceipt(value)
  const { publicKey } = parseCertificate(certificate)
  expect(sm2Verify(publicKey, value, signature)).toBe(true)
  expect(sm2Verify(publicKey, utf8ToBytes('other'), signature)).toBe(false)
})

test('look-ups of the same value under different purposes have nothing in common', () => {
  expect(keys.lookup('phone', '13800138000')).not.toBe(keys.lookup('id-number', '13800138000'))
  expect(keys.lookup('phone', '13800138000')).toMatch(/^[0-9a-f]{64}$/)
})
