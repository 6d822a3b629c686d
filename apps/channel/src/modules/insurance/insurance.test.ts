import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { SecretBytes } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  loggedIn,
  migrationsOf,
  recordingAudit,
  testCertify,
} from '../../testing/module-world.fixture.ts'
import { createKeys } from '../keys/index.ts'
import { ageAt } from './domain/proposal.ts'
import { createInsurance, type Insurance } from './index.ts'

// Noon in China on 2027-03-01.
const startMs = Date.UTC(2027, 2, 1, 4)
const clock = new FakeClock(startMs)
const audit = recordingAudit()
let database: TestDatabase
let insurance: Insurance
let accountId: string
let birthday: string

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys', 'insurance'))
  const { db } = database
  insurance = createInsurance({
    db,
    clock,
    audit,
    keys: await createKeys({
      db,
      clock,
      kek: SecretBytes.random(16),
      certify: testCertify(clock),
      isRevoked: async () => false,
    }),
    insuredPerson: async () => ({ birthday, nameMasked: '张*' }),
  })
})
afterAll(() => database.drop())
beforeEach(() => {
  clock.setTo(startMs)
  accountId = uuidv7()
  birthday = '19900101'
  audit.events.length = 0
})

const productId = 'accident-travel'
type Terms = { termsVersion: string; termsDigest: string; important: { key: string }[] }
async function proposal(change: object = {}) {
  const terms = await call<Terms>(insurance.routes, 'insurance.terms', { productId, language: 'zh' })
  return {
    idempotencyKey: uuidv7(),
    productId,
    termsVersion: terms.termsVersion,
    termsDigest: terms.termsDigest,
    confirmedImportant: terms.important.map(({ key }) => key),
    units: 2,
    startDate: '2027-03-02',
    beneficiary: { kind: 'statutory' },
    ...change,
  }
}
type Proposed = { proposalId: string; premiumFen: string; startDate: string; endDate: string }
const propose = (input: object, as = accountId): Promise<Proposed> =>
  call(insurance.routes, 'insurance.propose', input, loggedIn(installation(), as))
const issue = (proposalId: string, as = accountId) =>
  database.db.transaction((tx) => insurance.issuePolicyIn(tx, { proposalId, accountId: as }))
const notEligible = { code: 'insurance.not-eligible' }

test('a proposal has the price of its units and its cover ends with the last day', async () => {
  expect(await propose(await proposal())).toMatchObject({
    premiumFen: '2400',
    startDate: '2027-03-02',
    endDate: '2027-03-08',
  })
})

test('terms other than those in force are refused, by version and by digest', async () => {
  const changed = { code: 'insurance.terms-changed' }
  await expect(propose(await proposal({ termsDigest: 'a'.repeat(64) }))).rejects.toMatchObject(changed)
  await expect(propose(await proposal({ termsVersion: '2020-01' }))).rejects.toMatchObject(changed)
})

test('an important clause left unconfirmed is refused', async () => {
  const whole = await proposal()
  const input = { ...whole, confirmedImportant: whole.confirmedImportant.slice(1) }
  await expect(propose(input)).rejects.toMatchObject(notEligible)
})

test('the same key proposes once, also at once', async () => {
  const input = await proposal()
  const answers = await Promise.all([1, 2, 3, 4].map(() => propose(input)))
  expect(new Set(answers.map(({ proposalId }) => proposalId)).size).toBe(1)
  expect(audit.events.map(({ event }) => event)).toEqual(['insurance.proposed'])
})

test.each([
  { units: 3 },
  { startDate: '2027-03-03' },
  { productId: 'accident-year' },
  { beneficiary: { kind: 'named', name: '张三', relation: 'child' } },
])('the same key for another proposal is refused: %o', async (change) => {
  const input = await proposal()
  await propose(input)
  const products = await call<{ products: { productId: string }[] }>(insurance.routes, 'insurance.products', {
    language: 'zh',
  })
  const other = products.products.find((product) => product.productId !== productId)?.productId
  const changed = 'productId' in change ? { productId: other } : change
  await expect(propose({ ...input, ...changed })).rejects.toMatchObject({ code: 'request.conflict' })
})

