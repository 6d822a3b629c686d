import {
  Refusal,
  type InputOf,
  type staffDecideSettlement,
  type staffProposeSettlement,
} from '@anqu/contract'
import { policy } from '@anqu/policy'
import { sql, uuidv7, type Transaction } from '@anqu/platform'
import type { OperationNeeds } from './needs.ts'
import { lockOperation, stepsOf, type OperationRow, type StepRow } from './store/operation-store.ts'
import { closeSettlement, insertSettlement, lockSettlement } from './store/settlement-store.ts'

type Needs = Pick<OperationNeeds, 'db' | 'clock' | 'audit'>
/** Who acts, and from where. */
export type Officer = { readonly staffId: string; readonly origin: string }

/** A proposal nobody decided is void after this: the second look is to be a fresh one. */
const openForMs = 24 * 3_600_000

const begun: readonly StepRow['state'][] = ['intent', 'unknown']

/** The step that stopped the operation: begun with an outcome nobody knows, or one that could not be undone. */
const inDoubt = (steps: readonly StepRow[], direction: OperationRow['direction']): StepRow | undefined =>
  direction === 'forward'
    ? steps.find(({ state }) => begun.includes(state))
    : steps.findLast(({ state }) => state === 'done' || begun.includes(state))

/** Locked and held, and nobody works on it: whoever took it up a moment ago may still get an answer that settles it. */
async function lockHeld(tx: Transaction, operationId: string, nowMs: number): Promise<OperationRow> {
  const known = await tx.maybe(sql`select 1 from operation where operation_id = ${operationId}`)
  if (known === undefined) throw new Refusal('operation.not-found')
  const row = await lockOperation(tx, operationId)
  if (row.state !== 'held') throw new Refusal('operation.wrong-state', row.state)
  const working = await tx.maybe(sql`
    select 1 from operation where operation_id = ${operationId} and lease_until_ms > ${nowMs}
      and lease_until_ms <= ${nowMs + policy.operations.leaseMs}`)
  if (working !== undefined) throw new Refusal('operation.wrong-state', 'somebody works on it')
  return row
}

/** One member of staff says what became of the money. Nothing changes until another one agrees. */
export async function proposeSettlement(
  { db, clock, audit }: Needs,
  input: InputOf<typeof staffProposeSettlement>,
  officer: Officer,
): Promise<void> {
  const { operationId, kind, bankReference, reason } = input
  const nowMs = clock.nowMs()
  await db.transaction(async (tx) => {
    const operation = await lockHeld(tx, operationId, nowMs)
    const step = inDoubt(await stepsOf(tx, operationId), operation.direction)
    // Once the money is being given back, it cannot be called paid any more.
    if (step === undefined || (kind === 'paid' && operation.direction === 'backward'))
      throw new Refusal(
        'operation.wrong-state',
        `${operation.direction}, ${step?.state ?? 'nothing in doubt'}`,
      )
    const proposed = await insertSettlement(tx, {
      settlement_id: uuidv7(nowMs),
      operation_id: operationId,
      step: step.step,
      kind,
      bank_reference: bankReference,
      reason,
      proposed_by: officer.staffId,
      proposed_at_ms: BigInt(nowMs),
      expires_at_ms: BigInt(nowMs + openForMs),
    })
    if (!proposed) throw new Refusal('request.conflict', 'another proposal is open')
    const fields = { kind, bankReference: bankReference ?? '', amountFen: operation.amount_fen.toString() }
    await audit.recordIn(tx, act(officer, operationId, { what: 'proposed', reason, fields }))
  })
}

/** The second member of staff. What is approved is durable with its record before the operation runs on by it. */
export async function decideSettlement(
  { db, clock, audit }: Needs,
  { settlementId, decision }: InputOf<typeof staffDecideSettlement>,
  officer: Officer,
): Promise<{ operationId: string }> {
  const nowMs = clock.nowMs()
  return db.transaction(async (tx) => {
    const row = await lockSettlement(tx, settlementId)
    if (row === undefined || row.state !== 'open' || Number(row.expires_at_ms) <= nowMs)
      throw new Refusal('approval.closed')
    // Its proposer may take it back, and that is all.
    if (decision === 'approve' && row.proposed_by === officer.staffId) throw new Refusal('approval.own')
    const { operation_id: operationId, kind, bank_reference: reference, reason } = row
    if (decision === 'approve') {
      await lockHeld(tx, operationId, nowMs)
      await tx.execute(sql`update operation set lease_until_ms = 0 where operation_id = ${operationId}`)
    }
    const state = decision === 'approve' ? 'approved' : 'rejected'
    await closeSettlement(tx, settlementId, { state, by: officer.staffId, atMs: nowMs })
    const fields = { kind, bankReference: reference ?? '', proposedBy: row.proposed_by }
    await audit.recordIn(tx, act(officer, operationId, { what: state, reason, fields }))
    return { operationId }
  })
}

const act = (
  { staffId, origin }: Officer,
  operationId: string,
  { what, reason, fields }: { what: string; reason: string; fields: Record<string, string> },
) => ({
  event: `staff.settlement-${what}`,
  eventClass: 'staff' as const,
  outcome: 'success' as const,
  subject: staffId,
  description: `Settlement of an operation in doubt ${what}: ${reason}`,
  origin,
  resource: `operation:${operationId}`,
  correlationId: operationId,
  fields,
})
