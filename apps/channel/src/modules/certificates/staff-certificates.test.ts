import { uuidv7 } from '@anqu/platform'
import type {
  InputOf,
  OutputOf,
  staffCertificate,
  staffCertificateSearch,
  staffCertificateStatistics,
  staffExpiryCalendar,
  staffPropose,
  staffProfiles,
  staffPublication,
} from '@anqu/contract'
import { base64ToBytes, bytesToHex } from '@anqu/encoding'
import { parseCertificate } from '@anqu/pki'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CertificateWorld } from './real-authority.fixture.ts'

type Proposal = OutputOf<typeof staffPropose>['proposal']
type Page = OutputOf<typeof staffCertificateSearch>
type Staff = CertificateWorld['chen']
let world: CertificateWorld
beforeAll(async () => {
  world = await CertificateWorld.open()
})
afterAll(() => world.close())
beforeEach(() => {
  world.audit.events.length = 0
  world.notices.length = 0
})

const detail = (serial: string, staff: Staff = world.auditor) =>
  world.as<OutputOf<typeof staffCertificate>>(staff, 'staff.certificate', { serial })
const propose = async (staff: Staff, action: InputOf<typeof staffPropose>['action']) =>
  (await world.as<{ proposal: Proposal }>(staff, 'staff.propose', { action })).proposal
const decide = async (staff: Staff, { proposalId, digest }: Proposal, decision = 'approve') =>
  (await world.as<{ proposal: Proposal }>(staff, 'staff.decide', { proposalId, digest, decision })).proposal
const revocation = (serial: string) =>
  ({ kind: 'revoke', serial, reason: '客户来电核实', crlReason: 'keyCompromise' }) as const
const acts = () => world.audit.events.filter(({ eventClass }) => eventClass === 'staff')

test('one proposes a revocation, another approves it, and both systems and the holder know at once', async () => {
  const { serial, accountId } = await world.issue()
  const proposal = await propose(world.chen, revocation(serial))
  expect(proposal).toMatchObject({ notApprovable: 'own', proposedBy: { name: '陈' }, state: 'open' })
  expect(await detail(serial)).toMatchObject({
    certificate: { status: 'good' },
    here: { state: 'active' },
    openProposals: [proposal.proposalId],
  })
  expect(await decide(world.wang, proposal)).toMatchObject({ state: 'approved', decidedBy: { name: '王' } })
  expect(await detail(serial)).toMatchObject({
    certificate: { status: 'revoked', change: { by: 'operator', crlReason: 'keyCompromise' } },
    here: { state: 'revoked', revocation: null },
    openProposals: [],
  })
  expect(world.notices).toEqual([{ accountId, title: '证书已吊销' }])
  expect(acts().map(({ event, subject, outcome }) => [event, subject, outcome])).toEqual([
    ['staff.proposed', world.chen.staffId, 'success'],
    ['staff.approved', world.wang.staffId, 'success'],
  ])
})

test('the proposer approves nothing, and the attempt is recorded; taking it back is possible', async () => {
  const { serial } = await world.issue()
  const proposal = await propose(world.chen, revocation(serial))
  await expect(decide(world.chen, proposal)).rejects.toMatchObject({ code: 'approval.own' })
  expect(acts().at(-1)).toMatchObject({
    event: 'staff.approved',
    outcome: 'failure',
    subject: world.chen.staffId,
    fields: { refused: 'approval.own' },
  })
  expect((await detail(serial)).certificate.status).toBe('good')
  expect(await decide(world.chen, proposal, 'reject')).toMatchObject({ state: 'rejected' })
  await expect(decide(world.wang, proposal)).rejects.toMatchObject({ code: 'approval.closed' })
})

test('the CA holds proposer and approver apart by itself', async () => {
  const { serial } = await world.issue()
  const { proposalId, digest } = await propose(world.chen, revocation(serial))
  const directly = world.overview.decide({
    proposalId,
    digest,
    decision: 'approve',
    officer: world.chen.staffId,
    correlationId: 'c',
  })
  await expect(directly).rejects.toMatchObject({ code: 'proposal-own' })
})

test('what was not shown is not approved', async () => {
  const { serial } = await world.issue()
  const proposal = await propose(world.chen, revocation(serial))
  const other = { ...proposal, digest: '0'.repeat(64) }
  await expect(decide(world.wang, other)).rejects.toMatchObject({ code: 'approval.changed' })
  expect((await detail(serial)).certificate.status).toBe('good')
})

