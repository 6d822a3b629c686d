import { sql, uuidv7, type Clock, type Db, type Queryable, type Sql } from '@anqu/platform'
import type { z } from 'zod'
import type { crlReason } from '../api/schemas.ts'

export type StateNeeds = {
  readonly db: Db
  readonly clock: Clock
  /** Called once a change is durable, so that no answer from before is given again. */
  readonly stateChanged: (serial: string) => void
}

export type StateChange = {
  readonly serial: string
  readonly caller: string
  readonly by: 'customer' | 'channel' | 'operator'
  readonly reason: string
  readonly correlationId: string
  /** The officer, or the two of them. */
  readonly actor?: string | undefined
} & (
  | { readonly to: 'revoked'; readonly crlReason: z.infer<typeof crlReason> }
  | { readonly to: 'suspended' }
  | { readonly to: 'good' }
)

const events = { revoked: 'revoked', suspended: 'suspended', good: 'resumed' } as const

/**
 * Which states may become which: revoked is for good; a hold is lifted by who placed it, or by two operators; that of an
 * operator goes over any other.
 */
function allowed({ to, by }: StateChange): Sql {
  if (to === 'revoked') return sql`state <> 'revoked'`
  if (to === 'suspended')
    return by === 'operator'
      ? sql`(state = 'good' or state = 'suspended' and changed_by <> 'operator')`
      : sql`state = 'good'`
  return by === 'operator' ? sql`state = 'suspended'` : sql`state = 'suspended' and changed_by <> 'operator'`
}

/** State and event in one statement. `unchanged` when there was nothing to change. */
export async function changeState(
  db: Queryable,
  clock: Clock,
  change: StateChange,
): Promise<'changed' | 'unchanged'> {
  const nowMs = clock.nowMs()
  const crl =
    change.to === 'revoked' ? change.crlReason : change.to === 'suspended' ? 'certificateHold' : null
  const compromised = crl === 'keyCompromise'
  const at = change.to === 'good' ? null : nowMs
  const reason = change.to === 'good' ? null : change.reason
  const by = change.to === 'good' ? null : change.by
  const detail = `${change.by}: ${change.reason}`
  const rows = await db.query(sql`
    with changed as (
      update certificate set state = ${change.to}, reason = ${reason}, crl_reason = ${crl}, revoked_at_ms = ${at}::int8,
        changed_by = ${by}
      where serial = ${change.serial} and caller = ${change.caller} and ${allowed(change)}
      returning serial, public_key),
    blocked as (
      update subject_key set blocked = true where ${compromised} and public_key in (select public_key from changed)),
    event as (
      insert into ca_event (event_id, at_ms, event, caller, serial, outcome, actor, detail, correlation_id)
      select ${uuidv7(nowMs)}::uuid, ${nowMs}, ${events[change.to]}, ${change.caller}, serial, 'success',
        ${change.actor ?? null}, ${detail}, ${change.correlationId} from changed)
    select serial from changed`)
  return rows.length === 0 ? 'unchanged' : 'changed'
}
