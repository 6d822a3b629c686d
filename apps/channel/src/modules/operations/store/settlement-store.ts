import { sql, type Queryable, type Transaction } from '@anqu/platform'

export type SettlementKind = 'paid' | 'released'

/** A row of `operation_settlement`, as stored. */
export type SettlementRow = {
  settlement_id: string
  operation_id: string
  step: string
  kind: SettlementKind
  bank_reference: string | null
  reason: string
  state: 'open' | 'approved' | 'rejected' | 'expired'
  proposed_by: string
  proposed_at_ms: bigint
  expires_at_ms: bigint
  decided_by: string | null
  decided_at_ms: bigint | null
}

const columns = sql`settlement_id, operation_id, step, kind, bank_reference, reason, state, proposed_by, proposed_at_ms,
  expires_at_ms, decided_by, decided_at_ms`

/** False when another proposal is open. */
export async function insertSettlement(
  tx: Transaction,
  row: Omit<SettlementRow, 'state' | 'decided_by' | 'decided_at_ms'>,
): Promise<boolean> {
  await tx.execute(sql`
    update operation_settlement set state = 'expired'
    where operation_id = ${row.operation_id} and state = 'open' and expires_at_ms <= ${row.proposed_at_ms}`)
  const inserted = await tx.execute(sql`
    insert into operation_settlement (settlement_id, operation_id, step, kind, bank_reference, reason, state, proposed_by,
      proposed_at_ms, expires_at_ms)
    select ${row.settlement_id}, ${row.operation_id}, ${row.step}, ${row.kind}, ${row.bank_reference}, ${row.reason}, 'open',
      ${row.proposed_by}, ${row.proposed_at_ms}, ${row.expires_at_ms}
    where not exists (select 1 from operation_settlement where operation_id = ${row.operation_id} and state = 'open')
    on conflict do nothing`)
  return inserted === 1
}

/** Locks the row for the rest of the transaction. */
export const lockSettlement = (tx: Transaction, settlementId: string): Promise<SettlementRow | undefined> =>
  tx.maybe<SettlementRow>(
    sql`select ${columns} from operation_settlement where settlement_id = ${settlementId} for update`,
  )

export async function closeSettlement(
  tx: Transaction,
  settlementId: string,
  how: { state: 'approved' | 'rejected'; by: string; atMs: number },
): Promise<void> {
  await tx.execute(sql`
    update operation_settlement set state = ${how.state}, decided_by = ${how.by}, decided_at_ms = ${how.atMs}
    where settlement_id = ${settlementId} and state = 'open'`)
}

/** What two members of staff decided last about an operation; undefined while they have not. */
export const approvedSettlement = (db: Queryable, operationId: string): Promise<SettlementRow | undefined> =>
  db.maybe<SettlementRow>(
    sql`select ${columns} from operation_settlement where operation_id = ${operationId} and state = 'approved'
      order by decided_at_ms desc limit 1`,
  )

/** Newest first. */
export const settlementsOf = (db: Queryable, operationId: string): Promise<SettlementRow[]> =>
  db.query<SettlementRow>(sql`
    select ${columns} from operation_settlement where operation_id = ${operationId}
    order by proposed_at_ms desc, settlement_id desc limit 20`)
