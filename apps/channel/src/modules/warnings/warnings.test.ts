import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { silentLog, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { call, installation, migrationsOf, recordingAudit } from '../../testing/module-world.fixture.ts'
import { createWarnings, type Messenger, type Warnings } from './index.ts'

const clock = new FakeClock(1_800_000_000_000)
const [author, publisher] = [uuidv7(), uuidv7()]
const staff = (staffId: string, role: 'operator' | 'auditor' = 'operator') =>
  installation({ staff: { staffId, role } })
const audit = recordingAudit()
let database: TestDatabase
let warnings: Warnings
let accounts: string[]
let bound: Set<string>
/** Delivered by the operator, which knows each reference once. */
let delivered: Map<string, string>
let told: string[]
let trouble: () => 'taken' | 'refused' | 'taken-then-lost'

const messenger: Messenger = async ({ way, address, reference }) => {
  const how = trouble()
  if (how === 'refused') throw new Error('not taken')
  delivered.set(reference, `${way} ${address}`)
  if (how === 'taken-then-lost') throw new Error('the answer was lost')
}

beforeAll(async () => {
  database = await testDatabase(migrationsOf('warnings'))
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.db.execute(sql`delete from security_warning`)
  await database.db.execute(sql`delete from warning_notice`)
  accounts = Array.from({ length: 3 }, () => uuidv7()).toSorted()
  bound = new Set(accounts.slice(0, 2))
  delivered = new Map()
  told = []
  trouble = () => 'taken'
  audit.events.length = 0
  warnings = compose()
})

const compose = (by = messenger): Warnings =>
  createWarnings({
    db: database.db,
    clock,
    log: silentLog,
    audit,
    messenger: by,
    accountsAfter: async (after, limit) =>
      accounts.filter((id) => after === null || id > after).slice(0, limit),
    withBoundDevice: async () => bound,
    contact: async (accountId) => ({
      phone: `phone of ${accountId}`,
      email: accountId === accounts[1] ? null : `mail of ${accountId}`,
    }),
    notifyIn: async (_tx, accountId) => void told.push(accountId),
    staffNames: async () => new Map([[author, '甲']]),
  })

const words = {
  title: { zh: '请尽快更新', en: 'Please update' },
  text: { zh: '发现一处缺陷。', en: 'A defect was found.' },
}
type View = {
  warningId: string
  state: string
  own: boolean
  notices: { customers: number; sent: number; waiting: number; unreachable: number }
}
const propose = async (audience: 'everybody' | 'bound-device' = 'bound-device'): Promise<string> => {
  const input = { severity: 'major', audience, ...words }
  const { warning } = await call<{ warning: View }>(
    warnings.routes,
    'staff.propose-warning',
    input,
    staff(author),
  )
  return warning.warningId
}
const decide = (warningId: string, decision: 'publish' | 'reject', by = publisher) =>
  call<{ warning: View }>(warnings.routes, 'staff.decide-warning', { warningId, decision }, staff(by))
const listed = async (): Promise<View | undefined> =>
  (await call<{ warnings: View[] }>(warnings.routes, 'staff.warnings', {}, staff(author))).warnings[0]
const shown = async (): Promise<number> =>
  (await call<{ warnings: unknown[] }>(warnings.routes, 'warnings.list', {})).warnings.length

test('a published warning reaches every affected customer once by each way, and is shown to everybody', async () => {
  await decide(await propose(), 'publish')
  for (let round = 0; round < 3; round += 1) await warnings.spread()
  const [first = '', second = ''] = accounts
  expect([...delivered.values()].toSorted()).toEqual(
    [
      `push ${first}`,
      `sms phone of ${first}`,
      `mail mail of ${first}`,
      `push ${second}`,
      `sms phone of ${second}`,
    ].toSorted(),
  )
  expect(told).toEqual([first, second])
  expect(await listed()).toMatchObject({
    state: 'published',
    notices: { customers: 2, sent: 5, waiting: 0, unreachable: 1 },
  })
  expect(await shown()).toBe(1)
})

test('nothing is shown or sent before somebody else has published it, and a rejected one stays unseen', async () => {
  const warningId = await propose('everybody')
  await warnings.spread()
  await expect(decide(warningId, 'publish', author)).rejects.toMatchObject({ code: 'approval.own' })
  expect([await shown(), delivered.size]).toEqual([0, 0])
  await decide(warningId, 'reject')
  await expect(decide(warningId, 'publish')).rejects.toMatchObject({ code: 'approval.closed' })
  await warnings.spread()
  expect([await shown(), delivered.size, told.length]).toEqual([0, 0, 0])
  expect(audit.events.map(({ event }) => event)).toEqual(['staff.warning-proposed', 'staff.warning-rejected'])
})

test('of two who publish at the same time one does', async () => {
  const warningId = await propose()
  const both = await Promise.allSettled([decide(warningId, 'publish'), decide(warningId, 'publish')])
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('an auditor reads and does not write', async () => {
  const input = { severity: 'notice', audience: 'everybody', ...words }
  await expect(
    call(warnings.routes, 'staff.propose-warning', input, staff(publisher, 'auditor')),
  ).rejects.toMatchObject({ code: 'staff.forbidden' })
  await call(warnings.routes, 'staff.warnings', {}, staff(publisher, 'auditor'))
})

test('whatever the operator does and however often we start again, each notice is delivered once', async () => {
  let turn = 0
  trouble = () => (['refused', 'taken-then-lost', 'taken'] as const)[(turn += 1) % 3] ?? 'taken'
  await decide(await propose('everybody'), 'publish')
  for (let round = 0; round < 12; round += 1) {
    warnings = compose()
    await Promise.all([warnings.spread(), compose().spread()])
    clock.advance(3_600_000)
  }
  expect(delivered.size).toBe(8)
  expect(told.toSorted()).toEqual(accounts)
  expect(await listed()).toMatchObject({ notices: { customers: 3, sent: 8, waiting: 0, unreachable: 1 } })
})

test('an operator that never takes a notice is not asked for ever', async () => {
  trouble = () => 'refused'
  await decide(await propose('everybody'), 'publish')
  for (let round = 0; round < 20; round += 1) {
    await warnings.spread()
    clock.advance(24 * 3_600_000)
  }
  expect(await listed()).toMatchObject({ notices: { sent: 0, waiting: 0, unreachable: 9 } })
})

function signal(): { give: () => void; given: Promise<void> } {
  let give = (): void => undefined
  const given = new Promise<void>((resolve) => (give = resolve))
  return { give, given }
}

test('a failure that comes after another process has delivered the notice changes nothing', async () => {
  const [asked, elsewhere] = [signal(), signal()]
  bound = new Set(accounts.slice(1, 2))
  const slow = compose(async () => {
    asked.give()
    await elsewhere.given
    throw new Error('not taken')
  })
  await decide(await propose(), 'publish')
  const second = slow.spread()
  await asked.given
  await warnings.spread()
  elsewhere.give()
  await second
  expect(await listed()).toMatchObject({ notices: { sent: 2, waiting: 0, unreachable: 1 } })
})
