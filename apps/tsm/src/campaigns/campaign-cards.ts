import { sql, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import { cardFailure, type campaignFailuresAnswer, type campaignFailuresRequest } from '../api/schemas.ts'
import type { TsmRefusal } from '../refused.ts'

/** What becomes of each card of a campaign: waiting, under way, done, or failed for a reason. */
export type CampaignCards = {
  /** A script begins to bring this card its version. */
  begun(tx: Queryable, cardId: string): Promise<void>
  /** The card carries that package now. */
  carried(tx: Queryable, cardId: string, carried: { aid: string; version: number }): Promise<void>
  /** The script ended so. A card that was only cut off is under way still, and goes on at its next contact. */
  ended(tx: Queryable, cardId: string, refusal: TsmRefusal): Promise<void>
  failures(query: z.infer<typeof campaignFailuresRequest>): Promise<z.infer<typeof campaignFailuresAnswer>>
}

type Failure = { card_id: string; reason: string; attempts: number; last_attempt_at_ms: bigint }

export function createCampaignCards({
  db,
  clock,
}: {
  readonly db: Db
  readonly clock: Clock
}): CampaignCards {
  return {
    async begun(tx, cardId) {
      await tx.execute(sql`
        update campaign_card w set state = 'under-way', attempts = attempts + 1, last_attempt_at_ms = ${clock.nowMs()}
        from campaign c where c.campaign_id = w.campaign_id and w.card_id = ${cardId}
          and w.state in ('waiting', 'under-way') and c.state = 'running'`)
    },
    async carried(tx, cardId, { aid, version }) {
      const touched = await tx.query<{ campaign_id: string }>(sql`
        update campaign_card w set state = 'done' from campaign c
        where c.campaign_id = w.campaign_id and w.card_id = ${cardId} and w.state in ('waiting', 'under-way')
          and c.state in ('running', 'paused') and c.package_aid = ${aid} and c.package_version <= ${version}
        returning w.campaign_id`)
      await finishWhole(tx, touched)
    },
    async ended(tx, cardId, { code }) {
      const reason = cardFailure.safeParse(code)
      if (!reason.success) return
      const touched = await tx.query<{ campaign_id: string }>(sql`
        update campaign_card set state = 'failed', reason = ${reason.data}
        where card_id = ${cardId} and state = 'under-way' returning campaign_id`)
      await finishWhole(tx, touched)
    },
    async failures({ campaignId, cursor, limit }) {
      const rows = await db.query<Failure>(sql`
        select card_id, reason, attempts, last_attempt_at_ms from campaign_card
        where campaign_id = ${campaignId} and state = 'failed' and (${cursor}::text is null or card_id > ${cursor}::text)
        order by card_id limit ${limit}`)
      return {
        failures: rows.map((row) => ({
          cardId: row.card_id,
          reason: cardFailure.parse(row.reason),
          attempts: row.attempts,
          lastAttemptAtMs: Number(row.last_attempt_at_ms),
        })),
        nextCursor: rows.length === limit ? (rows.at(-1)?.card_id ?? null) : null,
      }
    },
  }
}

async function finishWhole(tx: Queryable, campaigns: readonly { campaign_id: string }[]): Promise<void> {
  for (const { campaign_id: campaignId } of campaigns)
    await tx.execute(sql`
      update campaign set state = 'finished' where campaign_id = ${campaignId} and state in ('running', 'paused')
        and not exists (select from campaign_card where campaign_id = ${campaignId} and state in ('waiting', 'under-way'))`)
}
