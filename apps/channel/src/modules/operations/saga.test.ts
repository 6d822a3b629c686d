import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Refusal, sm2Signature } from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { policy } from '@anqu/policy'
import { silentLog, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import type { RequestContext } from '../../http/bound-route.ts'
import { createOperations, type OperationNeeds, type Operations } from './index.ts'
import { Crash, ScriptedBank, type Move } from './scripted-bank.fixture.ts'
import { testPayment } from './test-payment.fixture.ts'

const migration = { module: 'operations', directory: new URL('./store/migrations/', import.meta.url) }
const owner = { accountId: uuidv7(), deviceId: uuidv7() }
const context: RequestContext = {
  correlationId: uuidv7(),
  clientKeyId: 'c',
  clientKey: new Uint8Array(65),
  origin: 'test',
  customer: { sessionId: uuidv7(), environmentHash: '', ...owner },
  staff: null,
  setSession: () => undefined,
}

let database: TestDatabase
let clock: FakeClock
let bank: ScriptedBank
let policies: Set<string>
let issueRefuses: boolean
let operations: Operations
let needs: OperationNeeds
let audited: string[]

beforeAll(async () => {
  database = await testDatabase([migration])
})
afterAll(() => database.drop())
beforeEach(() => {
  clock = new FakeClock(1_800_000_000_000)
  bank = new ScriptedBank()
  policies = new Set()
  issueRefuses = false
  audited = []
  operations = compose()
})

function compose(): Operations {
  const audit = async (event: { event: string }) => void audited.push(event.event)
  needs = {
    db: database.db,
    clock,
    log: silentLog,
    audit: { record: audit, recordIn: (_tx, event) => audit(event) },
    keys: {
      signReceipt: async (bytes) => ({ signature: bytes.slice(0, 64), certificate: new Uint8Array(1) }),
    },
    verifyTransactionPassword: async () => undefined,
    verifyOtp: async ({ otp }) => {
      if (otp !== '123456') throw new Refusal('factor.rejected')
    },
    pictures: {
      issueConfirmation: async () => ({
        pictureId: uuidv7(),
        png: '',
        widthPx: 1,
        heightPx: 1,
        expiresAtMs: 0,
      }),
      verify: async () => undefined,
    },
    transactionGuard: { begin: async () => undefined, passed: async () => undefined },
    limits: {
      assertWithin: async () => undefined,
      reserveIn: async () => undefined,
      settleIn: async () => undefined,
      releaseIn: async () => undefined,
    },
    verifySignature: async () => undefined,
    expiryNotice: async () => null,
    notifyIn: async () => undefined,
  }
  return createOperations(needs, [definition()])
}

const definition = () =>
  testPayment(
    () => bank,
    async (_tx, { operationId }) => {
      if (issueRefuses) return { kind: 'refused', code: 'insurance.product-unavailable' }
      policies.add(operationId)
      return { kind: 'done', result: 'policy' }
    },
  )

async function call<T>(name: string, input: object): Promise<T> {
  const bound = operations.routes.find(({ route }) => route.name === name)
  if (bound === undefined) throw new Error(name)
  return (await bound.handle(input, context)) as T // the caller names the route's output
}

type Answer = {
  operation: { operationId: string; state: string; reason: string | null; receipt: unknown }
  order: string
}

async function challenged(key = `key-${uuidv7()}`): Promise<Answer> {
  const prepared = await call<Answer>('operations.prepare', {
    idempotencyKey: key,
    type: 'test-payment',
    input: { item: 'x' },
    clientVersion: '0.1.0',
  })
  await call('operations.second-password', {
    operationId: prepared.operation.operationId,
    riskAcknowledged: true,
    secret: { keyboardId: uuidv7(), taps: [] },
  })
  return prepared
}

const confirmation = ({ operation, order }: Answer, change: object = {}) => ({
  operationId: operation.operationId,
  otpId: uuidv7(),
  otp: '123456',
  pictureId: uuidv7(),
  pictureAnswer: 'ABCD',
  order,
  certificateSerial: '01020304',
  signature: sm2Signature(new Uint8Array(64)),
  ...change,
})

const stateOf = async (operationId: string): Promise<string> =>
  (
    await database.db.one<{ state: string }>(
      sql`select state from operation where operation_id = ${operationId}`,
    )
  ).state

const requery = (operationId: string): Promise<void> =>
  operations.requery(operationId).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error
  })

