import { bytesToHex, concatBytes, equalBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { sql, type Db } from '@anqu/platform'
import type { z } from 'zod'
import { eventBytes, type eventsAnswer, type eventsRequest } from '../api/overview.ts'

type Row = {
  event_id: string
  at_ms: bigint
  event: string
  caller: string
  serial: string | null
  outcome: string
  actor: string | null
  detail: string | null
  correlation_id: string
}
type Linked = Row & { position: bigint; digest: Uint8Array }

const batch = 500
const beforeFirst = new Uint8Array(32)
const columns = sql`event_id, at_ms, event, caller, serial, outcome, actor, detail, correlation_id`

const fieldsOf = (row: Row) => ({
  eventId: row.event_id,
  atMs: Number(row.at_ms),
  event: row.event,
  serial: row.serial,
  outcome: row.outcome,
  actor: row.actor,
  detail: row.detail,
  correlationId: row.correlation_id,
})

const link = (before: Uint8Array, row: Row): Uint8Array =>
  sm3(concatBytes(before, eventBytes(row.caller, fieldsOf(row))))

/**
 * Chains events that are durable but have no place yet, so that no writer waits for the chain. A place once given is never
 * given again, and every event gets one: a reader that goes on from its last position misses nothing.
 */
export async function linkEvents(db: Db): Promise<void> {
  let linked: number
  do
    linked = await db.transaction(async (tx) => {
      const head = await tx.one<{ position: bigint; digest: Uint8Array }>(
        sql`select position, digest from ca_event_head for update`,
      )
      const rows = await tx.query<Row>(
        sql`select ${columns} from ca_event where position is null order by arrival limit ${batch}`,
      )
      if (rows.length === 0) return 0
      let digest = new Uint8Array(head.digest)
      const digests = rows.map((row) => (digest = new Uint8Array(link(digest, row))))
      const positions = rows.map((_row, index) => head.position + BigInt(index + 1))
      await tx.execute(sql`
        update ca_event as e set position = l.position, digest = l.digest
        from unnest(${rows.map(({ event_id }) => event_id)}::uuid[], ${positions}::int8[], ${digests}::bytea[])
          as l (event_id, position, digest)
        where e.event_id = l.event_id`)
      await tx.execute(
        sql`update ca_event_head set position = ${head.position + BigInt(rows.length)}, digest = ${digest}`,
      )
      return rows.length
    })
  while (linked === batch)
}

/** Events of a caller in the order of the chain. */
export async function readEvents(
  db: Db,
  { afterPosition, limit }: z.infer<typeof eventsRequest>,
  caller: string,
): Promise<z.infer<typeof eventsAnswer>> {
  await linkEvents(db)
  const rows = await db.query<Linked & { previous_digest: Uint8Array | null }>(sql`
    select ${columns}, position, digest,
      (select p.digest from ca_event p where p.position = e.position - 1) as previous_digest
    from ca_event e where caller = ${caller} and position > ${afterPosition} order by position limit ${limit}`)
  return {
    events: rows.map((row) => ({
      position: Number(row.position),
      ...fieldsOf(row),
      previousDigest: bytesToHex(row.previous_digest ?? beforeFirst),
      digest: bytesToHex(row.digest),
    })),
  }
}

/** The first position whose event is missing or was changed, undefined when the whole chain holds. */
export async function firstBrokenLink(db: Db): Promise<number | undefined> {
  let digest = beforeFirst
  let expected = 0n
  for (;;) {
    const rows = await db.query<Linked>(sql`
      select ${columns}, position, digest from ca_event where position > ${expected} order by position limit ${batch}`)
    for (const row of rows) {
      expected += 1n
      digest = new Uint8Array(link(digest, row))
      if (row.position !== expected || !equalBytes(digest, row.digest)) return Number(expected)
    }
    if (rows.length < batch) break
  }
  const head = await db.one<{ position: bigint; digest: Uint8Array }>(
    sql`select position, digest from ca_event_head`,
  )
  return head.position === expected && equalBytes(head.digest, digest) ? undefined : Number(expected) + 1
}
