import type { Clock, Db, Log, Transaction } from '@anqu/platform'
import type { AuditLog } from '../../needs/audit.ts'

/** Ways by which a customer is told outside the app (B-7.4-7). */
export const ways = ['push', 'sms', 'mail'] as const
export type Way = (typeof ways)[number]

export type Text = { readonly zh: string; readonly en: string }
export type WarningText = { readonly title: Text; readonly text: Text }
export type Audience = 'everybody' | 'bound-device'

/** Hands one message to the operator; the operator delivers one of the same reference once. */
export type Messenger = (message: {
  readonly way: Way
  readonly address: string
  readonly title: string
  readonly text: string
  readonly reference: string
}) => Promise<void>

export type WarningsNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly audit: AuditLog
  readonly messenger: Messenger
  /** Active customers after this one in the order of their ids. */
  readonly accountsAfter: (accountId: string | null, limit: number) => Promise<string[]>
  /** Those of them who have a bound device. */
  readonly withBoundDevice: (accountIds: readonly string[]) => Promise<ReadonlySet<string>>
  /** Where a customer is reached; an e-mail address is given by choice. */
  readonly contact: (accountId: string) => Promise<{ phone: string; email: string | null }>
  readonly notifyIn: (tx: Transaction, accountId: string, notice: WarningText) => Promise<void>
  readonly staffNames: (staffIds: readonly string[]) => Promise<ReadonlyMap<string, string>>
}