test('auditors look and change nothing', async () => {
  const { serial } = await world.issue()
  const proposal = await propose(world.chen, revocation(serial))
  const forbidden = { code: 'staff.forbidden' }
  await expect(propose(world.auditor, revocation(serial))).rejects.toMatchObject(forbidden)
  await expect(decide(world.auditor, proposal)).rejects.toMatchObject(forbidden)
  await expect(
    world.as(world.auditor, 'staff.hold-certificate', { serial, reason: '怀疑泄露' }),
  ).rejects.toMatchObject(forbidden)
  type List = { proposals: Proposal[] }
  const { proposals } = await world.as<List>(world.auditor, 'staff.proposals', { state: 'open', limit: 50 })
  expect(proposals).toContainEqual(
    expect.objectContaining({ proposalId: proposal.proposalId, notApprovable: 'role', rejectable: false }),
  )
})

test('approvals are read a page at a time, and one that is far down can still be decided', async () => {
  const { serial } = await world.issue()
  const first = await propose(world.chen, revocation(serial))
  for (let more = 0; more < 4; more += 1) await propose(world.chen, revocation((await world.issue()).serial))
  type Page = { proposals: Proposal[]; nextCursor: string | null }
  const seen: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const search = { state: 'open', limit: 2, ...(cursor === undefined ? {} : { cursor }) }
    const page: Page = await world.as<Page>(world.wang, 'staff.proposals', search)
    seen.push(...page.proposals.map(({ proposalId }) => proposalId))
    cursor = page.nextCursor
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen).toContain(first.proposalId)
  expect((await detail(serial)).openProposals).toEqual([first.proposalId])
  expect(await decide(world.wang, first)).toMatchObject({ state: 'approved' })
})

test('one operator puts a certificate on hold at once; two of them end it', async () => {
  const { serial, accountId } = await world.issue()
  await world.as(world.chen, 'staff.hold-certificate', { serial, reason: '怀疑泄露' })
  expect(await detail(serial)).toMatchObject({
    certificate: { status: 'suspended', change: { by: 'operator', crlReason: 'certificateHold' } },
    here: { state: 'suspended' },
  })
  const release = await propose(world.chen, { kind: 'resume', serial, reason: '已核实无误' })
  await expect(decide(world.chen, release)).rejects.toMatchObject({ code: 'approval.own' })
  await decide(world.admin, release)
  expect(await detail(serial)).toMatchObject({ certificate: { status: 'good' }, here: { state: 'active' } })
  expect(world.notices.map(({ title }) => title)).toEqual(['证书已冻结', '证书已恢复使用'])
  expect(world.notices.every((notice) => notice.accountId === accountId)).toBe(true)
})

test('what the state of a certificate does not allow is refused, and so is what nobody knows', async () => {
  const { serial } = await world.issue()
  await decide(world.wang, await propose(world.chen, revocation(serial)))
  const refused = { code: 'certificate.not-possible' }
  await expect(propose(world.chen, revocation(serial))).rejects.toMatchObject(refused)
  await expect(
    world.as(world.chen, 'staff.hold-certificate', { serial, reason: '怀疑泄露' }),
  ).rejects.toMatchObject(refused)
  const nobody = 'ab'.repeat(10)
  const unknown = { code: 'certificate.not-found' }
  await expect(detail(nobody)).rejects.toMatchObject(unknown)
  await expect(propose(world.chen, revocation(nobody))).rejects.toMatchObject(unknown)
  await expect(
    world.as(world.chen, 'staff.hold-certificate', { serial: nobody, reason: '怀疑泄露' }),
  ).rejects.toMatchObject(unknown)
})

test('a profile changes within its limits when an administrator approves, and the change is shown beside what stood before', async () => {
  const { profiles } = await world.as<OutputOf<typeof staffProfiles>>(
    world.auditor,
    'staff.certificate-profiles',
    {},
  )
  const before = profiles.find(({ name }) => name === 'customer-signing')?.parameters
  if (before === undefined) throw new Error('no profile')
  const change = (validDays: number) =>
    ({ kind: 'change-profile', name: 'customer-signing', parameters: { ...before, validDays } }) as const
  const outside = { code: 'profile.outside-limits' }
  await expect(propose(world.chen, change(3600))).rejects.toMatchObject(outside)
  await expect(propose(world.chen, { ...change(200), name: 'nobody-knows' })).rejects.toMatchObject(outside)
  const proposal = await propose(world.chen, change(200))
  expect(proposal.before).toEqual(before)
  await expect(decide(world.wang, proposal)).rejects.toMatchObject({ code: 'staff.forbidden' })
  const decided = await decide(world.admin, proposal)
  expect(decided).toMatchObject({ state: 'approved', before, action: { parameters: { validDays: 200 } } })
})

