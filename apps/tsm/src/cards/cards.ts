import { sql, type Db, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import type { card, cardLostRequest, cardOrderRequest, cardsAnswer, cardsRequest } from '../api/schemas.ts'
import type { Records } from '../records/records.ts'
import { TsmRefusal } from '../refused.ts'

type CardView = z.infer<typeof card>

export type Cards = {
  list(query: z.infer<typeof cardsRequest>): Promise<z.infer<typeof cardsAnswer>>
  order(request: z.infer<typeof cardOrderRequest>): Promise<CardView>
  lost(request: z.infer<typeof cardLostRequest>): Promise<{ count: number }>
}

type Row = {
  card_id: string
  kind: 'virtual' | 'physical'
  holder: string | null
  state: CardView['state']
  card_order: CardView['order']
  order_reason: string | null
  key_version: number
  package_aid: string | null
  package_version: number | null
  enrolled_at_ms: bigint
  last_contact_at_ms: bigint | null
}

const columns = sql`card_id, kind, holder, state, card_order, order_reason, key_version, package_aid, package_version,
  enrolled_at_ms, last_contact_at_ms`

const viewOf = (row: Row): CardView => ({
  cardId: row.card_id,
  kind: row.kind,
  holder: row.holder,
  state: row.state,
  order: row.card_order,
  orderReason: row.order_reason,
  keyVersion: row.key_version,
  packageAid: row.package_aid,
  packageVersion: row.package_version,
  enrolledAtMs: Number(row.enrolled_at_ms),
  lastContactAtMs: row.last_contact_at_ms === null ? null : Number(row.last_contact_at_ms),
})

type Needs = { readonly db: Db; readonly records: Records }

/** What is known of cards, and what waits for their next contact. */
export function createCards({ db, records }: Needs): Cards {
  return {
    async list({ cursor, limit, ...only }) {
      const [cardId, holder, state] = [only.cardId ?? null, only.holder ?? null, only.state ?? null]
      const rows = await db.query<Row>(sql`
        select ${columns} from card where (${cursor}::text is null or card_id > ${cursor}::text)
          and (${cardId}::text is null or card_id = ${cardId}::text)
          and (${holder}::uuid is null or holder = ${holder}::uuid)
          and (${state}::text is null or state = ${state}::text)
        order by card_id limit ${limit}`)
      return {
        cards: rows.map(viewOf),
        nextCursor: rows.length === limit ? (rows.at(-1)?.card_id ?? null) : null,
      }
    },
    order: (request) =>
      db.transaction(async (tx) => {
        const { order, requester, approver, reason, cardId } = request
        const alone = order === 'lock' || order === 'none'
        if (!alone && (approver === null || approver === requester))
          throw new TsmRefusal('second-person', `${order} takes a second person`)
        const row = await tx.maybe<Row>(sql`
          update card set card_order = ${order}, order_reason = ${reason} where card_id = ${cardId} returning ${columns}`)
        if (row === undefined) throw new TsmRefusal('unknown-card', cardId)
        await records.recordIn(tx, {
          correlationId: request.correlationId,
          step: null,
          event: `card.${order}-ordered`,
          from: 'staff',
          to: 'tsm',
          outcome: 'success',
          detail: `${reason} (${requester}${approver === null ? '' : `, ${approver}`})`,
          cardId,
        })
        return viewOf(row)
      }),
    lost: (request) => db.transaction((tx) => lockLost(tx, records, request)),
  }
}

/** All cards of one client instance; a card that is used by another instance since is not touched. */
async function lockLost(
  tx: Queryable,
  records: Records,
  request: z.infer<typeof cardLostRequest>,
): Promise<{ count: number }> {
  const rows = await tx.query<{ card_id: string }>(sql`
    update card set card_order = 'lock', lost = true, order_reason = ${request.reason}
    where holder = ${request.holder} and instance = ${request.instance} and state <> 'deleted'
    returning card_id`)
  for (const { card_id: cardId } of rows)
    await records.recordIn(tx, {
      correlationId: request.correlationId,
      step: null,
      event: 'card.lock-ordered',
      from: 'channel',
      to: 'tsm',
      outcome: 'success',
      detail: request.reason,
      cardId,
    })
  return { count: rows.length }
}
