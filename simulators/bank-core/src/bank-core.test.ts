import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { createLog, silentLog, sql } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBankCore, type BankCore } from './bank-core.ts'
import { createTestChannel } from './test-channel.fixture.ts'

const openingBalanceFen = 10_000n
const clock = new FakeClock()
const lines: string[] = []
const log = createLog({ name: 'bank', level: 'debug', write: (line) => lines.push(line) })
let test: TestDatabase
let bank: BankCore
let url: string
let channel: Awaited<ReturnType<typeof createTestChannel>>
let number = 0

beforeAll(async () => {
  test = await testDatabase()
  bank = await createBankCore({
    db: test.db,
    clock,
    log,
    listen: { host: '127.0.0.1', port: 0 },
    openingBalanceFen,
  })
  url = await bank.start()
  channel = await createTestChannel(url, clock)
})
afterEach(() => bank.switches.switchOff())
afterAll(async () => {
  await bank.stop()
  await test.drop()
})

const freshKey = (): string => `operation-${(number += 1)}:bank-debit`
async function freshAccount(): Promise<string> {
  const owner = {
    name: '张三',
    idNumber: `11010119900307${(number += 1)}`,
    phone: '13800000000',
    reference: 'r',
  }
  return String((await channel.send('/v1/accounts/find', owner)).body['accountToken'])
}
const order = (accountToken: string, idempotencyKey: string, amountFen = '100') => ({
  idempotencyKey,
  accountToken,
  amountFen,
  payeeAccount: '9900000000000018',
  purpose: 'premium',
})
const debit = (accountToken: string, key: string, amountFen?: string) =>
  channel.send('/v1/debits', order(accountToken, key, amountFen))
const query = async (key: string) =>
  (await channel.send('/v1/debits/query', { idempotencyKey: key })).body['outcome']
const cancel = (key: string) => channel.send('/v1/debits/cancel', { idempotencyKey: key })
async function balance(token: string): Promise<bigint> {
  return (await test.db.one<{ b: bigint }>(sql`select balance_fen as b from account where token = ${token}`))
    .b
}

