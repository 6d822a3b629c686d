import { canonicalBytes, Refusal, type RefusalCode } from '@anqu/contract'
import { sql } from '@anqu/platform'
import { operationEvent } from './audit-events.ts'
import type { OperationDefinition, StepOrder } from './define-operation.ts'
import type { OperationNeeds } from './needs.ts'
import { move, type OperationRow } from './store/operation-store.ts'

type Saga = { needs: OperationNeeds; definition: OperationDefinition; row: OperationRow }

/**
 * The last transaction: our own steps (ledger, policy …), limit settled, receipt signed, audit record, notification and
 * the state `done` are committed together. Answers a code when a local step refuses; then nothing was committed.
 */
export async function finishDone(saga: Saga, order: StepOrder): Promise<RefusalCode | undefined> {
  const { needs, definition, row } = saga
  const { db, clock, audit, keys } = needs
  try {
    await db.transaction(async (tx) => {
      let results = order.results
      for (const step of definition.local) {
        const outcome = await step.run(tx, {
          ...order,
          results,
          idempotencyKey: `${row.operation_id}:${step.name}`,
        })
        if (outcome.kind === 'refused') throw new Refusal(outcome.code)
        if (outcome.kind !== 'done') throw new Error(`a local step cannot be ${outcome.kind}: ${outcome.why}`)
        results = { ...results, [step.name]: outcome.result }
      }
      const atMs = clock.nowMs()
      const facts = definition.receipt({ ...order, results })
      const receipt = canonicalBytes({
        purpose: 'anqu.receipt.v1',
        operationId: row.operation_id,
        type: row.type,
        accountId: row.account_id,
        payee: row.payee,
        amountFen: row.amount_fen.toString(),
        currency: 'CNY',
        finishedAtMs: atMs,
        ...facts,
      })
      const { signature, certificate } = await keys.signReceipt(receipt)
      await needs.limits.settleIn(tx, row.operation_id)
      await move(tx, row, {
        to: 'done',
        atMs,
        why: 'all steps done',
        set: sql`finished_at_ms = ${atMs}, receipt = ${receipt}, receipt_signature = ${signature}, receipt_certificate = ${certificate}`,
      })
      await audit.recordIn(
        tx,
        paymentEvent(row, { status: 'done', order: { ...order, results }, atMs, definition }),
      )
      await needs.notifyIn(tx, row.account_id, definition.notice({ ...order, results }))
    })
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

/** Ends an operation without effect: `refused` when nothing had moved, `reversed` when what moved was undone. */
export async function finishUndone(saga: Saga, state: 'refused' | 'reversed'): Promise<void> {
  const { needs, row } = saga
  const atMs = needs.clock.nowMs()
  await needs.db.transaction(async (tx) => {
    await needs.limits.releaseIn(tx, row.operation_id)
    await move(tx, row, { to: state, atMs, why: row.reason ?? 'refused', set: sql`finished_at_ms = ${atMs}` })
    await needs.audit.recordIn(
      tx,
      operationEvent(row, {
        event: `payment.${state}`,
        outcome: 'failure',
        origin: 'channel',
        why: row.reason ?? 'refused',
      }),
    )
    const reversed = state === 'reversed'
    await needs.notifyIn(tx, row.account_id, {
      title: {
        zh: reversed ? '业务已撤销' : '业务未成功',
        en: reversed ? 'Operation reversed' : 'Operation not completed',
      },
      text: {
        zh: reversed ? '款项已原路退回，保单未生效。' : '未发生扣款，您可以重新发起。',
        en: reversed
          ? 'The money has been returned; no policy was issued.'
          : 'Nothing was charged; you can start again.',
      },
    })
  })
}

/** The payment record with the nine fields of A-5.11-17; the payer is pseudonymous. */
function paymentEvent(
  row: OperationRow,
  what: { status: string; order: StepOrder; atMs: number; definition: OperationDefinition },
) {
  const facts = what.definition.receipt(what.order)
  const text = (key: string): string => String(facts[key] ?? '')
  return operationEvent(row, {
    event: 'payment.done',
    outcome: 'success',
    origin: 'channel',
    fields: {
      scenario: row.type,
      transactionTime: new Date(what.atMs).toISOString(),
      amountFen: row.amount_fen.toString(),
      merchantOrderNumber: text('merchantOrderNumber'),
      requestSerialNumber: row.operation_id,
      merchantNumber: text('merchantNumber'),
      merchantName: row.payee,
      transactionStatus: what.status,
      payer: `${row.account_id} ${text('payer')}`,
    },
  })
}
