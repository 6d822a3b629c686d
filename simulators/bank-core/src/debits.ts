import { isUniqueViolation, sql, uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import type { debitOrder, DebitAnswer, DebitReason } from './wire.ts'

type Order = z.output<typeof debitOrder>

interface Row {
  account_token: string | null
  amount_fen: bigint
  payee_account: string
  outcome: 'done' | 'refused' | 'reversed' | 'barred'
  reason: DebitReason | null
  bank_reference: string
  at_ms: bigint
  reversed_at_ms: bigint | null
}

export interface Debits {
  /** Takes the money once a key, however often the order comes. */
  debit(channelId: string, order: Order): Promise<DebitAnswer>
  query(channelId: string, key: string): Promise<DebitAnswer>
  /** Makes sure that the key has no effect, now or later: takes the money back, or bars the key. */
  cancel(channelId: string, key: string): Promise<DebitAnswer>
  /** Per outcome: how many and how much; for whoever compares the books. */
  totals(payeeAccount?: string): Promise<Record<string, { count: number; amountFen: string }>>
}

const reference = (atMs: number): string => `BK${uuidv7(atMs).replaceAll('-', '').toUpperCase()}`

function answerOf(row: Row): DebitAnswer {
  const facts = { bankReference: row.bank_reference, amountFen: row.amount_fen.toString() }
  if (row.outcome === 'done') return { outcome: 'done', ...facts, atMs: Number(row.at_ms) }
  if (row.outcome === 'reversed')
    return { outcome: 'reversed', ...facts, atMs: Number(row.reversed_at_ms ?? row.at_ms) }
  if (row.outcome === 'barred') return { outcome: 'barred' }
  return { outcome: 'refused', reason: row.reason ?? 'no-account' }
}

const columns = sql`account_token, amount_fen, payee_account, outcome, reason, bank_reference, at_ms, reversed_at_ms`

const find = (db: Queryable, channelId: string, key: string): Promise<Row | undefined> =>
  db.maybe<Row>(
    sql`select ${columns} from debit where channel_id = ${channelId} and idempotency_key = ${key}`,
  )

/**
 * One statement takes the money and writes the debit. The insert has no "on conflict": of two equal orders at the same
 * time the second must fail as a whole, because its update may already have taken the money a second time.
 */
function move(db: Db, channelId: string, order: Order, atMs: number): Promise<Row> {
  const { idempotencyKey, accountToken, amountFen, payeeAccount, purpose } = order
  return db.one<Row>(sql`
    with moved as (
      update account set balance_fen = balance_fen - ${amountFen}::int8
      where token = ${accountToken} and balance_fen >= ${amountFen}::int8 returning token),
    fate as (
      select case when exists (select 1 from moved) then null
        when exists (select 1 from account where token = ${accountToken}) then 'insufficient-funds'
        else 'no-account' end as reason)
    insert into debit (channel_id, idempotency_key, account_token, amount_fen, payee_account, purpose, outcome, reason,
      bank_reference, at_ms)
    select ${channelId}, ${idempotencyKey}, ${accountToken}, ${amountFen}::int8, ${payeeAccount}, ${purpose},
      case when reason is null then 'done' else 'refused' end, reason, ${reference(atMs)}, ${atMs} from fate
    returning ${columns}`)
}

function repeated(row: Row, order: Order): DebitAnswer {
  if (row.outcome === 'barred') return { outcome: 'refused', reason: 'key-barred' }
  const same =
    row.account_token === order.accountToken &&
    row.amount_fen === BigInt(order.amountFen) &&
    row.payee_account === order.payeeAccount
  return same ? answerOf(row) : { outcome: 'refused', reason: 'key-reused' }
}

async function cancelIn(tx: Queryable, channelId: string, key: string, atMs: number): Promise<DebitAnswer> {
  // Waits for a debit of this key that is under way; after it, either this row is the first or that one is.
  const barred = await tx.execute(sql`
    insert into debit (channel_id, idempotency_key, amount_fen, payee_account, purpose, outcome, bank_reference, at_ms)
    values (${channelId}, ${key}, 0, '', '', 'barred', ${reference(atMs)}, ${atMs}) on conflict do nothing`)
  if (barred === 1) return { outcome: 'barred' }
  const row = await tx.one<Row>(sql`select ${columns} from debit
    where channel_id = ${channelId} and idempotency_key = ${key} for update`)
  if (row.outcome !== 'done') return row.outcome === 'reversed' ? answerOf(row) : { outcome: 'barred' }
  await tx.execute(sql`update debit set outcome = 'reversed', reversed_at_ms = ${atMs}
    where channel_id = ${channelId} and idempotency_key = ${key}`)
  await tx.execute(
    sql`update account set balance_fen = balance_fen + ${row.amount_fen} where token = ${row.account_token}`,
  )
  return answerOf({ ...row, outcome: 'reversed', reversed_at_ms: BigInt(atMs) })
}

export function createDebits({ db, clock }: { readonly db: Db; readonly clock: Clock }): Debits {
  return {
    async debit(channelId, order) {
      try {
        return answerOf(await move(db, channelId, order, clock.nowMs()))
      } catch (error) {
        if (!isUniqueViolation(error, 'debit_pkey')) throw error
        const row = await find(db, channelId, order.idempotencyKey)
        if (row === undefined) throw error
        return repeated(row, order)
      }
    },
    async query(channelId, key) {
      const row = await find(db, channelId, key)
      return row === undefined ? { outcome: 'not-found' } : answerOf(row)
    },
    cancel: (channelId, key) => db.transaction((tx) => cancelIn(tx, channelId, key, clock.nowMs())),
    async totals(payeeAccount) {
      const rows = await db.query<{ outcome: string; count: bigint; fen: string }>(sql`
        select outcome, count(*) as count, sum(amount_fen)::text as fen from debit
        where ${payeeAccount ?? null}::text is null or payee_account = ${payeeAccount ?? null} group by outcome`)
      return Object.fromEntries(rows.map((r) => [r.outcome, { count: Number(r.count), amountFen: r.fen }]))
    },
  }
}
