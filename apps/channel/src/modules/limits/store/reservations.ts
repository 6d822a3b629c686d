import { sql, type Transaction } from '@anqu/platform'

export type Reservation = {
  readonly operationId: string
  readonly accountId: string
  readonly category: string
  readonly day: string
  readonly amountFen: bigint
  readonly perDayFen: bigint
}

/** Takes the amount from the day's limit once an operation; false when it does not fit. */
export async function reserve(tx: Transaction, use: Reservation): Promise<boolean> {
  const fresh = await tx.execute(sql`
    insert into limit_reservation (operation_id, account_id, category, day, amount_fen, state)
    values (${use.operationId}, ${use.accountId}, ${use.category}, ${use.day}, ${use.amountFen}, 'reserved')
    on conflict (operation_id) do nothing`)
  if (fresh === 0) return true
  // The row's lock makes two reservations of one customer wait for each other; the condition is checked under it.
  const taken = await tx.execute(sql`
    insert into limit_use as u (account_id, category, day, used_fen)
    select ${use.accountId}::uuid, ${use.category}::text, ${use.day}::text, ${use.amountFen}::bigint
    where ${use.amountFen}::bigint <= ${use.perDayFen}::bigint
    on conflict (account_id, category, day) do update set used_fen = u.used_fen + excluded.used_fen
    where u.used_fen + excluded.used_fen <= ${use.perDayFen}::bigint`)
  return taken === 1
}

export async function settle(tx: Transaction, operationId: string): Promise<void> {
  await tx.execute(
    sql`update limit_reservation set state = 'used' where operation_id = ${operationId} and state = 'reserved'`,
  )
}

/** Gives a reserved amount back, once. */
export async function release(tx: Transaction, operationId: string): Promise<void> {
  await tx.execute(sql`
    with released as (
      update limit_reservation set state = 'released'
      where operation_id = ${operationId} and state = 'reserved' returning account_id, category, day, amount_fen
    )
    update limit_use u set used_fen = u.used_fen - r.amount_fen from released r
    where u.account_id = r.account_id and u.category = r.category and u.day = r.day`)
}
