import {
  Refusal,
  staffCard,
  staffCards,
  staffDecideCard,
  staffOrderCard,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import { sql, uuidv7, type Sql } from '@anqu/platform'
import {
  bind,
  staffOf,
  type BoundRoute,
  type RequestContext,
  type StaffSession,
} from '../../http/bound-route.ts'
import type { CardView } from './card-office.ts'
import { acting, asStaffRefusal, peopleOf, recorded, type CardStaffNeeds } from './staff-needs.ts'

type CardRequest = OutputOf<typeof staffCards>['requests'][number]
type Row = {
  request_id: string
  card_id: string
  card_order: CardRequest['order']
  reason: string
  requested_by: string
  requested_at_ms: bigint
  expires_at_ms: bigint
}

const requestLifeMs = 24 * 3_600_000
const openShown = 100
const recordsShown = 100
const all: readonly StaffSession['role'][] = [...acting, 'auditor']

/** Cards for staff. One locks; unlocking and emptying a card take two, and the channel keeps the first one's word. */
export function cardRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { office } = needs
  return [
    bind(staffCards, async (search, context) => {
      const staff = staffOf(context, all)
      const found = await asStaffRefusal(() => office.cards(search))
      return { ...found, requests: await openRequests(needs, staff, sql`true`) }
    }),
    bind(staffCard, async ({ cardId }, context) => {
      const staff = staffOf(context, all)
      return {
        card: await findCard(needs, cardId),
        records: await asStaffRefusal(() => office.records(cardId, recordsShown)),
        requests: await openRequests(needs, staff, sql`card_id = ${cardId}`),
      }
    }),
    bind(staffOrderCard, async (input, context) => ({ request: await order(needs, input, context) })),
    bind(staffDecideCard, async (input, context) => ({ card: await decide(needs, input, context) })),
  ]
}

async function findCard({ office }: CardStaffNeeds, cardId: string): Promise<CardView> {
  const { cards } = await asStaffRefusal(() => office.cards({ cardId, limit: 1 }))
  const [card] = cards
  if (card === undefined) throw new Refusal('card.not-found')
  return card
}

async function openRequests(needs: CardStaffNeeds, staff: StaffSession, which: Sql): Promise<CardRequest[]> {
  const rows = await needs.db.query<Row>(sql`
    select request_id, card_id, card_order, reason, requested_by, requested_at_ms, expires_at_ms from card_request
    where state = 'open' and expires_at_ms > ${needs.clock.nowMs()} and ${which}
    order by requested_at_ms desc limit ${openShown}`)
  const person = await peopleOf(
    needs,
    rows.map((row) => row.requested_by),
  )
  return rows.map((row) => ({
    requestId: row.request_id,
    cardId: row.card_id,
    order: row.card_order,
    reason: row.reason,
    requestedBy: person(row.requested_by),
    requestedAtMs: Number(row.requested_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    notApprovable: row.requested_by === staff.staffId ? 'own' : acting.includes(staff.role) ? null : 'role',
  }))
}

async function order(
  needs: CardStaffNeeds,
  { cardId, order, reason }: InputOf<typeof staffOrderCard>,
  context: RequestContext,
): Promise<CardRequest | null> {
  const { db, clock, audit, office } = needs
  const staff = staffOf(context, acting)
  const { staffId } = staff
  const act = { staffId, context, resource: `card:${cardId}` }
  if (order === 'lock') {
    const { correlationId } = context
    await recorded(audit, { ...act, event: 'staff.card-locked', description: `Card locked: ${reason}` }, () =>
      office.order({ cardId, order, reason, requester: staffId, approver: null, correlationId }),
    )
    return null
  }
  const what = { ...act, event: 'staff.card-requested', description: `Asked to ${order} a card: ${reason}` }
  const requestId = uuidv7(clock.nowMs())
  await recorded(audit, what, async () => {
    const { state } = await findCard(needs, cardId)
    if (state === 'deleted' || (order === 'unlock' && state !== 'locked'))
      throw new Refusal('card.not-possible', state)
    await db.execute(sql`
      insert into card_request (request_id, card_id, card_order, reason, requested_by, requested_at_ms, expires_at_ms, state)
      values (${requestId}, ${cardId}, ${order}, ${reason}, ${staffId}, ${clock.nowMs()},
        ${clock.nowMs() + requestLifeMs}, 'open')`)
  })
  return (await openRequests(needs, staff, sql`request_id = ${requestId}`))[0] ?? null
}

/**
 * The TSM is told within the transaction that closes the request: should that transaction be lost, the request is open still
 * and its repetition orders the same again.
 */
async function decide(
  needs: CardStaffNeeds,
  { requestId, decision }: InputOf<typeof staffDecideCard>,
  context: RequestContext,
): Promise<CardView> {
  const { db, clock, audit, office } = needs
  const { staffId } = staffOf(context, acting)
  const approve = decision === 'approve'
  const act = {
    staffId,
    context,
    event: approve ? 'staff.approved' : 'staff.rejected',
    description: `Decided about a card: ${requestId}`,
    resource: `card-request:${requestId}`,
  }
  const cardId = await recorded(audit, act, () =>
    db.transaction(async (tx) => {
      const row = await tx.maybe<Row>(sql`
        select request_id, card_id, card_order, reason, requested_by, requested_at_ms, expires_at_ms from card_request
        where request_id = ${requestId} and state = 'open' and expires_at_ms > ${clock.nowMs()} for update`)
      if (row === undefined) throw new Refusal('approval.closed')
      if (approve && row.requested_by === staffId) throw new Refusal('approval.own')
      await tx.execute(sql`
        update card_request set state = ${approve ? 'approved' : 'rejected'}, decided_by = ${staffId},
          decided_at_ms = ${clock.nowMs()} where request_id = ${requestId}`)
      if (approve)
        await office.order({
          cardId: row.card_id,
          order: row.card_order,
          reason: row.reason,
          requester: row.requested_by,
          approver: staffId,
          correlationId: requestId,
        })
      return row.card_id
    }),
  )
  return findCard(needs, cardId)
}
