import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import type { RevocationCause } from '../../needs/revocation.ts'
import { migrationsOf, recordingAudit } from '../../testing/module-world.fixture.ts'
import { AuthorityRefused, AuthorityUnavailable, type RevocationRequest } from './authority.ts'
import {
  createCertificates,
  type AuthorityOverview,
  type Certificates,
  type SignatureVerdict,
} from './index.ts'

const clock = new FakeClock(1_800_000_000_000)
const audit = recordingAudit()
let database: TestDatabase
let certificates: Certificates
let away: boolean
let status: SignatureVerdict['status']
let sent: string[]
let asked: RevocationRequest[]
/** Serials the authority answers with an error. */
let poison: Map<string, Error>

function answering<T>(value: T): Promise<T> {
  return away ? Promise.reject(new AuthorityUnavailable('away')) : Promise.resolve(value)
}

const notPart = () => Promise.reject(new Error('not part of this test'))
const notHere: AuthorityOverview = {
  search: notPart,
  read: notPart,
  expiryCalendar: notPart,
  statistics: notPart,
  publication: notPart,
  transition: notPart,
  profiles: notPart,
  hold: notPart,
  propose: notPart,
  proposals: notPart,
  decide: notPart,
  events: notPart,
}

beforeAll(async () => {
  database = await testDatabase(migrationsOf('certificates'))
  certificates = createCertificates({
    db: database.db,
    clock,
    audit,
    notifyIn: () => Promise.resolve(),
    staffNames: () => Promise.resolve(new Map()),
    overview: notHere,
    authority: {
      statusAnswer: () => Promise.reject(new Error('not part of this test')),
      anchors: () => answering([]),
      issueServer: () => answering([]),
      issueCustomer: ({ idempotencyKey }) =>
        answering({
          serial: idempotencyKey.slice(-12),
          certificate: new Uint8Array([1]),
          chain: [],
          notAfterMs: clock.nowMs() + 1,
        }),
      renew: () => Promise.reject(new AuthorityRefused('not-issued')),
      installed: () => answering(undefined),
      suspend: () => answering(undefined),
      resume: () => answering(undefined),
      verifySignature: () => answering({ valid: status === 'good', status, nearExpiry: false }),
      async revoke(request) {
        await answering(undefined)
        const error = poison.get(request.serial)
        if (error !== undefined) throw error
        asked.push(request)
        if (request.serial.startsWith('ffff')) return 'unknown'
        sent.push(request.serial)
        return 'revoked'
      },
    },
  })
})
afterAll(() => database.drop())
beforeEach(async () => {
  away = false
  status = 'good'
  sent = []
  asked = []
  poison = new Map()
  audit.events.length = 0
  await database.db.execute(sql`delete from certificate_revocation`)
})

/** By a certificate that is registered for a device. */
const claim = async () => ({
  ...(await registered()),
  message: new Uint8Array(1),
  signature: new Uint8Array(64),
  correlationId: uuidv7(),
})
async function registered() {
  const [accountId, deviceId] = [uuidv7(), uuidv7()]
  const order = { bindingId: uuidv7(), csr: new Uint8Array(1), accountId, deviceId, origin: 'here' }
  const { serial } = await certificates.issue(order)
  audit.events.length = 0
  return { accountId, deviceId, certificateSerial: serial }
}
const issue = (bindingId = uuidv7(), accountId = uuidv7()) =>
  certificates.issue({ bindingId, csr: new Uint8Array(1), accountId, deviceId: uuidv7(), origin: 'here' })
const revoke = (serial: string, cause: RevocationCause = 'superseded') =>
  database.db.transaction((tx) => certificates.revokeIn(tx, { serial, cause, correlationId: uuidv7() }))
const send = () => certificates.sendRevocations()

test('a signature the authority calls good passes and leaves no anomaly', async () => {
  await expect(certificates.verifySignature(await claim())).resolves.toBeUndefined()
  expect(audit.events).toEqual([])
})

test('a certificate that was not registered for this device does not count, whatever the authority says', async () => {
  const unknown = { ...(await claim()), certificateSerial: 'abcdef012345' }
  const rejected = { code: 'operation.signature-rejected' }
  await expect(certificates.verifySignature(unknown)).rejects.toMatchObject(rejected)
  const elsewhere = { ...(await claim()), deviceId: uuidv7() }
  await expect(certificates.verifySignature(elsewhere)).rejects.toMatchObject(rejected)
})

test('without the authority no signature passes and no certificate is issued', async () => {
  const signed = await claim()
  away = true
  const unavailable = { code: 'server.unavailable' }
  await expect(certificates.verifySignature(signed)).rejects.toMatchObject(unavailable)
  await expect(issue()).rejects.toMatchObject(unavailable)
})

