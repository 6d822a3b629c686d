import { sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { sql, type Db } from '@anqu/platform'
import { continuesChain, genesisHash, headStatement } from './domain/chain.ts'

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

type Link = { sequence: bigint; body: string; previous_hash: Uint8Array; hash: Uint8Array }
type Signature = { sequence: bigint; hash: Uint8Array; signature: Uint8Array; certificate: Uint8Array }

/**
 * Recomputes one chain from its first record, page by page, and compares it with the head and with every signed head:
 * a changed, missing, inserted or cut-off record shows as the first sequence that does not fit.
 */
export async function verifyChain(db: Db, chain: string): Promise<ChainVerdict> {
  let sequence = 0n
  let hash = genesisHash
  const signatures = await db.query<Signature>(
    sql`select sequence, hash, signature, certificate from audit_signature where chain = ${chain} order by sequence`,
  )
  const verdict = (brokenAt: bigint | null, signedUpTo: bigint): ChainVerdict => ({
    chain,
    records: Number(sequence),
    headHash: hash,
    brokenAtSequence: brokenAt === null ? null : Number(brokenAt),
    signedUpTo: Number(signedUpTo),
  })
  const signedAt = new Map(signatures.map((entry) => [entry.sequence, entry]))
  let signedUpTo = 0n
  for (;;) {
    const page = await db.query<Link>(
      sql`select sequence, body, previous_hash, hash from audit_record where chain = ${chain} and sequence > ${sequence} order by sequence limit ${pageSize}`,
    )
    for (const row of page) {
      const link = { sequence: row.sequence, body: row.body, previousHash: row.previous_hash, hash: row.hash }
      if (!continuesChain(link, sequence, hash)) return verdict(sequence + 1n, signedUpTo)
      sequence = link.sequence
      hash = link.hash
      const signed = signedAt.get(sequence)
      if (signed !== undefined) {
        if (!isSignedHead(chain, signed, hash)) return verdict(sequence, signedUpTo)
        signedUpTo = sequence
      }
    }
    if (page.length < pageSize) break
  }
  const lastSigned = signatures.at(-1)?.sequence ?? 0n
  const head = await db.maybe<{ sequence: bigint }>(
    sql`select sequence from audit_head where chain = ${chain}`,
  )
  const cutOff = lastSigned > sequence || (head?.sequence ?? 0n) > sequence
  return verdict(cutOff ? sequence + 1n : null, signedUpTo)
}

function isSignedHead(chain: string, signed: Signature, hash: Uint8Array): boolean {
  if (Buffer.compare(signed.hash, hash) !== 0) return false
  const { publicKey } = parseCertificate(signed.certificate)
  return sm2Verify(publicKey, headStatement(chain, signed.sequence, hash), signed.signature)
}

export async function chainNames(db: Db): Promise<string[]> {
  const rows = await db.query<{ chain: string }>(sql`select chain from audit_head order by chain`)
  return rows.map((row) => row.chain)
}