/** Lets the process be restarted and time go on until nothing is open; staff ask for what is held. */
async function settle(operationId: string): Promise<string> {
  for (let round = 0; round < 60; round += 1) {
    clock.advance(31_000)
    await operations.resume().catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error
    })
    const state = await stateOf(operationId)
    if (['done', 'refused', 'reversed'].includes(state)) return state
    if (state === 'held') await requery(operationId)
  }
  return stateOf(operationId)
}

test('the good path ends done, with one debit, one policy and a receipt', async () => {
  const prepared = await challenged()
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  expect(operation).toMatchObject({ state: 'done', reason: null })
  expect(operation.receipt).not.toBeNull()
  expect([...bank.debits.values()]).toEqual(['taken'])
  expect(policies).toEqual(new Set([operation.operationId]))
  expect(audited).toEqual([
    'operation.prepared',
    'operation.second-password',
    'operation.authorised',
    'payment.done',
  ])
})

test('a bank that commits and does not answer leads to unknown, and to done once it is asked', async () => {
  const prepared = await challenged()
  bank.script = ['silent-after-commit']
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  expect(operation.state).toBe('unknown')
  expect(policies.size).toBe(0)
  expect(await settle(operation.operationId)).toBe('done')
  expect([...bank.debits.values()]).toEqual(['taken'])
})

test('an order the bank refuses ends refused and issues nothing', async () => {
  const prepared = await challenged()
  bank.script = ['refuse']
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  expect(operation).toMatchObject({ state: 'refused', reason: 'payment.declined' })
  expect(policies.size).toBe(0)
})

test('when the policy cannot be issued the money goes back', async () => {
  const prepared = await challenged()
  issueRefuses = true
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  expect(operation).toMatchObject({ state: 'reversed', reason: 'insurance.product-unavailable' })
  expect([...bank.debits.values()]).toEqual(['returned'])
})

test('an order changed after signing is refused and nothing moves', async () => {
  const prepared = await challenged()
  const bytes = base64ToBytes(prepared.order)
  const forged = bytesToBase64(
    new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"100"', '"900"')),
  )
  await expect(call('operations.confirm', confirmation(prepared, { order: forged }))).rejects.toMatchObject({
    code: 'operation.signature-rejected',
  })
  expect(bank.debits.size).toBe(0)
  expect(await stateOf(prepared.operation.operationId)).toBe('challenged')
})

test('a confirmation that arrives twice is carried out once', async () => {
  const prepared = await challenged()
  const both = await Promise.all([1, 2].map(() => call<Answer>('operations.confirm', confirmation(prepared))))
  for (const { operation } of both) expect(['done', 'executing', 'authorised']).toContain(operation.state)
  expect(await settle(prepared.operation.operationId)).toBe('done')
  expect(bank.debits.size).toBe(1)
})

test('a code may not be asked for before the second password', async () => {
  const prepared = await call<Answer>('operations.prepare', {
    idempotencyKey: `key-${uuidv7()}`,
    type: 'test-payment',
    input: { item: 'x' },
    clientVersion: '0.1.0',
  })
  await expect(operations.otpBinding(prepared.operation.operationId, owner)).rejects.toMatchObject({
    code: 'factor.not-ready',
  })
})

test('the same key answers with the same operation, and is refused for another input', async () => {
  const request = {
    idempotencyKey: `key-${uuidv7()}`,
    type: 'test-payment',
    input: { item: 'x' },
    clientVersion: '0.1.0',
  }
  const first = await call<Answer>('operations.prepare', request)
  expect(await call<Answer>('operations.prepare', request)).toEqual(first)
  await expect(call('operations.prepare', { ...request, input: { item: 'y' } })).rejects.toMatchObject({
    code: 'request.conflict',
  })
})

test('an old client version moves no money', async () => {
  await expect(
    call('operations.prepare', {
      idempotencyKey: 'k'.repeat(16),
      type: 'test-payment',
      input: { item: 'x' },
      clientVersion: '0.0.9',
    }),
  ).rejects.toMatchObject({ code: 'client.too-old' })
})

test('what nobody confirms in time ends refused', async () => {
  const { operation } = await challenged()
  clock.advance(policy.operations.confirmWithinMs)
  await operations.expire()
  expect(await stateOf(operation.operationId)).toBe('refused')
})

