import { sql } from '@anqu/platform'
import type { LiveSystem } from '../system/live-system.ts'

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

/** What the bank has booked for an operation. */
export const debits = (system: LiveSystem, operationId: string) =>
  system.database.rows<{ outcome: string; amount_fen: bigint }>(
    'anqu_bank',
    sql`select outcome, amount_fen from debit where idempotency_key like ${`${operationId}:%`}`,
  )

export const policiesOf = (system: LiveSystem, proposalId: string) =>
  system.database.rows<{ policy_id: string }>(
    'anqu_channel',
    sql`select policy_id from insurance_policy where proposal_id = ${proposalId}`,
  )