test.each([
  ['bad-signature', 'operation.signature-rejected', 'client.invalid-signature'],
  ['mismatch', 'operation.signature-rejected', 'client.invalid-certificate'],
  ['unknown', 'operation.signature-rejected', 'client.invalid-certificate'],
  ['revoked', 'certificate.not-usable', 'client.invalid-certificate'],
  ['suspended', 'certificate.not-usable', 'client.invalid-certificate'],
  ['expired', 'certificate.not-usable', 'client.invalid-certificate'],
] as const)('a verdict %s is refused as %s and recorded', async (verdict, code, event) => {
  status = verdict
  await expect(certificates.verifySignature(await claim())).rejects.toMatchObject({ code })
  expect(audit.events).toMatchObject([{ event, eventClass: 'client-anomaly', outcome: 'failure' }])
})

test('a certificate is registered once, however often it is asked for', async () => {
  const [bindingId, accountId] = [uuidv7(), uuidv7()]
  const first = await issue(bindingId, accountId)
  expect(await issue(bindingId, accountId)).toEqual(first)
  const rows = await database.db.query(sql`select state from certificate where account_id = ${accountId}`)
  expect(rows).toEqual([{ state: 'active' }])
})

test('a revocation outlives an authority that is away and is sent once', async () => {
  await revoke('aa01')
  await revoke('aa01')
  away = true
  await expect(certificates.sendRevocations()).rejects.toBeInstanceOf(AuthorityUnavailable)
  away = false
  await certificates.sendRevocations()
  await certificates.sendRevocations()
  expect(sent).toEqual(['aa01'])
})

test('one revocation that fails stops no other, and the failure is told at the end', async () => {
  poison.set('bad0', new Error('the answer made no sense'))
  for (const serial of ['bad0', 'aa02', 'aa03']) await revoke(serial)
  await expect(send()).rejects.toThrow('made no sense')
  expect(sent.toSorted()).toEqual(['aa02', 'aa03'])
  poison.clear()
  await send()
  expect(sent.toSorted()).toEqual(['aa02', 'aa03', 'bad0'])
})

test('an authority that is away is not asked for the whole queue, and what was not tried comes first next time', async () => {
  for (let n = 10; n < 16; n += 1) {
    await revoke(`ab${n}`)
    clock.advance(1)
  }
  away = true
  await expect(send()).rejects.toBeInstanceOf(AuthorityUnavailable)
  const tried = sql`select serial from certificate_revocation where tried_at_ms > 0 order by serial`
  expect(await database.db.query(tried)).toEqual(['ab10', 'ab11', 'ab12'].map((serial) => ({ serial })))
  away = false
  clock.advance(1)
  await send()
  expect(sent).toEqual(['ab13', 'ab14', 'ab15', 'ab10', 'ab11', 'ab12'])
})

test('what the authority refuses for good comes to an end that is recorded and not tried again', async () => {
  poison.set('cc01', new AuthorityRefused('not-allowed'))
  poison.set('cc02', new AuthorityRefused('status 401'))
  for (const serial of ['cc01', 'cc02', 'ffff']) await revoke(serial)
  await expect(send()).rejects.toThrow('status 401')
  await expect(send()).rejects.toThrow('status 401')
  const rows = await database.db.query(
    sql`select serial, state, refusal from certificate_revocation order by serial`,
  )
  expect(rows).toEqual([
    { serial: 'cc01', state: 'refused', refusal: 'not-allowed' },
    { serial: 'cc02', state: 'queued', refusal: null },
    { serial: 'ffff', state: 'refused', refusal: 'unknown' },
  ])
  expect(audit.events.map(({ event, resource }) => `${event} ${resource}`)).toEqual([
    'certificate.revocation-refused certificate:cc01',
    'certificate.revocation-refused certificate:ffff',
  ])
})

test.each([
  ['lost', 'keyCompromise', 'customer'],
  ['released', 'cessationOfOperation', 'customer'],
  ['superseded', 'superseded', 'channel'],
] as const)(
  'of a certificate that was %s the authority is told %s, by the %s',
  async (cause, crlReason, by) => {
    await revoke('dd01', cause)
    await send()
    expect(asked).toMatchObject([{ serial: 'dd01', crlReason, by }])
  },
)

test('a revocation whose transaction fails is not sent', async () => {
  const failing = database.db.transaction(async (tx) => {
    await certificates.revokeIn(tx, { serial: 'aa04', cause: 'lost', correlationId: uuidv7() })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await certificates.sendRevocations()
  expect(sent).toEqual([])
})
