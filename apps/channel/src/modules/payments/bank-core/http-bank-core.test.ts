import { createServer, type Server } from 'node:http'
import { createBankCore, type BankCore as StandIn } from '@anqu/bank-core'
import { bytesToBase64 } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { silentLog, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrationsOf } from '../../../testing/module-world.fixture.ts'
import type { BankCore } from './bank-core.ts'
import { createHttpBankCore } from './http-bank-core.ts'

const clock = new FakeClock(1_800_000_000_000)
const key = Sm2PrivateKey.generate()
let channelDb: TestDatabase
let bankDb: TestDatabase
let standIn: StandIn
let url: string
let bank: BankCore
let token: string
let servers: Server[] = []

const connect = (at = url): Promise<BankCore> => createHttpBankCore({ db: channelDb.db, clock, url: at, key })

beforeAll(async () => {
  ;[channelDb, bankDb] = await Promise.all([testDatabase(migrationsOf('payments')), testDatabase()])
  standIn = await createBankCore({
    db: bankDb.db,
    clock,
    log: silentLog,
    listen: { host: '127.0.0.1', port: 0 },
    openingBalanceFen: 10_000n,
  })
  url = await standIn.start()
  bank = await connect()
})
beforeEach(async () => {
  const payer = { name: '张三', idNumber: uuidv7().slice(-18), phone: '13800000000' }
  token = (await bank.findAccount(payer, 'reference'))?.token ?? ''
})
afterEach(() => {
  standIn.switches.switchOff()
  for (const server of servers) server.close()
  servers = []
})
afterAll(async () => {
  await standIn.stop()
  await Promise.all([channelDb.drop(), bankDb.drop()])
})

const orderOf = (idempotencyKey = `operation:${uuidv7()}`, amountFen = 100n) => ({
  idempotencyKey,
  accountToken: token,
  amountFen,
  payeeAccount: '9900000000000018',
  purpose: 'premium',
})
const balance = async (): Promise<bigint> =>
  (await bankDb.db.one<{ b: bigint }>(sql`select balance_fen as b from account where token = ${token}`)).b
const fault = (name: string, on: 'debit' | 'query' | 'cancel' | 'find'): void =>
  standIn.switches.switchOn({ fault: name as 'down', on: [on], delayMs: 1 })

test('a debit takes the money once, however often it is ordered', async () => {
  const order = orderOf()
  const first = await bank.debit(order)
  expect(first.kind).toBe('done')
  expect(await bank.debit(order)).toEqual(first)
  expect(await bank.query(order)).toEqual(first)
  expect(await balance()).toBe(9_900n)
})

test('what the bank declines is refused', async () => {
  const declined = { kind: 'refused', code: 'payment.declined' }
  expect(await bank.debit(orderOf(undefined, 10_001n))).toEqual(declined)
  expect(await balance()).toBe(10_000n)
})

test('a debit the bank never saw is not found', async () => {
  expect(await bank.query(orderOf())).toEqual({ kind: 'not-found' })
})

test.each(['down', 'wrong-signature', 'timeout-after-commit', 'stale-answer'])(
  'with the fault %s nothing is known until the bank is asked, and money moved once at most',
  async (name) => {
    // An honest answer to something else, for the bank to repeat.
    await bank.debit(orderOf(undefined, 1n))
    const order = orderOf()
    fault(name, 'debit')
    expect(await bank.debit(order)).toMatchObject({ kind: 'unknown' })
    const found = await bank.query(order)
    expect(found.kind).toBe(name === 'down' ? 'not-found' : 'done')
    expect((await bank.debit(order)).kind).toBe('done')
    expect(await balance()).toBe(9_899n)
  },
)

test('an answer that names another amount than was ordered is disputed, whichever call it answers', async () => {
  const order = orderOf()
  const disputed = { kind: 'disputed', why: 'the bank names another amount than was ordered' }
  for (const call of ['debit', 'query', 'cancel'] as const) {
    fault('wrong-amount', call)
    expect(await bank[call](order), call).toEqual(disputed)
  }
  expect(await bank.query({ ...orderOf(), idempotencyKey: order.idempotencyKey })).toEqual({
    kind: 'refused',
    code: 'payment.declined',
  })
})

