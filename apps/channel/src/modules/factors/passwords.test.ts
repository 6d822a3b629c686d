import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { SecretBytes } from '@anqu/gm-crypto'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { migrationsOf, testCertify } from '../../testing/module-world.fixture.ts'
import { createKeys, type KeySystem } from '../keys/index.ts'
import { createPasswords, type PasswordKind, type Passwords } from './passwords.ts'

const clock = new FakeClock(1_800_000_000_000)
let database: TestDatabase
let keys: KeySystem
let passwords: Passwords
let subject: string

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys', 'factors'))
  const { db } = database
  keys = await createKeys({
    db,
    clock,
    kek: SecretBytes.random(16),
    certify: testCertify(clock),
    isRevoked: async () => false,
  })
  passwords = createPasswords({ db, clock, keys })
})
afterAll(() => database.drop())
beforeEach(() => {
  subject = uuidv7()
})

const secret = (text: string): SecretBytes => SecretBytes.from(utf8ToBytes(text))
async function store(text: string, kind: PasswordKind = 'login'): Promise<void> {
  const sealed = await passwords.hash(secret(text))
  await database.db.transaction((tx) => passwords.storeIn(tx, subject, kind, sealed))
}
const acceptable = (text: string, kind: PasswordKind, own: string[] = []): Promise<void> =>
  passwords.assertAcceptable(subject, kind, secret(text), own)

test('only the right password of the right kind matches, and nobody’s never does', async () => {
  await store('river7stone4')
  expect(await passwords.matches(subject, 'login', secret('river7stone4'))).toBe(true)
  expect(await passwords.matches(subject, 'login', secret('river7stone5'))).toBe(false)
  expect(await passwords.matches(subject, 'transaction', secret('river7stone4'))).toBe(false)
  expect(await passwords.matches(uuidv7(), 'login', secret('river7stone4'))).toBe(false)
  expect(await passwords.matches(undefined, 'login', secret('no such subject has this'))).toBe(false)
})

test('what is stored is a memory-hard hash under a seal, different for the same password', async () => {
  await store('river7stone4')
  const read = () =>
    database.db.one<{ sealed_hash: Uint8Array }>(
      sql`select sealed_hash from password where subject = ${subject} and kind = 'login'`,
    )
  const sealed = new Uint8Array((await read()).sealed_hash)
  const opened = bytesToUtf8(await keys.open('password', sealed))
  expect(opened).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(Buffer.from(sealed).includes('argon2')).toBe(false)
  await store('river7stone4')
  const again = bytesToUtf8(await keys.open('password', new Uint8Array((await read()).sealed_hash)))
  expect(again).not.toBe(opened)
})

test('a new password may be neither the old one nor the other one', async () => {
  await store('river7stone4', 'login')
  await store('x9kettle_2m', 'transaction')
  const same = { code: 'password.same-as-other' }
  await expect(acceptable('river7stone4', 'login')).rejects.toMatchObject(same)
  await expect(acceptable('river7stone4', 'transaction')).rejects.toMatchObject(same)
  await expect(acceptable('x9kettle_2m', 'login')).rejects.toMatchObject(same)
  await expect(acceptable('bamboo4train', 'transaction')).resolves.toBeUndefined()
})

test('a weak password, or one made of the own data, is refused', async () => {
  const weak = { code: 'password.too-weak' }
  await expect(acceptable('password1', 'login')).rejects.toMatchObject(weak)
  await expect(acceptable('bamboo19900101', 'login', ['19900101'])).rejects.toMatchObject(weak)
})

test('a change replaces the old password and notes its time', async () => {
  await store('river7stone4')
  clock.advance(1000)
  await store('bamboo4train')
  expect(await passwords.matches(subject, 'login', secret('river7stone4'))).toBe(false)
  expect(await passwords.find(subject, 'login')).toEqual({ changedAtMs: clock.nowMs(), mustChange: false })
  expect(await passwords.find(subject, 'transaction')).toBeUndefined()
})
