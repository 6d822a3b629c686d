import { sql, uuidv7, type Clock, type Queryable } from '@anqu/platform'

/** One line of the event log; it is chained a moment later (`event-chain.ts`). */
export type CaEvent = {
  readonly event: string
  readonly caller: string
  readonly serial?: string
  readonly outcome: string
  readonly actor?: string
  readonly detail?: string
  readonly correlationId: string
}

export async function recordEvent(db: Queryable, clock: Clock, event: CaEvent): Promise<void> {
  const nowMs = clock.nowMs()
  const { serial = null, actor = null, detail = null } = event
  await db.execute(sql`
    insert into ca_event (event_id, at_ms, event, caller, serial, outcome, actor, detail, correlation_id)
    values (${uuidv7(nowMs)}, ${nowMs}, ${event.event}, ${event.caller}, ${serial}, ${event.outcome}, ${actor}, ${detail},
      ${event.correlationId})`)
}