test('a search finds by each filter and pages through all of it once', async () => {
  const accountId = uuidv7()
  const issued = [await world.issue(accountId), await world.issue(accountId), await world.issue(accountId)]
  const search = (input: object) =>
    world.as<Page>(world.auditor, 'staff.certificate-search', { limit: 50, ...input })
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Page = await search({ accountId, limit: 2, ...(cursor === null ? {} : { cursor }) })
    seen.push(...page.certificates.map(({ serial }) => serial))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(seen.toSorted()).toEqual(issued.map(({ serial }) => serial).toSorted())
  const [first] = issued
  if (first === undefined) throw new Error('nothing issued')
  const found = async (filter: object) =>
    (await search(filter)).certificates.some(({ serial }) => serial === first.serial)
  const { notAfterMs } = (await detail(first.serial)).certificate
  expect(await found({ serial: first.serial })).toBe(true)
  expect(await found({ deviceId: first.deviceId, profile: 'customer-signing', status: 'good' })).toBe(true)
  expect(await found({ accountId, profile: 'customer-encryption' })).toBe(false)
  expect(await found({ accountId, status: 'revoked' })).toBe(false)
  expect(await found({ accountId, expiresFromMs: notAfterMs, expiresBeforeMs: notAfterMs + 1 })).toBe(true)
  expect(await found({ accountId, expiresFromMs: notAfterMs + 1 })).toBe(false)
})

test('a revocation of the channel shows at once, before the CA has taken it', async () => {
  const { serial } = await world.issue()
  await world.database.db.transaction((tx) =>
    world.certificates.revokeIn(tx, { serial, cause: 'lost', correlationId: uuidv7() }),
  )
  expect(await detail(serial)).toMatchObject({
    certificate: { status: 'good' },
    here: { state: 'revoked', revocation: { state: 'queued' } },
  })
  await world.certificates.sendRevocations()
  expect(await detail(serial)).toMatchObject({
    certificate: { status: 'revoked', change: { by: 'customer', crlReason: 'keyCompromise' } },
    here: { state: 'revoked', revocation: { state: 'sent' } },
  })
})

test('the detail carries the certificate itself and its chain up to the root', async () => {
  const { serial } = await world.issue()
  const [leaf, issuing, root] = (await detail(serial)).chain.map((der) =>
    parseCertificate(base64ToBytes(der)),
  )
  expect(bytesToHex(leaf?.serial ?? new Uint8Array())).toBe(serial)
  expect([leaf?.issuer, issuing?.issuer]).toEqual([issuing?.subject, root?.subject])
})

test('calendar and statistics count what is there, a refused revocation among them', async () => {
  const { serial } = await world.issue()
  const { notAfterMs } = (await detail(serial)).certificate
  const day = new Date(notAfterMs + 8 * 3_600_000).toISOString().slice(0, 10)
  const calendar = await world.as<OutputOf<typeof staffExpiryCalendar>>(
    world.auditor,
    'staff.expiry-calendar',
    { fromDay: day, days: 1 },
  )
  expect(calendar.days).toMatchObject([{ day, counts: [{ profile: 'customer-signing' }] }])
  await world.database.db.transaction((tx) =>
    world.certificates.revokeIn(tx, { serial: 'ff'.repeat(10), cause: 'lost', correlationId: 'c' }),
  )
  await world.certificates.sendRevocations()
  const numbers = await world.as<OutputOf<typeof staffCertificateStatistics>>(
    world.auditor,
    'staff.certificate-statistics',
    {},
  )
  expect(numbers.issuedLastDay).toBeGreaterThan(0)
  expect(numbers.revocations).toMatchObject({
    queued: 0,
    refused: [{ serial: 'ff'.repeat(10), refusal: 'unknown' }],
  })
})

test('staff see how fresh what the CA publishes is', async () => {
  const state = await world.as<OutputOf<typeof staffPublication>>(world.auditor, 'staff.publication', {})
  expect(state.atMs).toBe(world.ca.clock.nowMs())
  expect(state.shards.length).toBeGreaterThan(0)
  for (const { full, delta } of state.shards)
    expect(Math.min(full.nextUpdateMs, delta.nextUpdateMs)).toBeGreaterThan(state.atMs)
  expect(state.ocsp.responderNotAfterMs).toBeGreaterThan(state.atMs)
})
