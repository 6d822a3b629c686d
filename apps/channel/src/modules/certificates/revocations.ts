import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { AuditLog } from '../../needs/audit.ts'
import type { RevocationCause, RevocationOrder } from '../../needs/revocation.ts'
import {
  AuthorityRefused,
  AuthorityUnavailable,
  type CertificationAuthority,
  type RevocationRequest,
} from './authority.ts'

type Needs = {
  db: Db
  clock: Clock
  audit: AuditLog
  authority: Pick<CertificationAuthority, 'revoke'>
}
type Row = {
  serial: string
  reason: string
  crl_reason: RevocationRequest['crlReason']
  requested_by: RevocationRequest['by']
  correlation_id: string
}
type Outcome = { state: 'sent' } | { state: 'refused'; refusal: string } | { state: 'queued'; error: unknown }

const batch = 20
/** So many unanswered calls in a row, and the CA is taken to be away until the next run. */
const patience = 3

/** What the CA is told for each cause, and who asked for it in truth. */
const told: Readonly<Record<RevocationCause, Pick<RevocationRequest, 'reason' | 'crlReason' | 'by'>>> = {
  released: { reason: 'released by the holder', crlReason: 'cessationOfOperation', by: 'customer' },
  replaced: { reason: 'the holder uses another device', crlReason: 'superseded', by: 'customer' },
  lost: { reason: 'reported lost by the holder', crlReason: 'keyCompromise', by: 'customer' },
  exposed: { reason: 'the holder fears misuse of the key', crlReason: 'keyCompromise', by: 'customer' },
  superseded: { reason: 'a newer binding took its place', crlReason: 'superseded', by: 'channel' },
}

/** Queues the order with the caller's transaction: this system knows at once, the other one is told until it answers. */
export async function queueRevocation(
  tx: Transaction,
  clock: Clock,
  { serial, cause, correlationId }: RevocationOrder,
): Promise<void> {
  const { reason, crlReason, by } = told[cause]
  await tx.execute(sql`
    insert into certificate_revocation (serial, reason, crl_reason, requested_by, correlation_id, state, created_at_ms)
    values (${serial}, ${reason}, ${crlReason}, ${by}, ${correlationId}, 'queued', ${clock.nowMs()})
    on conflict (serial) do nothing`)
  await tx.execute(sql`update certificate set state = 'revoked' where serial = ${serial}`)
}

/** Sends what is queued; one that fails holds up no other. Throws at the end what went wrong, so that the job says so. */
export async function sendQueued(needs: Needs): Promise<void> {
  const { db, clock } = needs
  const queued = await db.query<Row>(sql`
    select serial, reason, crl_reason, requested_by, correlation_id from certificate_revocation where state = 'queued'
    order by tried_at_ms, created_at_ms limit ${batch}`)
  const errors: unknown[] = []
  let unanswered = 0
  for (const row of queued) {
    await db.execute(
      sql`update certificate_revocation set tried_at_ms = ${clock.nowMs()} where serial = ${row.serial}`,
    )
    const outcome = await send(needs, row)
    if (outcome.state !== 'queued') {
      unanswered = 0
      await settle(needs, row, outcome)
      continue
    }
    errors.push(outcome.error)
    unanswered = outcome.error instanceof AuthorityUnavailable ? unanswered + 1 : 0
    if (unanswered === patience) break
  }
  if (errors.length > 0) throw errors[0]
}

/** Refusals that no repetition changes. Anything else, a wrong clock for one, is tried again. */
const final: ReadonlySet<string> = new Set(['not-found', 'not-allowed'])

async function send({ authority }: Needs, row: Row): Promise<Outcome> {
  try {
    const status = await authority.revoke({
      serial: row.serial,
      reason: row.reason,
      crlReason: row.crl_reason,
      by: row.requested_by,
      correlationId: row.correlation_id,
    })
    return status === 'revoked' ? { state: 'sent' } : { state: 'refused', refusal: status }
  } catch (error) {
    return error instanceof AuthorityRefused && final.has(error.code)
      ? { state: 'refused', refusal: error.code }
      : { state: 'queued', error }
  }
}

async function settle(
  { db, clock, audit }: Needs,
  row: Row,
  outcome: Exclude<Outcome, { state: 'queued' }>,
): Promise<void> {
  const refusal = outcome.state === 'refused' ? outcome.refusal : null
  await db.transaction(async (tx) => {
    const settled = await tx.execute(sql`
      update certificate_revocation set state = ${outcome.state}, refusal = ${refusal}, settled_at_ms = ${clock.nowMs()}
      where serial = ${row.serial} and state = 'queued'`)
    if (settled === 0) return
    await audit.recordIn(tx, {
      event: refusal === null ? 'certificate.revocation-sent' : 'certificate.revocation-refused',
      eventClass: 'certificate',
      outcome: refusal === null ? 'success' : 'failure',
      subject: 'channel',
      description:
        refusal === null
          ? 'The CA took the revocation'
          : 'The CA refused the revocation for good; this system refuses the certificate all the same',
      origin: 'channel',
      resource: `certificate:${row.serial}`,
      correlationId: row.correlation_id,
      fields: {
        reason: row.reason,
        crlReason: row.crl_reason,
        by: row.requested_by,
        ...(refusal === null ? {} : { refusal }),
      },
    })
  })
}

type State = 'queued' | 'sent' | 'refused'
const refusedShown = 50

/** What became of telling the CA about one revocation; null when the channel ordered none. */
export async function revocationOf(
  db: Db,
  serial: string,
): Promise<{ state: State; refusal: string | null } | null> {
  const row = await db.maybe<{ state: State; refusal: string | null }>(
    sql`select state, refusal from certificate_revocation where serial = ${serial}`,
  )
  return row ?? null
}

/** What the CA has not taken yet, and what it refused for good. */
export async function revocationFigures(db: Db) {
  const { count } = await db.one<{ count: bigint }>(
    sql`select count(*) as count from certificate_revocation where state = 'queued'`,
  )
  const rows = await db.query<{
    serial: string
    reason: string
    refusal: string
    settled_at_ms: bigint | null
  }>(sql`
    select serial, reason, refusal, settled_at_ms from certificate_revocation where state = 'refused'
    order by settled_at_ms desc limit ${refusedShown}`)
  return {
    queued: Number(count),
    refused: rows.map((row) => ({
      serial: row.serial,
      reason: row.reason,
      refusal: row.refusal,
      atMs: row.settled_at_ms === null ? null : Number(row.settled_at_ms),
    })),
  }
}
