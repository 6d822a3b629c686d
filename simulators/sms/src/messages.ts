import { sql, type Clock, type Db } from '@anqu/platform'
import { z } from 'zod'

export const newMessage = z.strictObject({
  /** The channel's own id: the same message sent again is delivered once. */
  messageId: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
  phone: z.string().regex(/^1[3-9][0-9]{9}$/),
  /** What the text is for, in the channel's words. */
  purpose: z.string().min(1).max(60),
  text: z.string().min(1).max(500),
})
export type NewMessage = z.output<typeof newMessage>

export interface Message {
  readonly messageId: string
  readonly phone: string
  readonly purpose: string
  readonly text: string
  readonly atMs: number
}

export const messageQuery = z.strictObject({
  phone: z
    .string()
    .regex(/^[0-9]{1,11}$/)
    .optional(),
  /** Only messages later than this. */
  afterMs: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
})
export type MessageQuery = z.output<typeof messageQuery>

export interface Messages {
  deliver(message: NewMessage): Promise<void>
  /** Newest first, 100 at most. */
  list(query: MessageQuery): Promise<Message[]>
}

interface Row {
  message_id: string
  phone: string
  purpose: string
  body: string
  at_ms: bigint
}

/** Delivered messages; the newest `keep` of them stay. */
export function createMessages(needs: {
  readonly db: Db
  readonly clock: Clock
  readonly keep: number
}): Messages {
  const { db, clock, keep } = needs
  return {
    async deliver({ messageId, phone, purpose, text }) {
      await db.execute(sql`insert into message (message_id, phone, purpose, body, at_ms)
        values (${messageId}, ${phone}, ${purpose}, ${text}, ${clock.nowMs()}) on conflict do nothing`)
      await db.execute(sql`delete from message where message_id in (
        select message_id from message order by at_ms desc, message_id desc offset ${keep})`)
    },
    async list({ phone, afterMs }) {
      const rows = await db.query<Row>(sql`select message_id, phone, purpose, body, at_ms from message
        where (${phone ?? null}::text is null or phone = ${phone ?? null}) and at_ms > ${afterMs ?? '-1'}::int8
        order by at_ms desc, message_id desc limit 100`)
      return rows.map((row) => ({
        messageId: row.message_id,
        phone: row.phone,
        purpose: row.purpose,
        text: row.body,
        atMs: Number(row.at_ms),
      }))
    },
  }
}
