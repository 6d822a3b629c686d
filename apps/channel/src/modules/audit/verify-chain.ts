import { constantTimeEqual, sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { sql, type Db } from '@anqu/platform'
import { continuesChain, genesisHash, headStatement } from './domain/chain.ts'
import { columnsOf, type StoredRecord } from './store/audit-store.ts'

export type ChainVerdict = {
  readonly chain: string
  readonly records: number
  readonly headHash: Uint8Array
  /** First sequence that does not fit, or null when the whole chain does. */
  readonly brokenAtSequence: number | null
  /** Last sequence under a valid signature of the server. */
  readonly signedUpTo: number
}

const pageSize = 1000

type Link = StoredRecordRow & { sequence: bigint; previous_hash: Uint8Array; hash: Uint8Array }
type StoredRecordRow = {
  record_id: string
  at_ms: bigint
  subject: string
  event: string
  outcome: string
  correlation_id: string
  body: string
}
type Signature = { sequence: bigint; hash: Uint8Array; signature: Uint8Array; certificate: Uint8Array }
type Head = { sequence: bigint; hash: Uint8Array }

/**
 * Recomputes one chain from its first record, page by page, and compares it with the head and with every signed head:
 * a changed, missing, inserted or cut-off record shows as the first sequence that does not fit. Head and signatures are
 * read first, so that records sealed meanwhile are no false alarm. `serverCertificate` is the one heads are signed under;
 * a signature under another is none, or whoever writes to the database could sign what he wrote.
 */
export async function verifyChain(
  db: Db,
  chain: string,
  serverCertificate: Uint8Array,
): Promise<ChainVerdict> {
  const signatures = await db.query<Signature>(
    sql`select sequence, hash, signature, certificate from audit_signature where chain = ${chain} order by sequence`,
  )
  const head = await db.maybe<Head>(sql`select sequence, hash from audit_head where chain = ${chain}`)
  const signedAt = new Map(signatures.map((entry) => [entry.sequence, entry]))
  const isSigned = (signed: Signature, hash: Uint8Array): boolean =>
    sameBytes(signed.certificate, serverCertificate) && isSignedHead(chain, signed, hash)
  let sequence = 0n
  let hash = genesisHash
  let signedUpTo = 0n
  const verdict = (brokenAt: bigint | null): ChainVerdict => ({
    chain,
    records: Number(sequence),
    headHash: hash,
    brokenAtSequence: brokenAt === null ? null : Number(brokenAt),
    signedUpTo: Number(signedUpTo),
  })
  for (;;) {
    const page = await readPage(db, chain, sequence)
    for (const row of page) {
      const link = { sequence: row.sequence, body: row.body, previousHash: row.previous_hash, hash: row.hash }
      if (!continuesChain(link, sequence, hash) || !columnsFit(row)) return verdict(sequence + 1n)
      sequence = link.sequence
      hash = link.hash
      if (head?.sequence === sequence && !sameBytes(head.hash, hash)) return verdict(sequence)
      const signed = signedAt.get(sequence)
      if (signed === undefined) continue
      if (!isSigned(signed, hash)) return verdict(sequence)
      signedUpTo = sequence
    }
    if (page.length < pageSize) break
  }
  const expected = [head?.sequence ?? 0n, signatures.at(-1)?.sequence ?? 0n]
  const cutOff = expected.some((reached) => reached > sequence)
  const headless = head === undefined && sequence > 0n
  return verdict(cutOff || headless ? sequence + 1n : null)
}

const readPage = (db: Db, chain: string, after: bigint): Promise<Link[]> =>
  db.query<Link>(sql`
    select sequence, record_id, at_ms, subject, event, outcome, correlation_id, body, previous_hash, hash
    from audit_record where chain = ${chain} and sequence > ${after} order by sequence limit ${pageSize}`)

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => constantTimeEqual(a, b)

/** The columns serve the search; one that differs from the hashed body would hide or move the record there. */
function columnsFit(row: StoredRecordRow): boolean {
  const expected: StoredRecord = columnsOf(row.body)
  return (
    row.record_id === expected.recordId &&
    Number(row.at_ms) === expected.atMs &&
    row.subject === expected.subject &&
    row.event === expected.event &&
    row.outcome === expected.outcome &&
    row.correlation_id === expected.correlationId
  )
}

function isSignedHead(chain: string, signed: Signature, hash: Uint8Array): boolean {
  if (!sameBytes(signed.hash, hash)) return false
  const { publicKey } = parseCertificate(signed.certificate)
  return sm2Verify(publicKey, headStatement(chain, signed.sequence, hash), signed.signature)
}

/** Every chain there is a trace of: a removed head does not hide its records. */
export async function chainNames(db: Db): Promise<string[]> {
  const rows = await db.query<{ chain: string }>(sql`
    select chain from audit_head union select chain from audit_record where sequence = 1
    union select chain from audit_signature order by chain`)
  return rows.map((row) => row.chain)
}
