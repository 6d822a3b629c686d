import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { sm2Signature, type OutputOf, type staffSettlements } from '@anqu/contract'
import { silentLog, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { installation, type TestContext } from '../../testing/module-world.fixture.ts'
import { createOperations, settlementRoutes, type Operations } from './index.ts'
import { ScriptedBank } from './scripted-bank.fixture.ts'
import { testPayment } from './test-payment.fixture.ts'

type Settlements = OutputOf<typeof staffSettlements>
const migration = { module: 'operations', directory: new URL('./store/migrations/', import.meta.url) }
const owner = { accountId: uuidv7(), deviceId: uuidv7() }
const customer = installation({ customer: { sessionId: uuidv7(), environmentHash: '', ...owner } })
const staff = (role: 'operator' | 'administrator' | 'auditor') =>
  installation({
    staff: { staffId: uuidv7(), role },
  })
const [chen, wang, auditor] = [staff('operator'), staff('administrator'), staff('auditor')]

let database: TestDatabase
let clock: FakeClock
let bank: ScriptedBank
let issued: Map<string, unknown>
let limits: string[]
let audited: string[]
let operations: Operations
/** The process dies before it acts on what was decided. */
let dies: boolean

beforeAll(async () => {
  database = await testDatabase([migration])
})
afterAll(() => database.drop())
beforeEach(() => {
  clock = new FakeClock(1_800_000_000_000)
  bank = new ScriptedBank()
  ;[issued, limits, audited, dies] = [new Map(), [], [], false]
  operations = world()
})

const audit = {
  record: async ({ event }: { event: string }) => void audited.push(event),
  recordIn: async (_tx: unknown, { event }: { event: string }) => void audited.push(event),
}

function world(): Operations {
  const nothing = async (): Promise<undefined> => undefined
  const signReceipt = async (bytes: Uint8Array) => ({
    signature: bytes.slice(0, 64),
    certificate: new Uint8Array(1),
  })
  const pictures = {
    issueConfirmation: () => Promise.reject(new Error('not part of this test')),
    verify: nothing,
  }
  return createOperations(
    {
      db: database.db,
      clock,
      log: silentLog,
      audit,
      keys: { signReceipt },
      verifyTransactionPassword: nothing,
      verifyOtp: nothing,
      pictures,
      transactionGuard: { begin: nothing, passed: nothing },
      limits: {
        assertWithin: nothing,
        reserveIn: async () => void limits.push('reserved'),
        settleIn: async () => void limits.push('settled'),
        releaseIn: async () => void limits.push('released'),
      },
      verifySignature: nothing,
      expiryNotice: async () => null,
      notifyIn: nothing,
    },
    [payment()],
  )
}

const payment = () =>
  testPayment(
    () => bank,
    async (_tx, { operationId, results }) => {
      issued.set(operationId, results['debit'])
      return { kind: 'done', result: 'policy' }
    },
  )

async function call<T>(context: TestContext, name: string, input: object): Promise<T> {
  const runOn = (operationId: string) => (dies ? Promise.resolve() : operations.requery(operationId))
  const settling = settlementRoutes({
    db: database.db,
    clock,
    audit,
    runOn,
    staffNames: async () => new Map(),
  })
  const bound = [...operations.routes, ...settling].find(({ route }) => route.name === name)
  if (bound === undefined) throw new Error(name)
  return (await bound.handle(bound.route.input.parse(input), context)) as T // the caller names the output
}

/** A payment whose bank takes the money and then names another amount, however often it is asked. */
async function held(): Promise<string> {
  bank.script = Array.from({ length: 50 }, () => 'dispute-after-commit' as const)
  const { operation, order } = await call<{ operation: { operationId: string }; order: string }>(
    customer,
    'operations.prepare',
    { idempotencyKey: `key-${uuidv7()}`, type: 'test-payment', input: { item: 'a' }, clientVersion: '0.1.0' },
  )
  const { operationId } = operation
  await call(customer, 'operations.second-password', {
    operationId,
    riskAcknowledged: true,
    secret: { keyboardId: uuidv7(), taps: ['AAAA'] },
  })
  await call(customer, 'operations.confirm', {
    operationId,
    otpId: uuidv7(),
    otp: '123456',
    pictureId: uuidv7(),
    pictureAnswer: 'ABCDE',
    order,
    certificateSerial: '01020304',
    signature: sm2Signature(new Uint8Array(64)),
  })
  expect(await stateOf(operationId)).toBe('held')
  return operationId
}

const stateOf = async (operationId: string): Promise<string> =>
  (
    await database.db.one<{ state: string }>(
      sql`select state from operation where operation_id = ${operationId}`,
    )
  ).state

const propose = async (operationId: string, given: object = {}): Promise<string> => {
  const input = { operationId, kind: 'paid', bankReference: 'BK-2026-1', reason: 'statement of the bank' }
  const { settlements } = await call<Settlements>(chen, 'staff.propose-settlement', { ...input, ...given })
  return settlements[0]?.settlementId ?? ''
}
const decide = (who: TestContext, settlementId: string, decision = 'approve') =>
  call<Settlements>(who, 'staff.decide-settlement', { settlementId, decision })

test('what two members of staff call paid is finished like any payment, with the reference they gave', async () => {
  const operationId = await held()
  const settlementId = await propose(operationId)
  expect([await stateOf(operationId), issued.size]).toEqual(['held', 0])
  await expect(decide(chen, settlementId)).rejects.toMatchObject({ code: 'approval.own' })
  await expect(decide(auditor, settlementId)).rejects.toMatchObject({ code: 'staff.forbidden' })
  const { settlements } = await decide(wang, settlementId)
  expect(settlements).toMatchObject([{ state: 'approved', kind: 'paid' }])
  expect(await stateOf(operationId)).toBe('done')
  expect(issued).toEqual(new Map([[operationId, 'BK-2026-1']]))
  expect(limits).toEqual(['reserved', 'settled'])
  expect(audited.slice(-3)).toEqual([
    'staff.settlement-proposed',
    'staff.settlement-approved',
    'payment.done',
  ])
  await expect(decide(wang, settlementId)).rejects.toMatchObject({ code: 'approval.closed' })
})

test.each([
  ['with the reference of the return', 'BK-2026-2', 'reversed'],
  ['because the bank took nothing', null, 'refused'],
])('what they release %s ends without effect, whatever the bank says', async (_, bankReference, state) => {
  const operationId = await held()
  await decide(wang, await propose(operationId, { kind: 'released', bankReference }))
  expect([await stateOf(operationId), issued.size]).toEqual([state, 0])
  expect(limits).toEqual(['reserved', 'released'])
  // It was asked all the same, so that its key is barred where that can be done.
  expect([...bank.debits.values()]).toEqual(['returned'])
})

test('a process that dies after the approval leaves it to the next one, and it is carried out once', async () => {
  const operationId = await held()
  const settlementId = await propose(operationId)
  dies = true
  await decide(wang, settlementId)
  expect(await stateOf(operationId)).toBe('held')
  expect(await operations.resume()).toBe(1)
  expect([await stateOf(operationId), issued.size]).toEqual(['done', 1])
  expect(await operations.resume()).toBe(0)
})

test('a proposal is one at a time, can be refused, runs out, and is void once the bank has answered', async () => {
  const operationId = await held()
  const first = await propose(operationId)
  await expect(propose(operationId)).rejects.toMatchObject({ code: 'request.conflict' })
  await decide(chen, first, 'reject')
  const second = await propose(operationId)
  clock.advance(24 * 3_600_000)
  await expect(decide(wang, second)).rejects.toMatchObject({ code: 'approval.closed' })
  const third = await propose(operationId)
  bank.script = []
  await operations.requery(operationId)
  expect(await stateOf(operationId)).toBe('done')
  await expect(decide(wang, third)).rejects.toMatchObject({ code: 'operation.wrong-state' })
  await expect(propose(operationId)).rejects.toMatchObject({ code: 'operation.wrong-state' })
  expect(issued.get(operationId)).toBe('ref')
})

test('paid without a reference, and anything about an operation that is not held, is refused', async () => {
  const operationId = await held()
  await expect(propose(operationId, { bankReference: null })).rejects.toBeInstanceOf(z.ZodError)
  await expect(propose(uuidv7())).rejects.toMatchObject({ code: 'operation.not-found' })
})
