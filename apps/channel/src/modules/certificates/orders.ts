import { sql, uuidv7, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { AuditLog } from '../../needs/audit.ts'
import { AuthorityRefused, AuthorityUnavailable, type CertificationAuthority } from './authority.ts'

/** What the CA is told beside revocations, in the order it happened. */
export type OrderKind = 'installed' | 'suspend'

type Needs = {
  db: Db
  clock: Clock
  audit: AuditLog
  authority: Pick<CertificationAuthority, OrderKind>
}
type Row = { order_id: string; serial: string; kind: OrderKind; correlation_id: string }

const batch = 20

/** Queues the order with the caller's transaction; it is sent until the CA has taken it. */
export async function queueOrder(
  tx: Transaction,
  clock: Clock,
  order: { serial: string; kind: OrderKind; correlationId: string },
): Promise<void> {
  const nowMs = clock.nowMs()
  await tx.execute(sql`
    insert into certificate_order (order_id, serial, kind, correlation_id, state, created_at_ms)
    values (${uuidv7(nowMs)}, ${order.serial}, ${order.kind}, ${order.correlationId}, 'queued', ${nowMs})`)
}

/** Takes a hold back that the CA was not told of yet. */
export async function dropHolds(tx: Transaction, serial: string): Promise<void> {
  // A hold that is being sent is locked: this waits for the outcome, and what follows comes after it.
  await tx.execute(sql`
    update certificate_order set state = 'dropped' where serial = ${serial} and kind = 'suspend' and state = 'queued'`)
}

/** Sends what is queued. A CA that is away ends the run; one order that it refuses holds up no other. */
export async function sendOrders(needs: Needs): Promise<void> {
  const { db, clock } = needs
  const queued = await db.query<Row>(sql`
    select order_id, serial, kind, correlation_id from certificate_order where state = 'queued'
    order by tried_at_ms, created_at_ms limit ${batch}`)
  for (const row of queued) {
    await db.execute(
      sql`update certificate_order set tried_at_ms = ${clock.nowMs()} where order_id = ${row.order_id}`,
    )
    await db.transaction(async (tx) => {
      const still = await tx.maybe(sql`
        select 1 from certificate_order where order_id = ${row.order_id} and state = 'queued' for update skip locked`)
      if (still !== undefined) await send(needs, tx, row)
    })
  }
}

async function send({ authority, audit }: Needs, tx: Transaction, row: Row): Promise<void> {
  const { serial, correlation_id: correlationId } = row
  const refusal = await refusalOf(() => authority[row.kind]({ serial, correlationId }))
  const state = refusal === null ? 'sent' : 'refused'
  await tx.execute(sql`
    update certificate_order set state = ${state}, refusal = ${refusal} where order_id = ${row.order_id}`)
  if (refusal === null) return
  await audit.recordIn(tx, {
    event: `certificate.${row.kind}-refused`,
    eventClass: 'certificate',
    outcome: 'failure',
    subject: 'channel',
    description: `The CA did not take it: ${refusal}`,
    origin: 'channel',
    resource: `certificate:${serial}`,
    correlationId,
  })
}

/** What no repetition changes; anything else is thrown and tried again. */
const final: ReadonlySet<string> = new Set(['not-found', 'not-allowed'])

async function refusalOf(ask: () => Promise<void>): Promise<string | null> {
  try {
    await ask()
    return null
  } catch (error) {
    if (error instanceof AuthorityRefused && final.has(error.code)) return error.code
    if (error instanceof AuthorityRefused) throw new AuthorityUnavailable(error.message)
    throw error
  }
}
