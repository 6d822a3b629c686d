import type {
  OutputOf,
  staffApplications,
  staffCampaignFailures,
  staffCampaigns,
  staffCard,
  staffCards,
  staffDecideCampaign,
  staffMasterKeys,
  staffOrderCard,
  staffProposeBatch,
  staffRetryCampaign,
  staffUploadApplication,
} from '@anqu/contract'
import { hexToBytes } from '@anqu/encoding'
import { ServiceUnavailable, sql, uuidv7 } from '@anqu/platform'
import { testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { manufacturedCard, Phone, signedPackage, tsmWorld, type TsmWorld } from '@anqu/tsm/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { StaffSession } from '../../http/bound-route.ts'
import { call, installation, migrationsOf, recordingAudit } from '../../testing/module-world.fixture.ts'
import { applicationRoutes } from './application-routes.ts'
import { batchRoutes } from './batch-routes.ts'
import { campaignRoutes } from './campaign-routes.ts'
import { cardRoutes } from './card-routes.ts'
import { createHttpCardOffice } from './http-card-office.ts'
import { masterKeyRoutes } from './master-key-routes.ts'

type Staff = StaffSession & { name: string }
const named = (name: string, role: StaffSession['role']): Staff => ({ staffId: uuidv7(), name, role })
const [chen, wang, auditor] = [named('陈', 'operator'), named('王', 'operator'), named('方', 'auditor')]
const audit = recordingAudit()
let tsm: TsmWorld
let database: TestDatabase
let away = false
let as: <T>(staff: Staff, route: string, input: object) => Promise<T>

beforeAll(async () => {
  tsm = await tsmWorld()
  database = await testDatabase(migrationsOf('secure-elements'))
  const needs = {
    db: database.db,
    clock: tsm.clock,
    audit,
    office: createHttpCardOffice((path, body, schema) =>
      away ? Promise.reject(new ServiceUnavailable('away')) : tsm.call(path, body, schema),
    ),
    staffNames: (ids: readonly string[]) =>
      Promise.resolve(
        new Map(
          [chen, wang].filter(({ staffId }) => ids.includes(staffId)).map((who) => [who.staffId, who.name]),
        ),
      ),
  }
  const routes = [
    ...cardRoutes(needs),
    ...applicationRoutes(needs),
    ...campaignRoutes(needs),
    ...batchRoutes(needs),
    ...masterKeyRoutes(needs),
  ]
  as = (staff, route, input) => call(routes, route, input, installation({ staff }))
})
afterAll(async () => {
  await tsm.close()
  await database.drop()
})
beforeEach(() => {
  audit.events.length = 0
})

async function provisioned(): Promise<{ phone: Phone; cardId: string }> {
  const phone = new Phone(tsm)
  await phone.run()
  const { cards } = await as<OutputOf<typeof staffCards>>(auditor, 'staff.cards', {
    accountId: phone.holder,
    limit: 5,
  })
  return { phone, cardId: cards[0]?.cardId ?? '' }
}
const card = (cardId: string) => as<OutputOf<typeof staffCard>>(auditor, 'staff.card', { cardId })
const order = (staff: Staff, cardId: string, what: string) =>
  as<OutputOf<typeof staffOrderCard>>(staff, 'staff.order-card', { cardId, order: what, reason: '客户挂失' })
const decide = (staff: Staff, requestId: string, decision = 'approve') =>
  as(staff, 'staff.decide-card', { requestId, decision })

test('one locks a card, two unlock it, and the card follows at its next contact', async () => {
  const { phone, cardId } = await provisioned()
  expect((await order(chen, cardId, 'lock')).request).toBeNull()
  await phone.run('serve')
  expect((await card(cardId)).card.state).toBe('locked')
  const { request } = await order(chen, cardId, 'unlock')
  if (request === null) throw new Error('no request')
  expect(request).toMatchObject({ notApprovable: 'own', requestedBy: { name: '陈' } })
  await expect(decide(chen, request.requestId)).rejects.toMatchObject({ code: 'approval.own' })
  expect((await card(cardId)).requests).toHaveLength(1)
  await decide(wang, request.requestId)
  await expect(decide(wang, request.requestId)).rejects.toMatchObject({ code: 'approval.closed' })
  expect(await card(cardId)).toMatchObject({ card: { order: 'unlock' }, requests: [] })
  await phone.run('serve')
  const { card: after, records } = await card(cardId)
  expect(after).toMatchObject({ state: 'personalised', order: 'none', accountId: phone.holder })
  expect(records.map(({ event }) => event)).toContain('card.unlock-ordered')
  expect(audit.events.map(({ event, outcome }) => `${event} ${outcome}`)).toEqual([
    'staff.card-locked success',
    'staff.card-requested success',
    'staff.approved failure',
    'staff.approved success',
    'staff.approved failure',
  ])
})

test('a request that was taken back or is out of time orders nothing', async () => {
  const { cardId } = await provisioned()
  const back = await order(chen, cardId, 'delete')
  await decide(chen, back.request?.requestId ?? '', 'reject')
  const late = await order(chen, cardId, 'delete')
  tsm.clock.advance(24 * 3_600_000)
  const closed = { code: 'approval.closed' }
  await expect(decide(wang, back.request?.requestId ?? '')).rejects.toMatchObject(closed)
  await expect(decide(wang, late.request?.requestId ?? '')).rejects.toMatchObject(closed)
  expect(await card(cardId)).toMatchObject({ card: { order: 'none' }, requests: [] })
})

test('what the TSM does not answer leaves the request open for another try', async () => {
  const { cardId } = await provisioned()
  const requestId = (await order(chen, cardId, 'delete')).request?.requestId ?? ''
  away = true
  await expect(decide(wang, requestId)).rejects.toMatchObject({ code: 'server.unavailable' })
  away = false
  expect(await card(cardId)).toMatchObject({ card: { order: 'none' }, requests: [{ requestId }] })
  await decide(wang, requestId)
  expect(await card(cardId)).toMatchObject({ card: { order: 'delete' }, requests: [] })
})

test('auditors look and order nothing; nobody unlocks a card that is not locked', async () => {
  const { cardId } = await provisioned()
  for (const what of ['lock', 'unlock', 'delete'])
    await expect(order(auditor, cardId, what)).rejects.toMatchObject({ code: 'staff.forbidden' })
  await expect(order(chen, cardId, 'unlock')).rejects.toMatchObject({ code: 'card.not-possible' })
  await expect(order(chen, 'ab'.repeat(10), 'lock')).rejects.toMatchObject({ code: 'card.not-found' })
})

test('a campaign starts when somebody else approves it, and anybody stops it', async () => {
  const { applications } = await as<OutputOf<typeof staffApplications>>(auditor, 'staff.applications', {})
  const [active] = applications
  if (active === undefined) throw new Error('no application')
  const { applicationId, version } = active
  const { campaign } = await as<OutputOf<typeof staffDecideCampaign>>(chen, 'staff.propose-campaign', {
    name: '全量更新',
    applicationId,
    version,
  })
  expect(campaign).toMatchObject({ state: 'proposed', own: true, requestedBy: { name: '陈' } })
  const { campaignId } = campaign
  const settle = (staff: Staff, decision: string) =>
    as<OutputOf<typeof staffDecideCampaign>>(staff, 'staff.decide-campaign', { campaignId, decision })
  await expect(settle(chen, 'approve')).rejects.toMatchObject({ code: 'approval.own' })
  expect((await settle(wang, 'approve')).campaign).toMatchObject({ approvedBy: { name: '王' }, own: false })
  await settle(chen, 'cancel')
  await expect(settle(wang, 'resume')).rejects.toMatchObject({ code: 'card.not-possible' })
  const { campaigns } = await as<OutputOf<typeof staffCampaigns>>(auditor, 'staff.campaigns', { limit: 5 })
  expect(campaigns[0]).toMatchObject({ campaignId, state: 'cancelled' })
})

test('a package one uploads is released by another, and staff are told why one is not taken', async () => {
  const {
    aid: applicationId,
    hash: loadFileHash,
    requester: _requester,
    ...rest
  } = await signedPackage(tsm, 30)
  const entry = { ...rest, applicationId, loadFileHash, format: 'anqu-application-1' }
  const upload = (staff: Staff, change: object = {}) =>
    as<OutputOf<typeof staffUploadApplication>>(staff, 'staff.upload-application', { ...entry, ...change })
  await expect(upload(auditor)).rejects.toMatchObject({ code: 'staff.forbidden' })
  await expect(upload(chen, { loadFileHash: '00'.repeat(32) })).rejects.toMatchObject({
    code: 'application.altered',
  })
  const { certificate } = await signedPackage(tsm, 31, { listing: 'unlisted' })
  await expect(upload(chen, { certificate })).rejects.toMatchObject({
    code: 'application.untrusted-publisher',
  })
  const { application } = await upload(chen)
  expect(application).toMatchObject({ version: 30, state: 'registered', registeredBy: { name: '陈' } })
  const release = (staff: Staff) =>
    as<OutputOf<typeof staffUploadApplication>>(staff, 'staff.set-application', {
      applicationId,
      version: 30,
      state: 'active',
    })
  await expect(release(chen)).rejects.toMatchObject({ code: 'approval.own' })
  expect((await release(wang)).application).toMatchObject({ state: 'active', activatedBy: { name: '王' } })
  const { requester: _other, ...older } = await signedPackage(tsm, 29)
  await expect(
    upload(chen, {
      loadFile: older.loadFile,
      loadFileHash: older.hash,
      signature: older.signature,
      certificate: older.certificate,
    }),
  ).rejects.toMatchObject({ code: 'application.older-version' })
  expect(audit.events.map(({ event, outcome }) => `${event} ${outcome}`)).toEqual([
    'staff.application-uploaded failure',
    'staff.application-uploaded failure',
    'staff.application-uploaded success',
    'staff.application-set failure',
    'staff.application-set success',
    'staff.application-uploaded failure',
  ])
})

test('staff see which cards of a campaign failed and why, and try them again', async () => {
  const { phone, cardId } = await provisioned()
  const {
    aid: applicationId,
    hash: loadFileHash,
    requester: _requester,
    ...rest
  } = await signedPackage(tsm, 40, { module: hexToBytes('f0414e51559999') })
  const entry = { ...rest, applicationId, loadFileHash, format: 'anqu-application-1' }
  await as(chen, 'staff.upload-application', entry)
  await as(wang, 'staff.set-application', { applicationId, version: 40, state: 'active' })
  const proposed = await as<OutputOf<typeof staffDecideCampaign>>(chen, 'staff.propose-campaign', {
    name: '四十版',
    applicationId,
    version: 40,
  })
  const { campaignId } = proposed.campaign
  await as(wang, 'staff.decide-campaign', { campaignId, decision: 'approve' })
  await expect(phone.run('serve')).rejects.toMatchObject({ code: 'card-package-refused' })
  const failures = () =>
    as<OutputOf<typeof staffCampaignFailures>>(auditor, 'staff.campaign-failures', { campaignId, limit: 10 })
  expect((await failures()).failures).toMatchObject([{ cardId, reason: 'card.package-refused', attempts: 1 }])
  const retry = (staff: Staff, only: string | null) =>
    as<OutputOf<typeof staffRetryCampaign>>(staff, 'staff.retry-campaign', { campaignId, cardId: only })
  await expect(retry(auditor, null)).rejects.toMatchObject({ code: 'staff.forbidden' })
  await expect(retry(chen, '00'.repeat(10))).rejects.toMatchObject({ code: 'card.not-possible' })
  const { campaign } = await retry(chen, cardId)
  expect(campaign.progress).toMatchObject({ failed: 0 })
  expect((await failures()).failures).toEqual([])
  expect(audit.events.at(-1)).toMatchObject({ event: 'staff.campaign-retried', outcome: 'success' })
})

test('a list of physical cards one hands in is approved by another, and bad lines are told', async () => {
  const { line, cardId } = await manufacturedCard(tsm)
  const propose = (staff: Staff, ...lines: string[]) =>
    as<OutputOf<typeof staffProposeBatch>>(staff, 'staff.propose-card-batch', {
      name: '第一批',
      file: ['card_id,key_set,transport_keys', ...lines].join('\n'),
    })
  const settle = (staff: Staff, batchId: string) =>
    as(staff, 'staff.decide-card-batch', { batchId, decision: 'approve' })
  await expect(propose(auditor, line)).rejects.toMatchObject({ code: 'staff.forbidden' })
  expect(await propose(chen, line, 'x')).toEqual({ batch: null, problems: [{ line: 3, reason: 'columns' }] })
  const [one, two] = [(await propose(chen, line)).batch, (await propose(wang, line)).batch]
  expect(one).toMatchObject({ cards: 1, state: 'proposed', own: true, requestedBy: { name: '陈' } })
  await expect(settle(chen, one?.batchId ?? '')).rejects.toMatchObject({ code: 'approval.own' })
  await settle(wang, one?.batchId ?? '')
  expect((await card(cardId)).card).toMatchObject({ kind: 'physical', state: 'enrolled' })
  await expect(settle(chen, two?.batchId ?? '')).rejects.toMatchObject({ code: 'card.known' })
})

test('a new master key one proposes is made when another approves, and cards are counted by their version', async () => {
  type View = OutputOf<typeof staffMasterKeys>
  const propose = (staff: Staff) =>
    as<View>(staff, 'staff.propose-master-key', { reason: '到期更换主密钥', retires: null })
  const settle = (staff: Staff, renewalId: string) =>
    as<View>(staff, 'staff.decide-master-key', { renewalId, decision: 'approve' })
  await expect(propose(auditor)).rejects.toMatchObject({ code: 'staff.forbidden' })
  const { renewal, keys } = await propose(chen)
  expect(renewal).toMatchObject({ own: true, requestedBy: { name: '陈' } })
  expect(keys).toMatchObject([{ version: 1, state: 'current', requestedBy: null }])
  await expect(propose(wang)).rejects.toMatchObject({ code: 'card.not-possible' })
  await expect(settle(chen, renewal?.renewalId ?? '')).rejects.toMatchObject({ code: 'approval.own' })
  const after = await settle(wang, renewal?.renewalId ?? '')
  expect(after).toMatchObject({
    renewal: null,
    keys: [{ version: 2, cards: 0, approvedBy: { name: '王' } }, {}],
  })
  expect(await as<View>(auditor, 'staff.master-keys', {})).toMatchObject({
    keys: [{}, { state: 'replaced', givenUp: 0 }],
  })
  await tsm.database.db.execute(sql`update card set lost = true`)
  const ended = await as<View>(chen, 'staff.propose-master-key', { reason: '只剩弃用卡片', retires: 1 })
  expect(ended.renewal).toMatchObject({ retires: 1, own: true })
  await expect(settle(chen, ended.renewal?.renewalId ?? '')).rejects.toMatchObject({ code: 'approval.own' })
  expect(await settle(wang, ended.renewal?.renewalId ?? '')).toMatchObject({
    keys: [{}, { state: 'retired' }],
  })
})