test('two customers may use the same key', async () => {
  const input = await proposal()
  const [mine, theirs] = [await propose(input), await propose(input, uuidv7())]
  expect(mine.proposalId).not.toBe(theirs.proposalId)
})

test('a customer is eligible from the birthday of the lowest age to the day before the one after the highest', async () => {
  // Lowest 18, highest 70.
  for (const [born, allowed] of [
    ['20090301', true],
    ['20090302', false],
    ['19560302', true],
    ['19560301', false],
  ] as const) {
    birthday = born
    const asked = propose(await proposal())
    if (allowed) await expect(asked, born).resolves.toBeDefined()
    else await expect(asked, born).rejects.toMatchObject(notEligible)
  }
})

test('the age changes at midnight in China', () => {
  const midnightMs = Date.UTC(2027, 1, 28, 16)
  expect(ageAt('20090301', midnightMs - 1)).toBe(17)
  expect(ageAt('20090301', midnightMs)).toBe(18)
  expect(ageAt('20080229', Date.UTC(2027, 1, 28, 4))).toBe(18)
})

test('cover starts tomorrow at the earliest and sixty days ahead at the latest', async () => {
  for (const startDate of ['2027-03-01', '2027-02-28', '2027-05-01'])
    await expect(propose(await proposal({ startDate })), startDate).rejects.toMatchObject(notEligible)
  for (const startDate of ['2027-03-02', '2027-04-30'])
    await expect(propose(await proposal({ startDate })), startDate).resolves.toBeDefined()
})

test('more units than the product allows are refused', async () => {
  await expect(propose(await proposal({ units: 6 }))).rejects.toMatchObject(notEligible)
})

test('of payments at the same time one issues the policy', async () => {
  const { proposalId } = await propose(await proposal())
  const issued = await Promise.all([1, 2, 3, 4].map(() => issue(proposalId)))
  expect(issued.filter((policyIssued) => policyIssued !== undefined)).toHaveLength(1)
  const { policies } = await call<{ policies: object[] }>(
    insurance.routes,
    'insurance.policies',
    { language: 'zh' },
    loggedIn(installation(), accountId),
  )
  expect(policies).toMatchObject([{ premiumFen: '2400', state: 'active', insuredMasked: '张*' }])
})

test('nobody pays for or is issued somebody else’s proposal', async () => {
  const { proposalId } = await propose(await proposal())
  expect(await issue(proposalId, uuidv7())).toBeUndefined()
  await expect(insurance.findOpenProposal(proposalId, uuidv7())).rejects.toMatchObject({
    code: 'insurance.product-unavailable',
  })
})

test('a proposal is open until its time is over or its policy issued', async () => {
  const { proposalId } = await propose(await proposal())
  expect(await insurance.findOpenProposal(proposalId, accountId)).toMatchObject({ premiumFen: 2400n })
  clock.advance(policy.insurance.proposalValidMs)
  const closed = { code: 'insurance.product-unavailable' }
  await expect(insurance.findOpenProposal(proposalId, accountId)).rejects.toMatchObject(closed)
  clock.setTo(startMs)
  await issue(proposalId)
  await expect(insurance.findOpenProposal(proposalId, accountId)).rejects.toMatchObject(closed)
})

test('the beneficiary is not readable in the database', async () => {
  await propose(await proposal({ beneficiary: { kind: 'named', name: '李小龙', relation: 'child' } }))
  const rows = await database.db.query<{ beneficiary: Uint8Array }>(
    sql`select beneficiary from insurance_proposal where account_id = ${accountId}`,
  )
  expect(rows).toHaveLength(1)
  expect(Buffer.from(rows[0]?.beneficiary ?? []).toString()).not.toContain('李小龙')
})