test('an order the bank never saw is barred there before it ends, so that a late request cannot take money', async () => {
  const prepared = await challenged()
  bank.script = ['silent-before-commit']
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  clock.advance(policy.operations.resolveWithinMs + 1)
  expect(await settle(operation.operationId)).toBe('reversed')
  expect([...bank.debits.values()]).toEqual(['barred'])
})

test('an answer that contradicts the order posts nothing and waits for staff, told once', async () => {
  const prepared = await challenged()
  bank.script = ['dispute-after-commit', 'dispute-after-commit']
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  expect(operation).toMatchObject({ state: 'held', receipt: null })
  clock.advance(policy.operations.heldRequeryWithinMs)
  expect(await operations.resume()).toBe(0)
  await operations.requery(operation.operationId)
  expect(await stateOf(operation.operationId)).toBe('held')
  expect(policies.size).toBe(0)
  expect(audited.filter((event) => event === 'operation.held')).toHaveLength(1)
  await operations.requery(operation.operationId)
  expect(await stateOf(operation.operationId)).toBe('done')
  expect([...bank.debits.values()]).toEqual(['taken'])
})

test('a bank that stays silent is asked ever more seldom, and in the end only by staff', async () => {
  const prepared = await challenged()
  bank.script = Array.from({ length: 1_000 }, () => 'silent-after-commit' as const)
  const asked = (): number => 1_000 - bank.script.length
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  const { holdAfterMs, heldRequeryMs, heldRequeryWithinMs, longestRequeryMs } = policy.operations
  for (let passedMs = 0; passedMs <= holdAfterMs; passedMs += longestRequeryMs) {
    clock.advance(longestRequeryMs)
    await operations.resume()
  }
  expect(await stateOf(operation.operationId)).toBe('held')
  for (let passedMs = 0; passedMs <= heldRequeryWithinMs; passedMs += heldRequeryMs) {
    operations = compose() // another process
    clock.advance(heldRequeryMs)
    await operations.resume()
  }
  const before = asked()
  expect(before).toBeLessThanOrEqual(2 + holdAfterMs / longestRequeryMs + heldRequeryWithinMs / heldRequeryMs)
  clock.advance(heldRequeryWithinMs)
  await operations.resume()
  expect(asked()).toBe(before)
  expect(audited.filter((event) => event === 'operation.held')).toHaveLength(1)
  bank.script = []
  await operations.requery(operation.operationId)
  expect(await stateOf(operation.operationId)).toBe('done')
})

test('a held operation goes on by itself once the bank answers, after a restart too, and is debited once', async () => {
  const prepared = await challenged()
  bank.script = ['silent-after-commit', 'silent-after-commit', 'crash-after-commit']
  const { operation } = await call<Answer>('operations.confirm', confirmation(prepared))
  clock.advance(policy.operations.holdAfterMs + 1)
  await operations.resume()
  expect(await stateOf(operation.operationId)).toBe('held')
  operations = compose()
  clock.advance(policy.operations.heldRequeryMs)
  await expect(operations.resume()).rejects.toThrow(Crash)
  operations = compose()
  clock.advance(policy.operations.leaseMs)
  await operations.resume()
  expect(await stateOf(operation.operationId)).toBe('done')
  expect([...bank.debits.values()]).toEqual(['taken'])
  expect(policies.size).toBe(1)
})

test('whatever the bank and our process do, money and policy agree in the end', async () => {
  const move = fc.constantFrom<Move>(
    'answer',
    'refuse',
    'silent-after-commit',
    'silent-before-commit',
    'crash-after-commit',
    'crash-before-commit',
    'dispute-after-commit',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 6 }), fc.boolean(), async (script, refuses) => {
      bank = new ScriptedBank()
      policies = new Set()
      issueRefuses = refuses
      operations = compose()
      const prepared = await challenged()
      bank.script = [...script]
      await call('operations.confirm', confirmation(prepared)).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error
      })
      const { operationId } = prepared.operation
      const state = await settle(operationId)
      const taken = [...bank.debits.values()].filter((debit) => debit === 'taken').length
      expect(['done', 'refused', 'reversed']).toContain(state)
      expect(taken).toBe(state === 'done' ? 1 : 0)
      expect(policies.has(operationId)).toBe(state === 'done')
    }),
    { numRuns: 120 },
  )
})
