import { sql, uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import type {
  campaign,
  campaignDecideRequest,
  campaignProposeRequest,
  campaignRetryRequest,
  campaignsAnswer,
  campaignsRequest,
} from '../api/schemas.ts'
import type { PackageFile, Packages } from '../packages/packages.ts'
import { TsmRefusal } from '../refused.ts'

type View = z.infer<typeof campaign>

export type Campaigns = {
  propose(request: z.infer<typeof campaignProposeRequest>): Promise<View>
  decide(request: z.infer<typeof campaignDecideRequest>): Promise<View>
  list(query: z.infer<typeof campaignsRequest>): Promise<z.infer<typeof campaignsAnswer>>
  /** Failed cards wait again. */
  retry(request: z.infer<typeof campaignRetryRequest>): Promise<View>
  /** The version a running campaign brings to this card. */
  packageFor(tx: Queryable, cardId: string): Promise<PackageFile | undefined>
}

type Row = {
  campaign_id: string
  name: string
  package_aid: string
  package_version: number
  state: View['state']
  requester: string
  approver: string | null
  paused_by: string | null
  created_at_ms: bigint
  waiting: bigint
  under_way: bigint
  done: bigint
  failed: bigint
}

const select = sql`
  select c.campaign_id, c.name, c.package_aid, c.package_version, c.state, c.requester, c.approver, c.paused_by,
    c.created_at_ms, w.waiting, w.under_way, w.done, w.failed
  from campaign c cross join lateral (
    select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'under-way') as under_way,
      count(*) filter (where state = 'done') as done, count(*) filter (where state = 'failed') as failed
    from campaign_card where campaign_id = c.campaign_id) w`

const viewOf = (row: Row): View => ({
  campaignId: row.campaign_id,
  name: row.name,
  packageAid: row.package_aid,
  packageVersion: row.package_version,
  state: row.state,
  requester: row.requester,
  approver: row.approver,
  createdAtMs: Number(row.created_at_ms),
  progress: {
    cards: Number(row.waiting + row.under_way + row.done + row.failed),
    waiting: Number(row.waiting),
    underWay: Number(row.under_way),
    done: Number(row.done),
    failed: Number(row.failed),
  },
})

type Decision = z.infer<typeof campaignDecideRequest>['decision']

/** From which states a decision leads where. */
const moves: Readonly<Record<Decision, { from: readonly View['state'][]; to: View['state'] }>> = {
  approve: { from: ['proposed'], to: 'running' },
  reject: { from: ['proposed'], to: 'rejected' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['proposed', 'running', 'paused'], to: 'cancelled' },
}

/** One version for many cards, brought to each at its next contact; nothing starts on one person's word. */
export function createCampaigns(needs: {
  readonly db: Db
  readonly clock: Clock
  readonly packages: Packages
}): Campaigns {
  const { db, clock, packages } = needs
  const view = async (tx: Queryable, campaignId: string): Promise<View> =>
    viewOf(await tx.one<Row>(sql`${select} where c.campaign_id = ${campaignId}`))
  return {
    propose: (request) =>
      db.transaction(async (tx) => {
        // Released by two people, and not withdrawn since.
        const file = await packages.active(tx, request.packageAid)
        if (file?.version !== request.packageVersion) throw new TsmRefusal('no-package', request.packageAid)
        const campaignId = uuidv7(clock.nowMs())
        await tx.execute(sql`
          insert into campaign (campaign_id, name, package_aid, package_version, state, requester, created_at_ms)
          values (${campaignId}, ${request.name}, ${file.aid}, ${file.version}, 'proposed', ${request.requester}, ${clock.nowMs()})`)
        await tx.execute(sql`
          insert into campaign_card (campaign_id, card_id, state)
          select ${campaignId}::uuid, card_id, 'waiting' from card
          where state <> 'deleted' and package_aid = ${file.aid} and package_version < ${file.version}
            and (${request.cards === null} or card_id = any(${request.cards ?? []}::text[]))`)
        return view(tx, campaignId)
      }),
    decide: (request) =>
      db.transaction(async (tx) => {
        await decide(tx, request)
        return view(tx, request.campaignId)
      }),
    retry: (request) =>
      db.transaction(async (tx) => {
        await retry(tx, request)
        return view(tx, request.campaignId)
      }),
    async list({ cursor, limit }) {
      const rows = await db.query<Row>(sql`
        ${select} where (${cursor}::uuid is null or c.campaign_id < ${cursor}::uuid)
        order by c.campaign_id desc limit ${limit}`)
      const last = rows.at(-1)?.campaign_id ?? null
      return { campaigns: rows.map(viewOf), nextCursor: rows.length === limit ? last : null }
    },
    async packageFor(tx, cardId) {
      const row = await tx.maybe<{ package_aid: string; package_version: number }>(sql`
        select package_aid, package_version from campaign_open where card_id = ${cardId}
        order by campaign_id desc limit 1`)
      return row === undefined ? undefined : packages.find(tx, row.package_aid, row.package_version)
    },
  }
}

async function decide(
  tx: Queryable,
  { campaignId, decision, actor }: z.infer<typeof campaignDecideRequest>,
): Promise<void> {
  const row = await tx.maybe<Pick<Row, 'state' | 'requester' | 'paused_by'>>(
    sql`select state, requester, paused_by from campaign where campaign_id = ${campaignId} for update`,
  )
  if (row === undefined) throw new TsmRefusal('not-found', `no campaign ${campaignId}`)
  const { from, to } = moves[decision]
  if (!from.includes(row.state)) throw new TsmRefusal('not-now', `${decision} of a ${row.state} campaign`)
  // Stopping takes one person; starting always takes another one than who asked, or who stopped it.
  const first = {
    approve: row.requester,
    reject: row.requester,
    resume: row.paused_by,
    pause: null,
    cancel: null,
  }
  if (first[decision] === actor) throw new TsmRefusal('second-person', `${decision} by the same person`)
  await tx.execute(sql`
    update campaign set state = ${to},
      approver = case when ${decision} in ('approve', 'reject') then ${actor} else approver end,
      paused_by = case when ${decision} = 'pause' then ${actor} else paused_by end
    where campaign_id = ${campaignId}`)
}

/** The version was approved for these cards by two people; one who asks to try it again changes nothing of that. */
async function retry(
  tx: Queryable,
  { campaignId, cards }: z.infer<typeof campaignRetryRequest>,
): Promise<void> {
  const row = await tx.maybe<Pick<Row, 'state'>>(
    sql`select state from campaign where campaign_id = ${campaignId} for update`,
  )
  if (row === undefined) throw new TsmRefusal('not-found', `no campaign ${campaignId}`)
  if (row.state !== 'running' && row.state !== 'paused' && row.state !== 'finished')
    throw new TsmRefusal('not-now', `retry of a ${row.state} campaign`)
  const again = await tx.execute(sql`
    update campaign_card set state = 'waiting', reason = null
    where campaign_id = ${campaignId} and state = 'failed'
      and (${cards === null} or card_id = any(${cards ?? []}::text[]))`)
  if (again === 0) throw new TsmRefusal('not-now', 'no such card has failed')
  await tx.execute(
    sql`update campaign set state = 'running' where campaign_id = ${campaignId} and state = 'finished'`,
  )
}
