import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Refusal } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  loggedIn,
  migrationsOf,
  recordingAudit,
} from '../../testing/module-world.fixture.ts'
import { createLimits, type Limits } from './index.ts'

// 15:30 in China.
const startMs = Date.UTC(2027, 0, 15, 7, 30)
const clock = new FakeClock(startMs)
const { ceilingPerDayFen, ceilingPerOperationFen, defaultPerDayFen, defaultPerOperationFen } =
  policy.limits.premium
const audit = recordingAudit()
let database: TestDatabase
let limits: Limits
let rightPassword: boolean
let accountId: string

beforeAll(async () => {
  database = await testDatabase(migrationsOf('limits'))
  limits = createLimits({
    db: database.db,
    clock,
    audit,
    verifyTransactionPassword: async () => {
      if (!rightPassword) throw new Refusal('factor.rejected')
    },
  })
})
afterAll(() => database.drop())
beforeEach(() => {
  clock.setTo(startMs)
  rightPassword = true
  accountId = uuidv7()
})

type View = { limits: { perOperationFen: string; perDayFen: string; usedTodayFen: string }[] }
const customer = () => loggedIn(installation(), accountId)
const get = async () => (await call<View>(limits.routes, 'limits.get', {}, customer())).limits[0]
const set = (perOperationFen: bigint, perDayFen: bigint) =>
  call<View>(
    limits.routes,
    'limits.set',
    {
      category: 'premium',
      perOperationFen: `${perOperationFen}`,
      perDayFen: `${perDayFen}`,
      secret: { keyboardId: uuidv7(), taps: ['AAAA'] },
    },
    customer(),
  )
const reserve = (amountFen: bigint, operationId = uuidv7()): Promise<boolean> =>
  database.db
    .transaction((tx) => limits.reserveIn(tx, { operationId, accountId, category: 'premium', amountFen }))
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof Refusal && error.code === 'limit.exceeded') return false
        throw error
      },
    )
const settle = (operationId: string) => database.db.transaction((tx) => limits.settleIn(tx, operationId))
const release = (operationId: string) => database.db.transaction((tx) => limits.releaseIn(tx, operationId))
const used = async (): Promise<bigint> => BigInt((await get())?.usedTodayFen ?? '-1')

test('reservations made at the same time never spend more than the day’s limit', async () => {
  await set(100n, 1000n)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => reserve(90n)))
  expect(outcomes.filter(Boolean)).toHaveLength(11)
  expect(await used()).toBe(990n)
})

test('an operation reserves once, however often it asks', async () => {
  const operationId = uuidv7()
  await Promise.all(Array.from({ length: 5 }, () => reserve(70n, operationId)))
  expect(await used()).toBe(70n)
})

test('what is released comes back once, and what was settled never does', async () => {
  const [released, settled] = [uuidv7(), uuidv7()]
  await reserve(40n, released)
  await reserve(30n, settled)
  await Promise.all([release(released), release(released), release(released)])
  expect(await used()).toBe(30n)
  await settle(settled)
  await release(settled)
  expect(await used()).toBe(30n)
  // A settlement that comes late does not make a released amount count or return again.
  await settle(released)
  await release(released)
  expect(await used()).toBe(30n)
})

test('an amount above the limit of one operation is refused and takes nothing', async () => {
  await set(100n, 1000n)
  expect(await reserve(101n)).toBe(false)
  expect(await used()).toBe(0n)
  await expect(limits.assertWithin(accountId, 'premium', 101n)).rejects.toMatchObject({
    code: 'limit.exceeded',
  })
  await expect(limits.assertWithin(accountId, 'premium', 100n)).resolves.toBeUndefined()
})

test('a refused operation may be tried again after the limit was raised', async () => {
  await set(100n, 100n)
  const operationId = uuidv7()
  expect(await reserve(150n, operationId)).toBe(false)
  await set(200n, 200n)
  expect(await reserve(150n, operationId)).toBe(true)
})

test('the day turns at midnight in China, and a late release goes to the day it was taken from', async () => {
  await set(100n, 100n)
  clock.setTo(Date.UTC(2027, 0, 15, 15, 59, 59))
  const operationId = uuidv7()
  expect(await reserve(100n, operationId)).toBe(true)
  clock.setTo(Date.UTC(2027, 0, 15, 16, 0, 0))
  expect(await reserve(100n)).toBe(true)
  await release(operationId)
  expect(await used()).toBe(100n)
})

test('without a setting the defaults hold', async () => {
  expect(await get()).toMatchObject({
    perOperationFen: `${defaultPerOperationFen}`,
    perDayFen: `${defaultPerDayFen}`,
    usedTodayFen: '0',
  })
  expect(await reserve(defaultPerOperationFen + 1n)).toBe(false)
})

test('nobody sets a limit above the institution’s ceiling', async () => {
  await expect(set(ceilingPerOperationFen + 1n, ceilingPerDayFen)).rejects.toMatchObject({
    code: 'limit.above-ceiling',
  })
  await expect(set(1n, ceilingPerDayFen + 1n)).rejects.toMatchObject({ code: 'limit.above-ceiling' })
  expect((await set(ceilingPerOperationFen, ceilingPerDayFen)).limits[0]).toMatchObject({
    perDayFen: `${ceilingPerDayFen}`,
  })
})

test('a wrong transaction password changes no limit; a right one does and is recorded', async () => {
  rightPassword = false
  await expect(set(1n, 1n)).rejects.toMatchObject({ code: 'factor.rejected' })
  expect(await get()).toMatchObject({ perDayFen: `${defaultPerDayFen}` })
  rightPassword = true
  await set(1n, 2n)
  expect(await get()).toMatchObject({ perOperationFen: '1', perDayFen: '2' })
  expect(audit.events.at(-1)).toMatchObject({ event: 'limits.changed', subject: accountId })
})

test('whatever is reserved, settled and released, what is used is what is held, and never above the limit', async () => {
  const move = fc.record({
    what: fc.constantFrom('reserve', 'settle', 'release'),
    which: fc.integer({ min: 0, max: 5 }),
    amount: fc.bigInt({ min: 1n, max: 400n }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 12 }), async (moves) => {
      accountId = uuidv7()
      await set(400n, 1000n)
      const ids = Array.from({ length: 6 }, () => uuidv7())
      const held = new Map<string, { amount: bigint; state: string }>()
      for (const { what, which, amount } of moves) {
        const id = ids[which] ?? ''
        const known = held.get(id)
        if (what === 'reserve' && (await reserve(amount, id)) && known === undefined)
          held.set(id, { amount, state: 'reserved' })
        if (what === 'settle') await settle(id)
        if (what === 'release') await release(id)
        if (known?.state === 'reserved' && what !== 'reserve')
          held.set(id, { ...known, state: what === 'settle' ? 'used' : 'released' })
      }
      const sum = [...held.values()]
        .filter(({ state }) => state !== 'released')
        .reduce((total, { amount }) => total + amount, 0n)
      expect(await used()).toBe(sum)
      expect(sum).toBeLessThanOrEqual(1000n)
    }),
    { numRuns: 25 },
  )
})
