import { sql, type Db, type Transaction } from '@anqu/platform'
import { chainHash, genesisHash, type ChainLink } from '../domain/chain.ts'

export type StoredRecord = {
  recordId: string
  atMs: number
  subject: string
  event: string
  outcome: string
  correlationId: string
  body: string
}

export async function insertPending(tx: Transaction, recordId: string, body: string): Promise<void> {
  await tx.execute(sql`insert into audit_pending (record_id, body) values (${recordId}, ${body})`)
}

/** Moves up to `most` pending records into the chain; returns how many. The head row's lock keeps sealers in line. */
export async function sealPending(db: Db, chain: string, most: number): Promise<number> {
  return db.transaction(async (tx) => {
    const head = await lockHead(tx, chain)
    const pending = await tx.query<{ record_id: string; body: string }>(
      sql`delete from audit_pending where record_id in (select record_id from audit_pending order by record_id limit ${most}) returning record_id, body`,
    )
    if (pending.length === 0) return 0
    let { sequence, hash } = head
    const rows = pending
      .toSorted((a, b) => (a.record_id < b.record_id ? -1 : 1))
      .map(({ body }) => {
        const previousHash = hash
        sequence += 1n
        hash = chainHash(previousHash, sequence, body)
        return { ...columnsOf(body), sequence, previousHash, hash }
      })
    await insertRecords(tx, chain, rows)
    await tx.execute(sql`update audit_head set sequence = ${sequence}, hash = ${hash} where chain = ${chain}`)
    return rows.length
  })
}

async function lockHead(tx: Transaction, chain: string): Promise<{ sequence: bigint; hash: Uint8Array }> {
  const select = sql`select sequence, hash from audit_head where chain = ${chain} for update`
  const found = await tx.maybe<{ sequence: bigint; hash: Uint8Array }>(select)
  if (found !== undefined) return found
  await tx.execute(
    sql`insert into audit_head (chain, sequence, hash) values (${chain}, 0, ${genesisHash}) on conflict do nothing`,
  )
  return tx.one<{ sequence: bigint; hash: Uint8Array }>(select)
}

export const columnsOf = (body: string): StoredRecord => {
  // The body was written by this module as canonical JSON of a record with these fields.
  const record = JSON.parse(body) as Omit<StoredRecord, 'body'>
  const { recordId, atMs, subject, event, outcome, correlationId } = record
  return { recordId, atMs, subject, event, outcome, correlationId, body }
}

type SealedRow = StoredRecord & ChainLink

async function insertRecords(tx: Transaction, chain: string, rows: readonly SealedRow[]): Promise<void> {
  const column = <K extends keyof SealedRow>(key: K): SealedRow[K][] => rows.map((row) => row[key])
  await tx.execute(sql`
    insert into audit_record (chain, sequence, record_id, at_ms, subject, event, outcome, correlation_id, body, previous_hash, hash)
    select ${chain}, * from unnest(
      ${column('sequence')}::bigint[], ${column('recordId')}::uuid[], ${column('atMs')}::bigint[], ${column('subject')}::text[],
      ${column('event')}::text[], ${column('outcome')}::text[], ${column('correlationId')}::text[], ${column('body')}::text[],
      ${column('previousHash')}::bytea[], ${column('hash')}::bytea[])`)
}

export type RecordFilter = {
  readonly text?: string | undefined
  readonly subject?: string | undefined
  readonly event?: string | undefined
  readonly correlationId?: string | undefined
  readonly outcome?: 'success' | 'failure' | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly before?: { atMs: number; recordId: string } | undefined
  readonly limit: number
}

export type ChainRow = {
  chain: string
  sequence: bigint
  body: string
  previous_hash: Uint8Array
  hash: Uint8Array
}

/** Newest first. Every filter is a parameter; one that is absent is null and matches everything. */
export async function findRecords(db: Db, filter: RecordFilter): Promise<ChainRow[]> {
  const { text = null, subject = null, event = null, correlationId = null, outcome = null } = filter
  const like = text === null ? null : `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const beforeMs = filter.before?.atMs ?? null
  const beforeId = filter.before?.recordId ?? null
  return db.query<ChainRow>(sql`
    select chain, sequence, body, previous_hash, hash from audit_record
    where (${subject}::text is null or subject = ${subject}::text)
      and (${event}::text is null or event = ${event}::text)
      and (${correlationId}::text is null or correlation_id = ${correlationId}::text)
      and (${outcome}::text is null or outcome = ${outcome}::text)
      and (${like}::text is null or body like ${like}::text)
      and (${filter.fromMs ?? null}::bigint is null or at_ms >= ${filter.fromMs ?? null}::bigint)
      and (${filter.toMs ?? null}::bigint is null or at_ms <= ${filter.toMs ?? null}::bigint)
      and (${beforeMs}::bigint is null or (at_ms, record_id) < (${beforeMs}::bigint, ${beforeId}::uuid))
    order by at_ms desc, record_id desc
    limit ${filter.limit}`)
}
