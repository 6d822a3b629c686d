import type { OutputOf, operationsGet, operationsPrepare } from '@anqu/contract'
import { bytesToBase64 } from '@anqu/encoding'
import type { OperationDefinition, SummaryLine } from './define-operation.ts'
import type { OperationRow } from './store/operation-store.ts'

type View = OutputOf<typeof operationsGet>['operation']

/** The customer's view of an operation. */
export function viewOf(row: OperationRow, definition: OperationDefinition): View {
  const { receipt, receipt_signature: signature, receipt_certificate: certificate } = row
  return {
    operationId: row.operation_id,
    type: row.type,
    state: row.state,
    title: definition.title,
    payee: row.payee,
    amountFen: row.amount_fen.toString(),
    createdAtMs: Number(row.created_at_ms),
    finishedAtMs: row.finished_at_ms === null ? null : Number(row.finished_at_ms),
    reason: row.reason,
    receipt:
      receipt === null || signature === null || certificate === null
        ? null
        : {
            receipt: bytesToBase64(receipt),
            signature: bytesToBase64(signature),
            certificate: bytesToBase64(certificate),
          },
  }
}

type StoredFacts = { readonly lines: SummaryLine[] }

/** What prepare answers, made from the stored operation, so that a repeated key gets the same answer. */
export function preparedView(
  row: OperationRow,
  definition: OperationDefinition,
): OutputOf<typeof operationsPrepare> {
  // Written by prepare as canonical JSON of exactly this shape.
  const { lines } = JSON.parse(row.facts) as StoredFacts
  return {
    operation: viewOf(row, definition),
    order: bytesToBase64(row.order_bytes),
    lines,
    riskNotice: definition.riskNotice,
    factors: ['second-password', 'otp', 'picture', 'se-signature'],
    expiresAtMs: Number(row.expires_at_ms),
  }
}
