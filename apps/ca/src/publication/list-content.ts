import { hexToBytes } from '@anqu/encoding'
import { CrlEntries, type RevocationReason } from '@anqu/pki'
import { sql, type Queryable } from '@anqu/platform'

type Row = { serial: string; at_ms: bigint; crl_reason: RevocationReason }

const page = 20_000

const add = (entries: CrlEntries, { serial, at_ms, crl_reason }: Row): unknown =>
  entries.add({ serial: hexToBytes(serial), revokedAtMs: Number(at_ms), reason: crl_reason })

/**
 * Everything of a shard that is not good, in ascending order, a page at a time. What expired stays until it has stood on a
 * list made after its end (RFC 5280 section 3.3); `expiredBeforeMs` is when the last list was made.
 */
export async function allOnShard(db: Queryable, shard: string, expiredBeforeMs: number): Promise<CrlEntries> {
  const entries = new CrlEntries()
  let after = ''
  let rows: Row[]
  do {
    rows = await db.query<Row>(sql`
      select serial, revoked_at_ms as at_ms, crl_reason from certificate
      where shard = ${shard} and state <> 'good' and serial > ${after} and not_after_ms >= ${expiredBeforeMs}
      order by serial limit ${page}`)
    for (const row of rows) add(entries, row)
    after = rows.at(-1)?.serial ?? after
  } while (rows.length === page)
  return entries
}

/**
 * What changed on a shard after a position of the event chain. A certificate that is good again is told to be taken off,
 * also when it was held only after the complete list was made (RFC 5280 section 5.2.4).
 */
export async function changedOnShard(
  db: Queryable,
  shard: string,
  afterPosition: bigint,
): Promise<CrlEntries> {
  const rows = await db.query<Row>(sql`
    select c.serial, coalesce(c.revoked_at_ms, e.at_ms) as at_ms, coalesce(c.crl_reason, 'removeFromCRL') as crl_reason
    from (
      select serial, max(at_ms) as at_ms from ca_event
      where event in ('revoked', 'suspended', 'resumed') and position > ${afterPosition} group by serial) as e
    join certificate as c on c.serial = e.serial
    where c.shard = ${shard} order by c.serial`)
  const entries = new CrlEntries()
  for (const row of rows) add(entries, row)
  return entries
}
