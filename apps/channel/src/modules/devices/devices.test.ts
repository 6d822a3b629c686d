import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bindingProof, Refusal, sm2Signature } from '@anqu/contract'
import { bytesToBase64, bytesToHex } from '@anqu/encoding'
import { randomBytes, sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, privateKeySigner, type Name } from '@anqu/pki'
import { policy } from '@anqu/policy'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  loggedIn,
  migrationsOf,
  recordingAudit,
  type TestContext,
} from '../../testing/module-world.fixture.ts'
import { createDevices, type Devices } from './index.ts'

const startMs = 1_800_000_000_000
const clock = new FakeClock(startMs)
const audit = recordingAudit()
let database: TestDatabase
let devices: Devices
let otpRight: boolean
let revoked: string[]
let ended: string[]
let lost: string[]
let provisioned: boolean
let notices: string[]

beforeAll(async () => {
  database = await testDatabase(migrationsOf('devices'))
  devices = createDevices({
    db: database.db,
    clock,
    audit,
    environmentHash: () => 'hash',
    verifyOtp: async () => {
      if (!otpRight) throw new Refusal('factor.rejected')
    },
    issueCertificate: async ({ csr }) => ({
      certificate: csr,
      chain: [],
      serial: bytesToHex(randomBytes(8)),
      notAfterMs: startMs + 1,
    }),
    revokeIn: async (_tx, { serial, cause }) => void revoked.push(`${cause} ${serial}`),
    certificateStates: async () => [],
    verifySignature: async () => undefined,
    renewCertificate: () => Promise.reject(new Error('not asked for here')),
    installedIn: async () => undefined,
    assertProvisioned: async () => {
      if (!provisioned) throw new Refusal('card.not-provisioned')
    },
    cardLostIn: async (_tx, { clientKeyId }) => void lost.push(clientKeyId),
    endOtherSessionsOf: async (_tx, { accountId }) => void ended.push(accountId),
    verifyTransactionPassword: async () => undefined,
    signedByHolder: async () => false,
    suspendIn: async () => undefined,
    resumeCertificate: async () => undefined,
    notifyIn: async (_tx, _accountId, { title }) => void notices.push(title.en),
  })
})
afterAll(() => database.drop())
beforeEach(() => {
  clock.setTo(startMs)
  otpRight = true
  audit.events.length = 0
  revoked = []
  ended = []
  lost = []
  provisioned = true
  notices = []
})

const environment = {
  platform: 'node',
  osVersion: 'x',
  model: 'x',
  language: 'x',
  timeZone: 'x',
  screen: 'x',
  network: 'x',
  location: 'x',
  automation: 'no',
}
type Begun = { bindingId: string; subject: Name }
const begin = (on: TestContext): Promise<Begun> =>
  call(
    devices.routes,
    'devices.begin-binding',
    { environment, label: 'Phone', otpId: uuidv7(), otp: '123456' },
    on,
  )
const csrOf = async (key: Sm2PrivateKey, subject: Name): Promise<string> =>
  bytesToBase64(await createCsr({ key: privateKeySigner(key), subject }))
const request = (on: TestContext, bindingId: string, csr: string) =>
  call(devices.routes, 'devices.request-certificate', { bindingId, csr }, on)
const serialOf = async (bindingId: string): Promise<string> =>
  (
    await database.db.one<{ serial: string }>(
      sql`select certificate_serial as serial from device_binding where binding_id = ${bindingId}`,
    )
  ).serial
const complete = (on: TestContext, bindingId: string, certificateSerial: string, proof: Uint8Array) =>
  call<{ deviceId: string }>(
    devices.routes,
    'devices.complete-binding',
    { bindingId, certificateSerial, proof: sm2Signature(proof) },
    on,
  )

async function certified(on: TestContext) {
  const key = Sm2PrivateKey.generate()
  const { bindingId, subject } = await begin(on)
  await request(on, bindingId, await csrOf(key, subject))
  const serial = await serialOf(bindingId)
  return { key, bindingId, serial, proof: sm2Sign(key, bindingProof(bindingId, serial)) }
}
async function bind(on: TestContext) {
  const { bindingId, serial, proof } = await certified(on)
  return { serial, bindingId, ...(await complete(on, bindingId, serial, proof)) }
}
const customer = (accountId = uuidv7()): TestContext => loggedIn(installation(), accountId)
const accountOf = (on: TestContext): string => on.customer?.accountId ?? ''
const failed = { code: 'device.binding-failed' }

test('a binding goes through its steps under one correlation id and ends with a bound device', async () => {
  const on = customer()
  const { deviceId, bindingId } = await bind(on)
  expect(await devices.boundDevice(accountOf(on), on.clientKeyId)).toBe(deviceId)
  expect(audit.events.map(({ event }) => event)).toEqual([
    'device.binding-begun',
    'device.key-pair-made',
    'device.request-received',
    'device.certificate-returned',
    'device.certificate-installed',
    'device.bound',
  ])
  expect(new Set(audit.events.map(({ correlationId }) => correlationId))).toEqual(new Set([bindingId]))
  expect(notices).toEqual(['A new device was bound'])
})

test('without the right code nothing begins', async () => {
  otpRight = false
  await expect(begin(customer())).rejects.toMatchObject({ code: 'factor.rejected' })
  expect(audit.events).toEqual([])
})

