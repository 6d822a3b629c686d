import { buildCrl, privateKeySigner, type CrlScope } from '@anqu/pki'
import { sql, type Clock, type Db, type Queryable } from '@anqu/platform'
import { policy } from '@anqu/policy'
import type { AuthorityKey } from '../keys/authority-keys.ts'
import { allOnShard, changedOnShard } from './list-content.ts'

/** A list as it is handed out. */
export type PublishedList = {
  readonly url: string
  readonly der: Buffer
  readonly number: bigint
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  readonly entries: number
}
export type ShardLists = { readonly full: PublishedList; readonly delta: PublishedList }

export type RevocationLists = {
  /** Makes the lists that are due: complete ones by the clock, delta lists as soon as something changed. */
  publish(): Promise<void>
  find(shard: string): ShardLists | undefined
  all(): ReadonlyMap<string, ShardLists>
}

type Needs = { readonly db: Db; readonly clock: Clock; readonly issuing: AuthorityKey }
type Kind = 'full' | 'delta'
type Due = { readonly shard: string; readonly kind: Kind }

const { fullListEveryMs, fullListValidMs, deltaListEveryMs, deltaListValidMs } = policy.certificate
/** A delta list longer than this costs its readers more than a complete list once. */
const longestDelta = 10_000

/** Complete and delta lists of every shard, kept in the database and, as bytes to hand out, in memory. */
export async function openRevocationLists(needs: Needs): Promise<RevocationLists> {
  const { db, clock } = needs
  const lists = await readLists(db)
  let checkedPosition: bigint | undefined
  const publish = async (): Promise<void> => {
    const head = (await db.one<{ position: bigint }>(sql`select position from ca_event_head`)).position
    const changed = await changedShards(db, checkedPosition)
    for (const due of await dueLists(db, clock.nowMs(), changed)) {
      const made = await db.transaction((tx) => makeList({ ...needs, db: tx }, due, head))
      lists.set(due.shard, made)
    }
    checkedPosition = head
  }
  return { publish, find: (shard) => lists.get(shard), all: () => lists }
}

/** Shards with a change that their last list does not hold. */
async function changedShards(db: Db, checked: bigint | undefined): Promise<Set<string>> {
  const rows = await db.query<{ shard: string }>(sql`
    select distinct c.shard from ca_event as e
    join certificate as c on c.serial = e.serial
    join crl_shard as s on s.shard = c.shard
    where e.event in ('revoked', 'suspended', 'resumed') and e.position > s.delta_position
      and e.position > ${checked ?? 0n}`)
  return new Set(rows.map(({ shard }) => shard))
}

type State = {
  shard: string
  full_this_ms: bigint | null
  delta_this_ms: bigint | null
  delta_entries: number | null
}

async function dueLists(db: Db, nowMs: number, changed: ReadonlySet<string>): Promise<Due[]> {
  const states = await db.query<State>(
    sql`select shard, full_this_ms, delta_this_ms, delta_entries from crl_shard order by shard`,
  )
  return states.flatMap(({ shard, full_this_ms, delta_this_ms, delta_entries }): Due[] => {
    const old = (thisMs: bigint | null, everyMs: number) => nowMs - Number(thisMs ?? 0n) >= everyMs
    if (full_this_ms === null || old(full_this_ms, fullListEveryMs) || (delta_entries ?? 0) > longestDelta)
      return [{ shard, kind: 'full' }]
    return changed.has(shard) || old(delta_this_ms, deltaListEveryMs) ? [{ shard, kind: 'delta' }] : []
  })
}

type Row = {
  full_url: string
  delta_url: string
  number: bigint
  full_number: bigint | null
  full_position: bigint | null
  full_this_ms: bigint | null
}
type Base = { readonly number: bigint; readonly position: bigint }
type Making = {
  readonly db: Queryable
  readonly issuing: AuthorityKey
  readonly shard: string
  readonly row: Row
  readonly thisUpdateMs: number
  /** How far the event chain went when the making began. */
  readonly head: bigint
}

/**
 * The row is held while the list is made, so that a number is used once, and nothing is handed out that is not stored. A
 * complete list brings an empty delta list, so that the place certificates name for it always answers.
 */
