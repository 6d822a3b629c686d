import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { AuditEvent, AuditLog } from '../../needs/audit.ts'
import type { AuthorityOverview, ChainedEvent } from './authority-overview.ts'
import { takeOverState, type CertificateState, type NotifyIn } from './certificate-state.ts'

type Needs = {
  db: Db
  clock: Clock
  audit: AuditLog
  overview: Pick<AuthorityOverview, 'events'>
  notifyIn: NotifyIn
}
type Cursor = { readonly position: number; readonly digest: string }

const pageLength = 200
const stateAfter: Readonly<Record<string, CertificateState>> = {
  revoked: 'revoked',
  suspended: 'suspended',
  resumed: 'active',
}
/** Told with every payment, and kept by the CA. */
const notKept: ReadonlySet<string> = new Set(['verified', 'certificate-verified'])

/** The CA's history is not the one that was read before. */
export class FeedBroken extends Error {
  constructor(why: string) {
    super(`the CA's events do not continue what was read: ${why}`)
    this.name = 'FeedBroken'
  }
}

/**
 * Reads the CA's events from where it stopped and takes over the states they tell of: operators revoke at the CA, and the
 * app and the console must know. A page and the new place are one transaction, so a cut repeats a page or none of it.
 */
export async function followEvents(needs: Needs): Promise<void> {
  try {
    while (await readPage(needs));
  } catch (error) {
    if (error instanceof FeedBroken) await recordBreak(needs, error.message)
    throw error
  }
}

/** False once there was nothing more to read. */
async function readPage({ db, clock, audit, overview, notifyIn }: Needs): Promise<boolean> {
  const row = await db.one<{ position: bigint; digest: string }>(
    sql`select position, digest from certificate_feed`,
  )
  const cursor = { position: Number(row.position), digest: row.digest }
  // The last event read is read again: a history that was cut off or rewritten no longer ends in its digest.
  const afterPosition = Math.max(0, cursor.position - 1)
  const events = await overview.events({ afterPosition, limit: pageLength })
  const fresh = continuing(cursor, events)
  const last = fresh.at(-1) ?? cursor
  await db.transaction(async (tx) => {
    const moved = await tx.execute(sql`
      update certificate_feed set position = ${last.position}, digest = ${last.digest}, read_at_ms = ${clock.nowMs()},
        broken_at_ms = null, broken = null
      where position = ${cursor.position}`)
    if (moved === 0) throw new Error('the events were read by somebody else at the same time')
    await keepEvents(tx, fresh)
    for (const event of decisive(fresh)) {
      const state = stateAfter[event.event]
      if (state === undefined || event.serial === null) continue
      const taken = await takeOverState(tx, {
        serial: event.serial,
        state,
        notifyIn: event.byOperator ? notifyIn : undefined,
      })
      if (taken) await audit.recordIn(tx, changedAtAuthority(event, state))
    }
  })
  return events.length === pageLength
}

/** The events after the cursor, when they continue it. Gaps between positions are events of other callers of the CA. */
function continuing(cursor: Cursor, events: readonly ChainedEvent[]): ChainedEvent[] {
  const [first] = events
  if (cursor.position > 0 && (first?.position !== cursor.position || first.digest !== cursor.digest))
    throw new FeedBroken(`event ${cursor.position} is gone or another one`)
  const fresh = events.filter(({ position }) => position > cursor.position)
  let before = cursor
  for (const event of fresh) {
    if (event.computedDigest !== event.digest) throw new FeedBroken(`event ${event.position} was changed`)
    const next = event.position === before.position + 1
    if (
      event.position <= before.position ||
      (next && before.digest !== '' && event.previousDigest !== before.digest)
    )
      throw new FeedBroken(`event ${event.position} does not follow ${before.position}`)
    before = event
  }
  return fresh
}

/** The last event of each certificate that says what state it has now, in order. */
function decisive(events: readonly ChainedEvent[]): ChainedEvent[] {
  const last = new Map<string, ChainedEvent>()
  for (const event of events)
    if (event.serial !== null && event.event in stateAfter && event.outcome === 'success')
      last.set(event.serial, event)
  return [...last.values()]
}

async function keepEvents(tx: Transaction, events: readonly ChainedEvent[]): Promise<void> {
  for (const event of events) {
    if (event.serial === null || notKept.has(event.event)) continue
    await tx.execute(sql`
      insert into certificate_event (position, serial, at_ms, event, outcome, actor, detail, correlation_id)
      values (${event.position}, ${event.serial}, ${event.atMs}, ${event.event}, ${event.outcome}, ${event.actor},
        ${event.detail}, ${event.correlationId})
      on conflict (position) do nothing`)
  }
}

const changedAtAuthority = (event: ChainedEvent, state: CertificateState): AuditEvent => ({
  event: 'certificate.changed-at-ca',
  eventClass: 'certificate',
  outcome: 'success',
  subject: event.actor ?? 'ca',
  description: `State taken over from the CA: ${state}`,
  origin: 'ca',
  resource: `certificate:${event.serial ?? ''}`,
  correlationId: event.correlationId,
  fields: { state, position: String(event.position), detail: event.detail ?? '' },
})

/** Once per break: it is looked at again at every run, and goes on when the CA shows the old history again. */
async function recordBreak({ db, clock, audit }: Needs, why: string): Promise<void> {
  await db.transaction(async (tx) => {
    const first = await tx.execute(sql`
      update certificate_feed set broken_at_ms = ${clock.nowMs()}, broken = ${why} where broken_at_ms is null`)
    if (first === 0) return
    await audit.recordIn(tx, {
      event: 'certificate.feed-broken',
      eventClass: 'certificate',
      outcome: 'failure',
      subject: 'ca',
      description: why,
      origin: 'ca',
      resource: 'certificate-feed',
      correlationId: 'certificate-feed',
    })
  })
}

type HistoryRow = {
  position: bigint
  at_ms: bigint
  event: string
  outcome: string
  actor: string | null
  detail: string | null
  correlation_id: string
}
const historyLength = 100

/** What the CA told about a certificate, oldest first. */
export async function historyOf(db: Db, serial: string) {
  const rows = await db.query<HistoryRow>(sql`
    select position, at_ms, event, outcome, actor, detail, correlation_id from certificate_event
    where serial = ${serial} order by position desc limit ${historyLength}`)
  return rows.toReversed().map((row) => ({
    position: Number(row.position),
    atMs: Number(row.at_ms),
    event: row.event,
    outcome: row.outcome,
    actor: row.actor,
    detail: row.detail,
    correlationId: row.correlation_id,
  }))
}

/** How far the events were read, and whether their chain holds. */
export async function feedState(db: Db) {
  const row = await db.one<{
    position: bigint
    read_at_ms: bigint | null
    broken_at_ms: bigint | null
    broken: string | null
  }>(sql`select position, read_at_ms, broken_at_ms, broken from certificate_feed`)
  return {
    position: Number(row.position),
    readAtMs: row.read_at_ms === null ? null : Number(row.read_at_ms),
    brokenSinceMs: row.broken_at_ms === null ? null : Number(row.broken_at_ms),
    broken: row.broken,
  }
}
