import type { RefusalCode } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { sql } from '@anqu/platform'
import { canonicalBytes } from '@anqu/contract'
import { bytesToUtf8 } from '@anqu/encoding'
import { operationEvent } from './audit-events.ts'
import type { Facts, OperationDefinition, OutsideStep, StepOrder, StepOutcome } from './define-operation.ts'
import { finishDone, finishUndone } from './finish.ts'
import type { OperationNeeds } from './needs.ts'
import {
  claim,
  markStep,
  move,
  stepsOf,
  wasHeldFor,
  type OperationRow,
  type StepRow,
  type StepState,
} from './store/operation-store.ts'
import { approvedSettlement, type SettlementRow } from './store/settlement-store.ts'

type Saga = { needs: OperationNeeds; definition: OperationDefinition; row: OperationRow }

/**
 * Runs an authorised operation forward, or an unfinished one on. Safe to call at any time and from any process: the
 * lease lets one worker in, every intent is durable before the outside is asked, and every step may be repeated.
 */
export async function runSaga(
  needs: OperationNeeds,
  definition: OperationDefinition,
  operationId: string,
): Promise<void> {
  const nowMs = needs.clock.nowMs()
  const claimed = await claim(needs.db, operationId, {
    nowMs,
    leaseUntilMs: nowMs + policy.operations.leaseMs,
  })
  if (claimed === undefined) return
  if (claimed.state !== 'executing')
    await needs.db.transaction((tx) =>
      move(tx, claimed, { to: 'executing', atMs: needs.clock.nowMs(), why: `attempt ${claimed.attempts}` }),
    )
  const saga: Saga = { needs, definition, row: { ...claimed, state: 'executing' } }
  // Nobody has decided about what runs for the first time.
  const settlement = claimed.attempts > 1 ? await approvedSettlement(needs.db, operationId) : undefined
  if (settlement !== undefined) return carryOut(saga, settlement)
  if (claimed.direction === 'backward') return undo(saga, await stepsOf(needs.db, operationId))
  await forward(saga)
}

async function forward(saga: Saga): Promise<void> {
  const { needs, definition, row } = saga
  const steps = await stepsOf(needs.db, row.operation_id)
  const results: Record<string, Facts[string]> = {}
  for (const [index, step] of definition.outside.entries()) {
    const stored = steps[index]
    if (stored?.step !== step.name)
      throw new Error(`operation ${row.operation_id} was planned with other steps`)
    if (stored.state === 'done') {
      results[step.name] = JSON.parse(stored.result ?? 'null') as Facts[string] // stored below as canonical JSON
      continue
    }
    const outcome = await attempt(saga, step, stored, results)
    if (outcome.kind === 'unknown') return waitAndAsk(saga, outcome.why)
    if (outcome.kind === 'disputed') return hold(saga, outcome.why, untilStaffAsk)
    if (outcome.kind === 'given-up') return turnBack(saga, 'server.unavailable')
    if (outcome.kind === 'refused') return turnBack(saga, outcome.code)
    results[step.name] = outcome.result
  }
  const refused = await finishDone(saga, orderOf(saga, results))
  if (refused !== undefined) await turnBack(saga, refused)
}

type Attempt = StepOutcome | { readonly kind: 'given-up' }

/** One step at the outside party: the intent first, then the call; a repeated attempt asks before it acts. */
async function attempt(saga: Saga, step: OutsideStep, stored: StepRow, results: Facts): Promise<Attempt> {
  const { needs, row } = saga
  const { db, clock } = needs
  const order = { ...orderOf(saga, results), idempotencyKey: stepKey(row, step) }
  await markStep(db, row.operation_id, { step: step.name, state: 'intent', atMs: clock.nowMs() })
  const first = stored.state === 'planned' ? await step.run(order) : await step.query(order)
  // Never seen there: the same key may be sent again, but not for ever. Then the key is barred by undoing it, because the
  // first request may still be on its way.
  const outcome: Attempt =
    first.kind !== 'not-found' ? first : isOverdue(saga) ? { kind: 'given-up' } : await step.run(order)
  await markStep(db, row.operation_id, {
    step: step.name,
    state: outcome.kind === 'given-up' || outcome.kind === 'disputed' ? 'unknown' : outcome.kind,
    atMs: clock.nowMs(),
    ...(outcome.kind === 'done' ? { result: bytesToUtf8(canonicalBytes(outcome.result)) } : {}),
  })
  return outcome
}

export const stepKey = (row: Pick<OperationRow, 'operation_id'>, step: Pick<OutsideStep, 'name'>): string =>
  `${row.operation_id}:${step.name}`

const orderOf = ({ row }: Saga, results: Facts): StepOrder => ({
  operationId: row.operation_id,
  accountId: row.account_id,
  amountFen: row.amount_fen,
  // Written by prepare as canonical JSON of this shape.
  facts: (JSON.parse(row.facts) as { facts: Facts }).facts,
  results,
  idempotencyKey: row.operation_id,
})

const ageMs = ({ needs, row }: Saga): number => needs.clock.nowMs() - Number(row.created_at_ms)

