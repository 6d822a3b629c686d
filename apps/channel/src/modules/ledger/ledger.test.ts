import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { createLedger, type Ledger } from './index.ts'

let database: TestDatabase
let ledger: Ledger
beforeAll(async () => {
  database = await testDatabase([
    { module: 'ledger', directory: new URL('./store/migrations/', import.meta.url) },
  ])
  ledger = createLedger({ db: database.db, clock: new FakeClock(1_800_000_000_000) })
})
afterAll(() => database.drop())

const post = (idempotencyKey: string, legs: { account: string; amountFen: bigint }[]): Promise<boolean> =>
  database.db.transaction((tx) =>
    ledger.post(tx, { idempotencyKey, correlationId: uuidv7(), memo: 'test', legs }),
  )

test('a repeated key moves money once', async () => {
  const legs = [
    { account: 'once:a', amountFen: 500n },
    { account: 'once:b', amountFen: -500n },
  ]
  expect(await post('key-once', legs)).toBe(true)
  expect(await post('key-once', legs)).toBe(false)
  expect(await ledger.balanceFen('once:a')).toBe(500n)
  expect(await ledger.balanceFen('once:b')).toBe(-500n)
})

test('the same key posted in parallel moves money once', async () => {
  const legs = [
    { account: 'race:a', amountFen: 7n },
    { account: 'race:b', amountFen: -7n },
  ]
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => post('key-race', legs)))
  expect(outcomes.filter(Boolean)).toHaveLength(1)
  expect(await ledger.balanceFen('race:a')).toBe(7n)
})

test('legs that do not sum to zero are refused before anything is written', async () => {
  await expect(
    post('key-uneven', [
      { account: 'x', amountFen: 1n },
      { account: 'y', amountFen: -2n },
    ]),
  ).rejects.toThrow('sum to zero')
  await expect(post('key-single', [{ account: 'x', amountFen: 0n }])).rejects.toThrow(RangeError)
})

test('whatever is posted, all accounts sum to zero and every balance is the sum of its postings', async () => {
  const account = fc.constantFrom('p:a', 'p:b', 'p:c', 'p:d')
  const order = fc.record({
    key: fc.integer({ min: 0, max: 30 }),
    from: account,
    to: account,
    amount: fc.bigInt({ min: 1n, max: 10n ** 12n }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(order, { maxLength: 12 }), async (orders) => {
      await Promise.all(
        orders.map(({ key, from, to, amount }) =>
          post(`prop-${key}`, [
            { account: from, amountFen: amount },
            { account: to, amountFen: -amount },
          ]),
        ),
      )
      expect(await ledger.audit()).toEqual({ totalFen: 0n, wrongAccounts: [] })
    }),
    { numRuns: 20 },
  )
})
