import { sql, uuidv7, type Clock, type Db } from '@anqu/platform'
import { z } from 'zod'

const shownAtMost = 100
const keptAtMost = 10_000

/** A push message goes to the alias an app registered under, an e-mail to an address. */
export const noticeOrder = z.strictObject({
  way: z.enum(['push', 'mail']),
  address: z.string().min(3).max(254),
  title: z.string().min(1).max(120),
  text: z.string().min(1).max(1_000),
  reference: z.string().min(1).max(64),
})
export const noticeSearch = noticeOrder.pick({ way: true, address: true })

/** Takes a notice once a reference; the oldest ones go when there are too many. */
export async function storeNotice(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  { way, address, title, text, reference }: z.output<typeof noticeOrder>,
): Promise<void> {
  const atMs = clock.nowMs()
  await db.execute(sql`insert into notice (notice_id, way, address, title, text, reference, at_ms)
    values (${uuidv7(atMs)}, ${way}, ${address}, ${title}, ${text}, ${reference}, ${atMs}) on conflict (reference) do nothing`)
  await db.execute(sql`delete from notice where at_ms < (select min(at_ms) from
    (select at_ms from notice order by at_ms desc limit ${keptAtMost}) newest)`)
}

export async function findNotices(db: Db, { way, address }: z.output<typeof noticeSearch>) {
  const rows = await db.query<{ title: string; text: string; at_ms: bigint }>(sql`
    select title, text, at_ms from notice where way = ${way} and address = ${address}
    order by at_ms desc, notice_id desc limit ${shownAtMost}`)
  return rows.map(({ at_ms, ...row }) => ({ ...row, atMs: Number(at_ms) }))
}