test('an answer that comes twice is one answer', async () => {
  fault('duplicate-answer', 'debit')
  expect((await bank.debit(orderOf())).kind).toBe('done')
  expect((await bank.debit(orderOf())).kind).toBe('done')
  expect(await balance()).toBe(9_800n)
})

test('a cancelled debit gives the money back, and a cancelled key takes none afterwards', async () => {
  const [taken, unseen] = [orderOf(), orderOf()]
  await bank.debit(taken)
  expect((await bank.cancel(taken)).kind).toBe('done')
  expect(await balance()).toBe(10_000n)
  expect((await bank.cancel(unseen)).kind).toBe('done')
  expect((await bank.debit(unseen)).kind).toBe('refused')
  expect(await balance()).toBe(10_000n)
})

test('a cancellation without a trustworthy answer is unknown, never done', async () => {
  const order = orderOf()
  await bank.debit(order)
  for (const name of ['down', 'wrong-signature', 'timeout-after-commit']) {
    fault(name, 'cancel')
    expect(await bank.cancel(order), name).toMatchObject({ kind: 'unknown' })
  }
  expect((await bank.cancel(order)).kind).toBe('done')
})

test('a bank that cannot be reached while an account is looked for is a refusal', async () => {
  const payer = { name: '张三', idNumber: '1', phone: '1' }
  for (const name of ['down', 'wrong-signature']) {
    fault(name, 'find')
    await expect(bank.findAccount(payer, 'r')).rejects.toMatchObject({ code: 'server.unavailable' })
  }
})

/** A server in the bank's place that answers every request the same. */
async function impostor(body: string): Promise<string> {
  const server = createServer((_request, response) => response.end(body))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

test('a bank that shows another key than the pinned one is believed nothing', async () => {
  const shown = bytesToBase64(Sm2PrivateKey.generate().publicKey.bytes)
  const other = await connect(await impostor(JSON.stringify({ publicKey: shown })))
  expect(await other.debit(orderOf())).toMatchObject({ kind: 'unknown' })
  // The pinned key stays: the true bank still answers.
  expect((await (await connect()).debit(orderOf())).kind).toBe('done')
})

test('whatever stands in the bank’s place and says, nothing is known', async () => {
  for (const body of ['', 'not JSON', '{}', '{"publicKey":"AAAA"}', '{"outcome":"done"}']) {
    const other = await connect(await impostor(body))
    expect(await other.debit(orderOf()), body).toMatchObject({ kind: 'unknown' })
    expect(await other.query(orderOf()), body).toMatchObject({ kind: 'unknown' })
  }
})

test('what is no key is not pinned, so that the true bank is believed later', async () => {
  const fresh = await testDatabase(migrationsOf('payments'))
  for (const shown of ['AAAA', '!', bytesToBase64(new Uint8Array(65).fill(4))]) {
    const needs = { db: fresh.db, clock, key, url: await impostor(JSON.stringify({ publicKey: shown })) }
    expect(await (await createHttpBankCore(needs)).debit(orderOf()), shown).toMatchObject({ kind: 'unknown' })
  }
  expect(await fresh.db.query(sql`select party from party_key`)).toEqual([])
  await fresh.drop()
})

test('a bank that was away at the first contact is asked again later', async () => {
  const port = Number(new URL(await impostor('')).port)
  for (const server of servers) server.close()
  servers = []
  const later = await connect(`http://127.0.0.1:${port}`)
  expect(await later.debit(orderOf())).toMatchObject({ kind: 'unknown' })
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // a stream without encoding yields buffers
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => /^bank-|^content-type$/.test(name)),
    ) as Record<string, string> // these headers come once each
    const answer = await fetch(`${url}${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
    })
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  servers.push(proxy)
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
  expect((await later.debit(orderOf())).kind).toBe('done')
})