/** An outcome that stays unknown this long is ended by making sure it has no effect. */
const isOverdue = (saga: Saga): boolean => ageMs(saga) > policy.operations.resolveWithinMs

async function waitAndAsk(saga: Saga, why: string): Promise<void> {
  const { needs, row } = saga
  const nowMs = needs.clock.nowMs()
  if (ageMs(saga) > policy.operations.holdAfterMs)
    return hold(
      saga,
      'no answer that can be trusted',
      ageMs(saga) > policy.operations.heldRequeryWithinMs
        ? untilStaffAsk
        : nowMs + policy.operations.heldRequeryMs,
    )
  const pauseMs = Math.min(
    policy.operations.firstRequeryMs * 2 ** Math.min(row.attempts, 8),
    policy.operations.longestRequeryMs,
  )
  needs.log.warn({ operationId: row.operation_id, why }, 'outcome unknown, will ask again')
  await needs.db.transaction((tx) =>
    move(tx, row, { to: 'unknown', atMs: nowMs, why, set: sql`lease_until_ms = ${nowMs + pauseMs}` }),
  )
}

/** Later than any clock: nobody but staff takes it up again. */
const untilStaffAsk = Number.MAX_SAFE_INTEGER

/** Stops for staff. Nothing is posted, the limit stays taken, and what is known about the money stays in the steps. */
async function hold(saga: Saga, why: string, nextTryAtMs: number): Promise<void> {
  const { needs, row } = saga
  needs.log.error({ operationId: row.operation_id, why }, 'operation held for staff')
  await needs.db.transaction(async (tx) => {
    const known = await wasHeldFor(tx, row.operation_id, why)
    await move(tx, row, {
      to: 'held',
      atMs: needs.clock.nowMs(),
      why,
      set: sql`lease_until_ms = ${nextTryAtMs}`,
    })
    // Staff are told once for each reason, not at every try.
    if (!known)
      await needs.audit.recordIn(
        tx,
        operationEvent(row, { event: 'operation.held', outcome: 'failure', origin: 'channel', why }),
      )
  })
}

/**
 * By the word of two members of staff, for the one step in doubt; everything else goes its usual way, so that ledger, policy,
 * limit, receipt and record agree as after any other outcome. May be cut off anywhere and begun again.
 */
async function carryOut(saga: Saga, settlement: SettlementRow): Promise<void> {
  const { needs, row } = saga
  if (settlement.kind === 'released') {
    if (row.direction === 'forward') return turnBack(saga, 'payment.released')
    return undo(saga, await stepsOf(needs.db, row.operation_id))
  }
  const steps = await stepsOf(needs.db, row.operation_id)
  if (
    row.direction === 'forward' &&
    steps.some(({ step, state }) => step === settlement.step && state !== 'done')
  )
    await markStep(needs.db, row.operation_id, {
      step: settlement.step,
      state: 'done',
      atMs: needs.clock.nowMs(),
      result: bytesToUtf8(canonicalBytes(settlement.bank_reference ?? '')),
    })
  return row.direction === 'forward' ? forward(saga) : undo(saga, steps)
}

/**
 * What staff know about a step that could not be undone. The party is asked first, so that its key is barred where it can be;
 * what it then says, or does not, is what staff were to decide about.
 */
async function releasedByStaff({ needs, row }: Saga, step: string): Promise<StepState | undefined> {
  const settlement = await approvedSettlement(needs.db, row.operation_id)
  if (settlement?.kind !== 'released' || settlement.step !== step) return undefined
  return settlement.bank_reference === null ? 'refused' : 'compensated'
}

async function turnBack(saga: Saga, code: RefusalCode): Promise<void> {
  const { needs, row } = saga
  await needs.db.execute(
    sql`update operation set direction = 'backward', reason = ${code} where operation_id = ${row.operation_id}`,
  )
  await undo(
    { ...saga, row: { ...row, direction: 'backward', reason: code } },
    await stepsOf(needs.db, row.operation_id),
  )
}

/** Undoes in reverse order. A step that was refused had no effect; every other one that began is compensated. */
async function undo(saga: Saga, steps: readonly StepRow[]): Promise<void> {
  const { needs, definition, row } = saga
  let moved = false
  for (const stored of steps.toReversed()) {
    if (stored.state === 'compensated') moved = true
    if (stored.state === 'planned' || stored.state === 'refused' || stored.state === 'compensated') continue
    const step = definition.outside.find((candidate) => candidate.name === stored.step)
    if (step === undefined)
      throw new Error(`operation ${row.operation_id} has an unknown step ${stored.step}`)
    const outcome = await step.compensate({ ...orderOf(saga, {}), idempotencyKey: stepKey(row, step) })
    const state = outcome.kind === 'done' ? 'compensated' : await releasedByStaff(saga, step.name)
    if (state === undefined)
      return outcome.kind === 'disputed'
        ? hold(saga, outcome.why, untilStaffAsk)
        : waitAndAsk(saga, `undoing ${step.name}: ${outcome.kind}`)
    await markStep(needs.db, row.operation_id, { step: step.name, state, atMs: needs.clock.nowMs() })
    moved ||= state === 'compensated'
  }
  await finishUndone(saga, moved ? 'reversed' : 'refused')
}