async function makeList(
  { db, clock, issuing }: { db: Queryable; clock: Clock; issuing: AuthorityKey },
  { shard, kind }: Due,
  head: bigint,
): Promise<ShardLists> {
  const row = await db.one<Row>(sql`
    select full_url, delta_url, number, full_number, full_position, full_this_ms
    from crl_shard where shard = ${shard} for update`)
  const making = { db, issuing, shard, row, thisUpdateMs: clock.nowMs(), head }
  const { full_number: number, full_position: position } = row
  const base =
    kind === 'full' || number === null || position === null ? await makeFull(making) : { number, position }
  await makeDelta(making, base)
  const made = (await readLists(db, shard)).get(shard)
  if (made === undefined) throw new Error(`shard ${shard} has no lists`)
  return made
}

async function makeFull({ db, issuing, shard, row, thisUpdateMs, head }: Making): Promise<Base> {
  const revoked = await allOnShard(db, shard, Number(row.full_this_ms ?? 0n))
  const number = row.number + 1n
  const nextUpdateMs = thisUpdateMs + fullListValidMs
  const der = await buildCrl({
    ...signedBy(issuing),
    thisUpdateMs,
    nextUpdateMs,
    number,
    revoked,
    scope: scopeOf(row),
    deltaUrls: [row.delta_url],
  })
  await db.execute(sql`
    update crl_shard set number = ${number}, full_number = ${number}, full_position = ${head},
      full_this_ms = ${thisUpdateMs}, full_next_ms = ${nextUpdateMs}, full_entries = ${revoked.size}, full_der = ${der}
    where shard = ${shard}`)
  return { number, position: head }
}

async function makeDelta({ db, issuing, shard, row, thisUpdateMs, head }: Making, base: Base): Promise<void> {
  const revoked = await changedOnShard(db, shard, base.position)
  const number = (base.number > row.number ? base.number : row.number) + 1n
  const nextUpdateMs = thisUpdateMs + deltaListValidMs
  const der = await buildCrl({
    ...signedBy(issuing),
    thisUpdateMs,
    nextUpdateMs,
    number,
    revoked,
    scope: scopeOf(row),
    deltaBase: base.number,
  })
  await db.execute(sql`
    update crl_shard set number = ${number}, delta_number = ${number}, delta_position = ${head},
      delta_this_ms = ${thisUpdateMs}, delta_next_ms = ${nextUpdateMs}, delta_entries = ${revoked.size}, delta_der = ${der}
    where shard = ${shard}`)
}

const scopeOf = ({ full_url }: Row): CrlScope => ({ urls: [full_url], only: 'end-entities' })

const signedBy = ({ key, certificate }: AuthorityKey) => ({
  issuer: certificate,
  signer: privateKeySigner(key),
})

type Stored = Record<`${Kind}_url`, string> &
  Record<`${Kind}_number` | `${Kind}_this_ms` | `${Kind}_next_ms`, bigint> &
  Record<`${Kind}_entries`, number> &
  Record<`${Kind}_der`, Uint8Array> & { shard: string }

async function readLists(db: Queryable, shard: string | null = null): Promise<Map<string, ShardLists>> {
  const rows = await db.query<Stored>(sql`
    select shard, full_url, delta_url, full_number, full_this_ms, full_next_ms, full_entries, full_der,
      delta_number, delta_this_ms, delta_next_ms, delta_entries, delta_der
    from crl_shard where full_der is not null and delta_der is not null and (${shard}::text is null or shard = ${shard})`)
  return new Map(rows.map((row) => [row.shard, { full: listOf(row, 'full'), delta: listOf(row, 'delta') }]))
}

const listOf = (row: Stored, kind: Kind): PublishedList => ({
  url: row[`${kind}_url`],
  der: Buffer.from(row[`${kind}_der`]),
  number: row[`${kind}_number`],
  thisUpdateMs: Number(row[`${kind}_this_ms`]),
  nextUpdateMs: Number(row[`${kind}_next_ms`]),
  entries: row[`${kind}_entries`],
})