test('a request with another subject, a wrong signature, or of no form at all is refused', async () => {
  const on = customer()
  const key = Sm2PrivateKey.generate()
  const { bindingId, subject } = await begin(on)
  const foreign = [...subject.slice(0, -1), { type: 'CN' as const, value: uuidv7() }]
  const more = [...subject, { type: 'OU' as const, value: 'x' }]
  const wrongKey = bytesToBase64(
    await createCsr({
      key: { publicKey: key.publicKey, sign: (message) => sm2Sign(Sm2PrivateKey.generate(), message) },
      subject,
    }),
  )
  const good = await csrOf(key, subject)
  const noPoint = Buffer.from(good, 'base64')
  const at = noPoint.indexOf(Buffer.from(key.publicKey.bytes))
  noPoint[at + 40] = (noPoint[at + 40] ?? 0) ^ 1
  for (const csr of [
    await csrOf(key, foreign),
    await csrOf(key, more),
    wrongKey,
    'AAAA',
    bytesToBase64(noPoint),
  ])
    await expect(request(on, bindingId, csr)).rejects.toMatchObject({ code: 'certificate.refused' })
  await expect(request(on, bindingId, good)).resolves.toBeDefined()
})

test('a binding belongs to the account and the installation that began it', async () => {
  const on = customer()
  const { bindingId, subject } = await begin(on)
  const csr = await csrOf(Sm2PrivateKey.generate(), subject)
  await expect(request(customer(accountOf(on)), bindingId, csr)).rejects.toMatchObject(failed)
  await expect(request(loggedIn(on, uuidv7()), bindingId, csr)).rejects.toMatchObject(failed)
})

test('a binding not finished in time is worth nothing', async () => {
  const on = customer()
  const { bindingId, serial, proof } = await certified(on)
  clock.advance(policy.device.bindWithinMs)
  await expect(complete(on, bindingId, serial, proof)).rejects.toMatchObject(failed)
})

test('a proof by another key, for another binding or for another certificate binds nothing', async () => {
  const on = customer()
  const { bindingId, serial, proof, key } = await certified(on)
  const other = sm2Sign(Sm2PrivateKey.generate(), bindingProof(bindingId, serial))
  await expect(complete(on, bindingId, serial, other)).rejects.toMatchObject(failed)
  const elsewhere = sm2Sign(key, bindingProof(uuidv7(), serial))
  await expect(complete(on, bindingId, serial, elsewhere)).rejects.toMatchObject(failed)
  await expect(complete(on, bindingId, 'aabbccdd', proof)).rejects.toMatchObject(failed)
  expect(await devices.boundDevice(accountOf(on), on.clientKeyId)).toBeNull()
})

test('a proof before there is a certificate binds nothing', async () => {
  const on = customer()
  const { bindingId } = await begin(on)
  await expect(complete(on, bindingId, 'aabbccdd', new Uint8Array(64))).rejects.toMatchObject(failed)
})

test('finishing twice, also at once, binds one device and answers the same', async () => {
  const on = customer()
  const { bindingId, serial, proof } = await certified(on)
  const both = await Promise.all([1, 2, 3].map(() => complete(on, bindingId, serial, proof)))
  expect(new Set(both.map(({ deviceId }) => deviceId)).size).toBe(1)
  expect(await complete(on, bindingId, serial, proof)).toEqual(both[0])
  expect(audit.events.filter(({ event }) => event === 'device.bound')).toHaveLength(1)
  expect(revoked).toEqual([])
})

test('a newer binding of an installation releases the older one and revokes its certificate', async () => {
  const on = customer()
  const older = await bind(on)
  const other = loggedIn(on, uuidv7())
  const newer = await bind(other)
  expect(revoked).toEqual([`superseded ${older.serial}`])
  expect(await devices.boundDevice(accountOf(on), on.clientKeyId)).toBeNull()
  expect(await devices.boundDevice(accountOf(other), on.clientKeyId)).toBe(newer.deviceId)
})

const factor = { kind: 'otp', otpId: uuidv7(), otp: '123456' }
const release = (on: TestContext, deviceId: string, reason = 'lost') =>
  call(devices.routes, 'devices.release', { deviceId, reason, factor }, on)

test('a lost device is released from another one: certificate revoked as compromised, sessions ended, once', async () => {
  const lost = customer()
  const { deviceId, serial } = await bind(lost)
  const here = customer(accountOf(lost))
  await release(here, deviceId)
  expect(revoked).toEqual([`lost ${serial}`])
  expect(ended).toEqual([accountOf(lost)])
  expect(await devices.boundDevice(accountOf(lost), lost.clientKeyId)).toBeNull()
  await expect(release(here, deviceId)).rejects.toMatchObject({ code: 'request.not-found' })
})

test('a device released where it is leaves no doubt about its key and ends no session', async () => {
  const on = customer()
  const { deviceId, serial } = await bind(on)
  await release(on, deviceId, 'unused')
  expect(revoked).toEqual([`released ${serial}`])
  expect(ended).toEqual([])
})

test('nobody releases or sees somebody else’s device', async () => {
  const on = customer()
  const { deviceId } = await bind(on)
  const stranger = customer()
  await expect(release(stranger, deviceId)).rejects.toMatchObject({ code: 'request.not-found' })
  expect(await call(devices.routes, 'devices.list', {}, stranger)).toEqual({ devices: [] })
  expect(await call(devices.routes, 'devices.list', {}, on)).toMatchObject({
    devices: [{ deviceId, current: true, state: 'active' }],
  })
  expect(revoked).toEqual([])
})
