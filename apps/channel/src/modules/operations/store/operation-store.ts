import type { OperationState } from '@anqu/contract'
import { sql, type Db, type Queryable, type Sql, type Transaction } from '@anqu/platform'
import { assertTransition } from '../domain/states.ts'

/** A row of `operation`, as stored. */
export type OperationRow = {
  operation_id: string
  account_id: string
  device_id: string
  type: string
  state: OperationState
  idempotency_key: string
  input_digest: string
  facts: string
  order_bytes: Uint8Array
  payee: string
  amount_fen: bigint
  created_at_ms: bigint
  expires_at_ms: bigint
  finished_at_ms: bigint | null
  reason: string | null
  direction: 'forward' | 'backward'
  certificate_serial: string | null
  receipt: Uint8Array | null
  receipt_signature: Uint8Array | null
  receipt_certificate: Uint8Array | null
  attempts: number
}

const columns = sql`operation_id, account_id, device_id, type, state, idempotency_key, input_digest, facts, order_bytes,
  payee, amount_fen, created_at_ms, expires_at_ms, finished_at_ms, reason, direction, certificate_serial, receipt,
  receipt_signature, receipt_certificate, attempts`

export type NewOperation = Pick<
  OperationRow,
  | 'operation_id'
  | 'account_id'
  | 'device_id'
  | 'type'
  | 'idempotency_key'
  | 'input_digest'
  | 'facts'
  | 'order_bytes'
  | 'payee'
  | 'amount_fen'
  | 'created_at_ms'
  | 'expires_at_ms'
>

/** Inserts, or answers the operation this key was used for before. */
export async function insertOperation(tx: Transaction, row: NewOperation): Promise<OperationRow> {
  await tx.execute(sql`
    insert into operation (operation_id, account_id, device_id, type, state, idempotency_key, input_digest, facts,
      order_bytes, payee, amount_fen, created_at_ms, expires_at_ms)
    values (${row.operation_id}, ${row.account_id}, ${row.device_id}, ${row.type}, 'prepared', ${row.idempotency_key},
      ${row.input_digest}, ${row.facts}, ${row.order_bytes}, ${row.payee}, ${row.amount_fen}, ${row.created_at_ms},
      ${row.expires_at_ms})
    on conflict (account_id, idempotency_key) do nothing`)
  return tx.one<OperationRow>(
    sql`select ${columns} from operation where account_id = ${row.account_id} and idempotency_key = ${row.idempotency_key}`,
  )
}

export async function findOwned(
  db: Queryable,
  operationId: string,
  accountId: string,
): Promise<OperationRow | undefined> {
  return db.maybe<OperationRow>(
    sql`select ${columns} from operation where operation_id = ${operationId} and account_id = ${accountId}`,
  )
}

export async function findByKey(
  db: Queryable,
  accountId: string,
  key: string,
): Promise<OperationRow | undefined> {
  return db.maybe<OperationRow>(
    sql`select ${columns} from operation where account_id = ${accountId} and idempotency_key = ${key}`,
  )
}

/** Locks the row for the rest of the transaction. */
export async function lockOperation(tx: Transaction, operationId: string): Promise<OperationRow> {
  return tx.one<OperationRow>(
    sql`select ${columns} from operation where operation_id = ${operationId} for update`,
  )
}

export async function listOwned(db: Queryable, accountId: string, most: number): Promise<OperationRow[]> {
  return db.query<OperationRow>(
    sql`select ${columns} from operation where account_id = ${accountId} order by created_at_ms desc limit ${most}`,
  )
}

/** Moves an operation on and remembers it; refuses a transition the state machine does not have. */
export async function move(
  tx: Transaction,
  row: Pick<OperationRow, 'operation_id' | 'state'>,
  change: { to: OperationState; atMs: number; why: string; set?: Sql },
): Promise<void> {
  assertTransition(row.state, change.to)
  const also = change.set === undefined ? sql.empty : sql`, ${change.set}`
  const moved = await tx.execute(
    sql`update operation set state = ${change.to}${also} where operation_id = ${row.operation_id} and state = ${row.state}`,
  )
  if (moved !== 1) throw new Error('the operation was moved by somebody else')
  await tx.execute(sql`
    insert into operation_transition (operation_id, number, from_state, to_state, at_ms, why)
    select ${row.operation_id}, count(*) + 1, ${row.state}, ${change.to}, ${change.atMs}, ${change.why}
    from operation_transition where operation_id = ${row.operation_id}`)
}

/** Takes the right to work on an operation until `leaseUntilMs`, unless somebody alive has it. */
export async function claim(
  db: Db,
  operationId: string,
  times: { nowMs: number; leaseUntilMs: number },
): Promise<OperationRow | undefined> {
  return db.maybe<OperationRow>(sql`
    update operation set lease_until_ms = ${times.leaseUntilMs}, attempts = attempts + 1
    where operation_id = ${operationId} and state in ('authorised', 'executing', 'unknown', 'held')
      and lease_until_ms <= ${times.nowMs}
    returning ${columns}`)
}

/** Whether the operation was put on hold for this reason before. */
export async function wasHeldFor(db: Queryable, operationId: string, why: string): Promise<boolean> {
  const held = await db.maybe(sql`
    select 1 from operation_transition where operation_id = ${operationId} and to_state = 'held' and why = ${why} limit 1`)
  return held !== undefined
}

export async function findOpen(db: Db, nowMs: number, most: number): Promise<string[]> {
  const rows = await db.query<{ operation_id: string }>(sql`
    select operation_id from operation
    where state in ('authorised', 'executing', 'unknown', 'held') and lease_until_ms <= ${nowMs}
    order by lease_until_ms limit ${most}`)
  return rows.map((row) => row.operation_id)
}

export async function findExpired(db: Db, nowMs: number, most: number): Promise<OperationRow[]> {
  return db.query<OperationRow>(sql`
    select ${columns} from operation where state in ('prepared', 'challenged') and expires_at_ms <= ${nowMs}
    order by expires_at_ms limit ${most}`)
}

export type StepRow = {
  position: number
  step: string
  state: StepState
  attempts: number
  result: string | null
  updated_at_ms: bigint
}
export type StepState = 'planned' | 'intent' | 'done' | 'refused' | 'unknown' | 'compensated'

export async function planSteps(
  tx: Transaction,
  operationId: string,
  names: readonly string[],
  atMs: number,
): Promise<void> {
  await tx.execute(sql`
    insert into operation_step (operation_id, position, step, state, attempts, updated_at_ms)
    select ${operationId}, ordinality, step, 'planned', 0, ${atMs}
    from unnest(${names}::text[]) with ordinality as s(step, ordinality)`)
}

export async function stepsOf(db: Queryable, operationId: string): Promise<StepRow[]> {
  return db.query<StepRow>(sql`
    select position, step, state, attempts, result, updated_at_ms from operation_step
    where operation_id = ${operationId} order by position`)
}

export async function markStep(
  db: Queryable,
  operationId: string,
  change: { step: string; state: StepState; atMs: number; result?: string },
): Promise<void> {
  await db.execute(sql`
    update operation_step set state = ${change.state}, result = coalesce(${change.result ?? null}, result),
      attempts = attempts + (case when ${change.state} = 'intent' then 1 else 0 end), updated_at_ms = ${change.atMs}
    where operation_id = ${operationId} and step = ${change.step}`)
}
