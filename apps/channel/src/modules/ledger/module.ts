import { sql, uuidv7, type Clock, type Db, type Transaction } from '@anqu/platform'
import { assertBalanced, type Leg } from './domain/transfer.ts'

export type TransferOrder = {
  /** The same key moves money once, however often it is posted. */
  readonly idempotencyKey: string
  readonly correlationId: string
  readonly memo: string
  readonly legs: readonly Leg[]
}

export type PostingView = { account: string; amountFen: bigint; atMs: number }

export type Ledger = {
  /** Posts within the caller's transaction; false when this key was posted before (then nothing moves). */
  post(tx: Transaction, order: TransferOrder): Promise<boolean>
  balanceFen(account: string): Promise<bigint>
  postingsOf(correlationId: string): Promise<PostingView[]>
  /** Sum over all accounts, and accounts whose balance is not the sum of their postings. Both must be empty or zero. */
  audit(): Promise<{ totalFen: bigint; wrongAccounts: string[] }>
}

/** Double-entry ledger: sums are always zero, postings are never changed. */
export function createLedger(needs: { db: Db; clock: Clock }): Ledger {
  const { db, clock } = needs
  return {
    async post(tx, order) {
      assertBalanced(order.legs)
      const atMs = clock.nowMs()
      const accounts = order.legs.map((leg) => leg.account)
      const amounts = order.legs.map((leg) => leg.amountFen)
      // One statement: the key, the balances and the postings. Accounts are locked in name order, so that two transfers
      // over the same accounts wait for each other and cannot deadlock.
      const { posted } = await tx.one<{ posted: bigint }>(sql`
        with transfer as (
          insert into ledger_transfer (transfer_id, idempotency_key, correlation_id, memo, at_ms)
          values (${uuidv7(clock.nowMs())}, ${order.idempotencyKey}, ${order.correlationId}, ${order.memo}, ${atMs})
          on conflict (idempotency_key) do nothing
          returning transfer_id
        ), leg as (
          select * from unnest(${accounts}::text[], ${amounts}::bigint[]) with ordinality as l(account, amount_fen, leg)
        ), moved as (
          insert into ledger_account as a (account, currency, balance_fen)
          select leg.account, 'CNY', sum(leg.amount_fen)::bigint from leg, transfer group by leg.account order by leg.account
          on conflict (account) do update set balance_fen = a.balance_fen + excluded.balance_fen
        ), written as (
          insert into ledger_posting (transfer_id, leg, account, amount_fen, at_ms)
          select transfer_id, leg, account, amount_fen, ${atMs}::bigint from leg, transfer
        )
        select count(*) as posted from transfer`)
      return posted === 1n
    },
    async balanceFen(account) {
      const row = await db.maybe<{ balance_fen: bigint }>(
        sql`select balance_fen from ledger_account where account = ${account}`,
      )
      return row?.balance_fen ?? 0n
    },
    async postingsOf(correlationId) {
      const rows = await db.query<{ account: string; amount_fen: bigint; at_ms: bigint }>(sql`
        select p.account, p.amount_fen, p.at_ms from ledger_posting p join ledger_transfer t using (transfer_id)
        where t.correlation_id = ${correlationId} order by t.at_ms, p.leg`)
      return rows.map((row) => ({ account: row.account, amountFen: row.amount_fen, atMs: Number(row.at_ms) }))
    },
    async audit() {
      const total = await db.one<{ total: bigint }>(
        sql`select coalesce(sum(balance_fen), 0)::bigint as total from ledger_account`,
      )
      const wrong = await db.query<{ account: string }>(sql`
        select a.account from ledger_account a left join ledger_posting p using (account)
        group by a.account, a.balance_fen having a.balance_fen <> coalesce(sum(p.amount_fen), 0)`)
      return { totalFen: total.total, wrongAccounts: wrong.map((row) => row.account) }
    },
  }
}
