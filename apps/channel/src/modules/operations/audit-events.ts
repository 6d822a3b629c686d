import type { AuditEvent } from '../../needs/audit.ts'
import type { OperationRow } from './store/operation-store.ts'

const descriptions: Readonly<Record<string, string>> = {
  'operation.prepared': 'Order fixed and shown to the customer',
  'operation.second-password': 'Risk acknowledged and transaction password verified',
  'operation.authorised': 'Code, picture and signature of the secure element verified; limit taken',
  'operation.expired': 'Not confirmed in time; nothing moved',
  'operation.held': 'Held for staff: the outcome outside is in doubt',
  'payment.done': 'Money moved, posted and receipted',
}

/** One audit event of an operation. All events of one operation share its id as correlation id. */
export function operationEvent(
  row: Pick<OperationRow, 'operation_id' | 'account_id' | 'type' | 'amount_fen' | 'payee'>,
  what: {
    event: string
    outcome: 'success' | 'failure'
    origin: string
    why?: string
    fields?: Record<string, string>
  },
): AuditEvent {
  return {
    event: what.event,
    eventClass: what.event.startsWith('payment.') ? 'payment' : 'operation',
    outcome: what.outcome,
    subject: row.account_id,
    description: what.why ?? descriptions[what.event] ?? what.event,
    origin: what.origin,
    resource: `operation:${row.operation_id}`,
    correlationId: row.operation_id,
    fields: { type: row.type, amountFen: row.amount_fen.toString(), payee: row.payee, ...what.fields },
  }
}
