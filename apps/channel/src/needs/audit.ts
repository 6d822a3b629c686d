import type { Transaction } from '@anqu/platform'

/**
 * The classes of events an audit must be able to reconstruct (A-5.11-7 … A-5.11-17, B-7.6-3, C-6.3.3-a).
 */
export type AuditEventClass =
  | 'login'
  | 'identity'
  | 'sensitive-data-access'
  | 'device'
  | 'certificate'
  | 'consent'
  | 'operation'
  | 'payment'
  | 'audit-access'
  | 'audit-state'
  | 'key'
  | 'staff'
  | 'client-anomaly'
  | 'system'

/** What happened, with the seven fields of A-5.11-18; the eighth, the time, is set by the log. Masked values only. */
export type AuditEvent = {
  readonly event: string
  readonly eventClass: AuditEventClass
  readonly outcome: 'success' | 'failure'
  /** Pseudonymous id of the user or member of staff; `anonymous` before one is known. */
  readonly subject: string
  readonly description: string
  /** Where it came from: client instance and network origin, pseudonymous. */
  readonly origin: string
  /** Identity or name of the affected data, component or resource. */
  readonly resource: string
  readonly correlationId: string
  readonly fields?: Readonly<Record<string, string>>
}

/** The only door to the audit log for those who write it. */
export type AuditLog = {
  /** Durable when the promise resolves. */
  record(event: AuditEvent): Promise<void>
  /** Durable with the caller's transaction: the effect and its record are committed together or not at all. */
  recordIn(tx: Transaction, event: AuditEvent): Promise<void>
}
