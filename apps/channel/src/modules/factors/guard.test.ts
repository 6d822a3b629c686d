import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { policy } from '@anqu/policy'
import { uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { migrationsOf } from '../../testing/module-world.fixture.ts'
import { createGuard, transactionScope, type Guard } from './guard.ts'

const startMs = 1_800_000_000_000
const dayMs = 86_400_000
const clock = new FakeClock(startMs)
const elsewhere = 'login-password/elsewhere'
let database: TestDatabase
let guard: Guard
let subject: string

beforeAll(async () => {
  database = await testDatabase(migrationsOf('factors'))
  guard = createGuard({ db: database.db, clock })
})
afterAll(() => database.drop())
beforeEach(() => {
  clock.setTo(startMs)
  subject = uuidv7()
})

const fail = async (scope = elsewhere, times = 1): Promise<void> => {
  for (let n = 0; n < times; n += 1) await guard.begin(subject, scope)
}
const locked = { code: 'factor.locked' }

test('guesses made at the same time are counted one by one', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 12 }, () => guard.begin(subject, elsewhere)))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(policy.lockout.consecutiveCap)
})

test('a lock ends with its time, and the refusal names that time', async () => {
  await fail(elsewhere, policy.lockout.consecutiveCap)
  const untilMs = startMs + policy.lockout.firstLockMs
  await expect(fail()).rejects.toMatchObject({ ...locked, retryAtMs: untilMs })
  clock.setTo(untilMs - 1)
  await expect(fail()).rejects.toMatchObject(locked)
  clock.setTo(untilMs)
  await expect(fail()).resolves.toBeUndefined()
})

test('what a stranger does elsewhere locks no bound device, and no other customer', async () => {
  await fail(elsewhere, policy.lockout.consecutiveCap)
  await expect(fail()).rejects.toMatchObject(locked)
  await expect(guard.begin(subject, 'login-password/device:d')).resolves.toBeUndefined()
  await expect(guard.begin(uuidv7(), elsewhere)).resolves.toBeUndefined()
})

test('a success ends the run, but not the failures of the day', async () => {
  for (let round = 0; round < 2; round += 1) {
    await fail(elsewhere, 2)
    await guard.begin(subject, elsewhere)
    await guard.passed(subject, elsewhere)
  }
  await fail()
  // Five failures with successes between them: locked for the rest of the day.
  await expect(fail()).rejects.toMatchObject({ ...locked, retryAtMs: startMs + dayMs })
})

test('the cap in all blocks whatever time passes, until staff clears it', async () => {
  for (let n = 0; n < policy.lockout.cumulativeCap; n += 1) {
    await fail()
    clock.advance(dayMs)
  }
  clock.advance(400 * dayMs)
  await expect(fail()).rejects.toMatchObject({ code: 'factor.blocked' })
  expect(await guard.locks()).toContainEqual({
    subject,
    scope: elsewhere,
    kind: 'cumulative',
    failures: policy.lockout.cumulativeCap,
    untilMs: null,
  })
  await guard.clear(subject, elsewhere)
  await expect(fail()).resolves.toBeUndefined()
  expect((await guard.locks()).some((lock) => lock.subject === subject)).toBe(false)
})

test('wrong transactions lock at their own cap, and no time opens that lock', async () => {
  await fail(transactionScope, policy.lockout.transactionCap)
  clock.advance(30 * dayMs)
  await expect(fail(transactionScope)).rejects.toMatchObject({ code: 'operation.locked' })
  expect(await guard.locks()).toContainEqual(expect.objectContaining({ subject, kind: 'transaction' }))
  await guard.clear(subject, transactionScope)
  await expect(fail(transactionScope)).resolves.toBeUndefined()
})

test('the third attempt is judged: a right one passes and leaves no lock', async () => {
  await fail(elsewhere, policy.lockout.consecutiveCap - 1)
  await guard.begin(subject, elsewhere)
  await guard.passed(subject, elsewhere)
  await expect(fail()).resolves.toBeUndefined()
  expect((await guard.locks()).some((lock) => lock.subject === subject)).toBe(false)
})
