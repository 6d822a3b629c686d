import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { call, migrationsOf, recordingAudit } from '../../testing/module-world.fixture.ts'
import { AuthorityUnavailable } from './authority.ts'
import { createCertificates, type Certificates, type SignatureVerdict } from './index.ts'

const clock = new FakeClock(1_800_000_000_000)
const audit = recordingAudit()
let database: TestDatabase
let certificates: Certificates
let away: boolean
let status: SignatureVerdict['status']
let sent: string[]
/** Serials the authority will never take. */
let poison: Set<string>

function answering<T>(value: T): Promise<T> {
  return away ? Promise.reject(new AuthorityUnavailable('away')) : Promise.resolve(value)
}

beforeAll(async () => {
  database = await testDatabase(migrationsOf('certificates'))
  certificates = createCertificates({
    db: database.db,
    clock,
    audit,
    authority: {
      anchors: () => answering([]),
      issueServer: () => answering([]),
      issueCustomer: ({ idempotencyKey }) =>
        answering({
          serial: idempotencyKey.slice(-12),
          certificate: new Uint8Array([1]),
          chain: [],
          notAfterMs: clock.nowMs() + 1,
        }),
      verifySignature: () => answering({ valid: status === 'good', status, nearExpiry: false }),
      async revoke({ serial }) {
        await answering(undefined)
        if (poison.has(serial)) throw new AuthorityUnavailable('the CA refused: 404')
        sent.push(serial)
      },
    },
  })
})
afterAll(() => database.drop())
beforeEach(async () => {
  away = false
  status = 'good'
  sent = []
  poison = new Set()
  audit.events.length = 0
  await database.db.execute(sql`delete from certificate_revocation`)
})

const claim = () => ({
  accountId: uuidv7(),
  deviceId: uuidv7(),
  certificateSerial: '0102',
  message: new Uint8Array(1),
  signature: new Uint8Array(64),
  correlationId: uuidv7(),
})
const issue = (bindingId = uuidv7(), accountId = uuidv7()) =>
  certificates.issue({ bindingId, csr: new Uint8Array(1), accountId, deviceId: uuidv7(), origin: 'here' })
const revoke = (serial: string) =>
  database.db.transaction((tx) =>
    certificates.revokeIn(tx, { serial, reason: 'superseded', correlationId: uuidv7() }),
  )

test('a signature the authority calls good passes and leaves no anomaly', async () => {
  await expect(certificates.verifySignature(claim())).resolves.toBeUndefined()
  expect(audit.events).toEqual([])
})

test('without the authority no signature passes and no certificate is issued', async () => {
  away = true
  const unavailable = { code: 'server.unavailable' }
  await expect(certificates.verifySignature(claim())).rejects.toMatchObject(unavailable)
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
  await expect(certificates.verifySignature(claim())).rejects.toMatchObject({ code })
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

test('a revocation the authority refuses does not hold up the others', async () => {
  poison = new Set(['bad0', 'bad1'])
  for (const serial of ['bad0', 'bad1', 'aa02', 'aa03']) {
    await revoke(serial)
    clock.advance(1)
  }
  for (let round = 0; round < 4; round += 1) {
    await certificates.sendRevocations().catch(() => undefined)
    clock.advance(1)
  }
  expect(sent.toSorted()).toEqual(['aa02', 'aa03'])
})

test('a revocation whose transaction fails is not sent', async () => {
  const failing = database.db.transaction(async (tx) => {
    await certificates.revokeIn(tx, { serial: 'aa04', reason: 'x', correlationId: uuidv7() })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await certificates.sendRevocations()
  expect(sent).toEqual([])
})

test('staff see a certificate as revoked at once, page by page', async () => {
  const serials = [(await issue()).serial, (await issue()).serial, (await issue()).serial]
  await revoke(serials[0] ?? '')
  type Page = { certificates: { serial: string; state: string }[]; nextCursor: string | null }
  const seen: Page['certificates'] = []
  let cursor: string | null = null
  do {
    const page: Page = await call(certificates.routes, 'staff.certificates', {
      limit: 2,
      ...(cursor === null ? {} : { cursor }),
    })
    seen.push(...page.certificates)
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(new Set(seen.map(({ serial }) => serial)).size).toBe(seen.length)
  expect(seen.map(({ serial }) => serial)).toEqual(expect.arrayContaining(serials))
  expect(seen.find(({ serial }) => serial === serials[0])?.state).toBe('revoked')
})