describe('money', () => {
  it('moves once however often and however simultaneously the same order comes', async () => {
    const [account, key] = [await freshAccount(), freshKey()]
    const answers = await Promise.all(Array.from({ length: 12 }, () => debit(account, key)))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(answers[0]?.body).toMatchObject({ outcome: 'done', amountFen: '100' })
    expect(await balance(account)).toBe(9_900n)
  })

  it('does not move for another order under a used key', async () => {
    const [account, other, key] = [await freshAccount(), await freshAccount(), freshKey()]
    await debit(account, key)
    expect((await debit(account, key, '101')).body).toEqual({ outcome: 'refused', reason: 'key-reused' })
    expect((await debit(other, key)).body).toEqual({ outcome: 'refused', reason: 'key-reused' })
    expect([await balance(account), await balance(other)]).toEqual([9_900n, 10_000n])
  })

  it('is never overdrawn by orders that come together, and a refusal stays one', async () => {
    const account = await freshAccount()
    const keys = Array.from({ length: 8 }, freshKey)
    const answers = await Promise.all(keys.map((key) => debit(account, key, '3000')))
    expect(answers.filter(({ body }) => body['outcome'] === 'done')).toHaveLength(3)
    expect(await balance(account)).toBe(1_000n)
    const refused = keys[answers.findIndex(({ body }) => body['reason'] === 'insufficient-funds')] ?? ''
    expect((await debit(account, refused, '3000')).body).toEqual({
      outcome: 'refused',
      reason: 'insufficient-funds',
    })
    expect((await debit('acct_unknown', freshKey())).body).toEqual({
      outcome: 'refused',
      reason: 'no-account',
    })
  })

  it('comes back once, and a key cancelled before its order came never moves anything', async () => {
    const [account, key, early] = [await freshAccount(), freshKey(), freshKey()]
    await debit(account, key)
    expect((await cancel(key)).body['outcome']).toBe('reversed')
    expect((await cancel(key)).body['outcome']).toBe('reversed')
    expect((await debit(account, key)).body['outcome']).toBe('reversed')
    expect((await cancel(early)).body).toEqual({ outcome: 'barred' })
    expect((await debit(account, early)).body).toEqual({ outcome: 'refused', reason: 'key-barred' })
    expect(await balance(account)).toBe(openingBalanceFen)
  })

  it('adds up after any mixture of orders, cancellations and repeats at the same time', async () => {
    const step = fc.record({
      kind: fc.constantFrom('debit', 'cancel', 'query'),
      key: fc.integer({ min: 0, max: 4 }),
      amount: fc.integer({ min: 1, max: 4_000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const account = await freshAccount()
        const keys = Array.from({ length: 5 }, freshKey)
        await Promise.all(
          steps.map(async ({ kind, key, amount }) => {
            const name = keys[key] ?? ''
            if (kind === 'debit') await debit(account, name, String(amount))
            else if (kind === 'cancel') await cancel(name)
            else await query(name)
          }),
        )
        const { spent } = await test.db.one<{
          spent: bigint
        }>(sql`select coalesce(sum(amount_fen), 0)::int8 as spent
          from debit where account_token = ${account} and outcome = 'done'`)
        expect((await balance(account)) + spent).toBe(openingBalanceFen)
      }),
      { numRuns: 25 },
    )
  })
})

describe('trust', () => {
  it('answers every untrusted request alike, does nothing, and tells the log which it was', async () => {
    const [account, key] = [await freshAccount(), freshKey()]
    const body = order(account, key)
    const attempts = [
      { key: Sm2PrivateKey.generate() },
      { channelId: 'stranger' },
      { signedPath: '/v1/debits/query' },
      { sentBody: JSON.stringify({ ...body, amountFen: '9999' }) },
      { timestamp: String(clock.nowMs() - 300_001) },
      { timestamp: String(clock.nowMs() + 300_001) },
      { timestamp: 'now' },
    ]
    for (const wrong of attempts) {
      const { status, body: answer } = await channel.send('/v1/debits', body, wrong)
      expect([status, (answer['error'] as { code: string }).code]).toEqual([401, 'bank.untrusted']) // the shape under test
    }
    const bare = await fetch(`${url}/v1/debits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(bare.status).toBe(401)
    expect(await query(key)).toBe('not-found')
    expect(lines.filter((line) => line.includes('untrusted request'))).toHaveLength(attempts.length + 1)
  })

  it('refuses unknown fields, wrong types and amounts that are no amount, although signed', async () => {
    const good = order(await freshAccount(), freshKey())
    const wrong = [
      { ...good, cardPassword: '123456' },
      { ...good, amountFen: 100 },
      { ...good, amountFen: '-1' },
      { ...good, amountFen: '0' },
    ]
    for (const body of wrong) expect((await channel.send('/v1/debits', body)).status).toBe(400)
    expect(await query(good.idempotencyKey)).toBe('not-found')
  })

  it('keeps the first key of a channel', async () => {
    expect((await channel.register()).status).toBe(200)
    expect((await channel.register(Sm2PrivateKey.generate().publicKey.bytes)).status).toBe(409)
    expect((await channel.register(new Uint8Array(65).fill(4), 'other')).status).toBe(400)
  })

  it('keeps its key, accounts and registrations over a restart, and no names', async () => {
    const owner = { name: '欧阳娜娜', idNumber: '110101199003078888', phone: '13911112222', reference: 'r' }
    const before = (await channel.send('/v1/accounts/find', owner)).body
    const again = await createBankCore({
      db: test.db,
      clock,
      log: silentLog,
      listen: { host: '127.0.0.1', port: 0 },
    })
    const second = await createTestChannel(await again.start(), clock)
    expect(second.bankKey).toBe(channel.bankKey)
    await again.stop()
    expect((await channel.send('/v1/accounts/find', owner)).body).toEqual(before)
    const stored = await test.db.query<{ row: string }>(sql`select account::text as row from account`)
    for (const { row } of stored) expect(row).not.toMatch(/欧阳|110101199003078888|13911112222/)
  })

  it('opens no account for a stranger unless it was told a balance to open with', async () => {
    const strict = await createBankCore({
      db: test.db,
      clock,
      log: silentLog,
      listen: { host: '127.0.0.1', port: 0 },
    })
    const other = await createTestChannel(await strict.start(), clock, 'other-channel')
    const owner = { name: '李四', idNumber: '1', phone: '1', reference: 'r' }
    expect((await other.send('/v1/accounts/find', owner)).body).toEqual({ outcome: 'not-found' })
    await strict.stop()
    expect((await channel.send('/v1/accounts/find', owner)).body['outcome']).toBe('found')
  })
})

describe('faults', () => {
  const ask = async (fault: Parameters<BankCore['switches']['switchOn']>[0]) => {
    const [account, key] = [await freshAccount(), freshKey()]
    bank.switches.switchOn({ on: ['debit'], ...fault })
    const answer = await debit(account, key).catch(() => 'no answer' as const)
    return { account, key, answer, outcome: await query(key) }
  }

  it('down: no answer and nothing done, for as many calls as were asked', async () => {
    expect(await ask({ fault: 'down' })).toMatchObject({ answer: 'no answer', outcome: 'not-found' })
    expect(await ask({ fault: 'down', times: 2 })).toMatchObject({ answer: 'no answer' })
    expect(await debit(await freshAccount(), freshKey()).catch(() => 'no answer')).toBe('no answer')
    expect((await debit(await freshAccount(), freshKey())).body['outcome']).toBe('done')
  })

  it('slow: the right answer, not before its delay', async () => {
    const startedAt = performance.now()
    expect(await ask({ fault: 'slow', delayMs: 80 })).toMatchObject({
      answer: { authentic: true },
      outcome: 'done',
    })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(79)
  })

  it('timeout after commit: no answer although the money moved; a repeat learns it', async () => {
    const { account, key, answer, outcome } = await ask({ fault: 'timeout-after-commit', delayMs: 10 })
    expect([answer, outcome, await balance(account)]).toEqual(['no answer', 'done', 9_900n])
    expect((await debit(account, key)).body['outcome']).toBe('done')
    expect(await balance(account)).toBe(9_900n)
  })

  it('duplicate answer: the second copy is taken for nobody else’s answer', async () => {
    const { answer, outcome } = await ask({ fault: 'duplicate-answer' })
    expect([answer, outcome]).toMatchObject([{ authentic: true, body: { outcome: 'done' } }, 'done'])
    for (let n = 0; n < 5; n += 1)
      expect(await debit(await freshAccount(), freshKey())).toMatchObject({ authentic: true })
  })

  it('stale answer: a well-formed answer whose signature belongs to another request', async () => {
    const first = await freshAccount()
    await debit(first, freshKey())
    bank.switches.switchOn({ fault: 'stale-answer', on: ['debit'] })
    const key = freshKey()
    expect(await debit(first, key)).toMatchObject({
      status: 200,
      authentic: false,
      body: { outcome: 'done' },
    })
    expect(await query(key)).toBe('done')
  })

  it('wrong signature: a right answer that does not verify', async () => {
    expect(await ask({ fault: 'wrong-signature' })).toMatchObject({
      answer: { status: 200, authentic: false },
      outcome: 'done',
    })
  })

  it('wrong amount: a well-signed answer that names another amount than was booked', async () => {
    const { account, key, answer } = await ask({ fault: 'wrong-amount' })
    expect(answer).toMatchObject({ authentic: true, body: { outcome: 'done', amountFen: '101' } })
    expect((await debit(account, key)).body['amountFen']).toBe('100')
    expect(await balance(account)).toBe(9_900n)
  })

  it('are switched by the admin route, and unknown ones are refused', async () => {
    const post = (body: object) =>
      fetch(`${url}/admin/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect(await (await post({ fault: 'down', times: 'always', on: ['find'] })).json()).toMatchObject({
      active: [{ fault: 'down' }],
    })
    await expect(freshAccount()).rejects.toThrow()
    expect((await post({ fault: 'lost' })).status).toBe(400)
    expect((await post({ fault: 'sleepy' })).status).toBe(400)
    expect((await fetch(`${url}/admin/faults`, { method: 'DELETE' })).status).toBe(200)
    expect(await freshAccount()).toMatch(/^acct_/)
  })
})

it('shows the books to whoever compares them', async () => {
  const before = await books()
  await debit(await freshAccount(), freshKey(), '250')
  expect((await books()) - before).toBe(250n)
})

async function books(): Promise<bigint> {
  const answer = await fetch(`${url}/admin/totals?payeeAccount=9900000000000018`)
  const { debits } = (await answer.json()) as { debits: Record<string, { amountFen: string }> } // our own route
  return BigInt(debits['done']?.amountFen ?? 0)
}
