import { canonicalBytes } from '@anqu/contract'
import { bytesToUtf8 } from '@anqu/encoding'
import { sql, uuidv7, type Clock, type Db } from '@anqu/platform'
import type { AuditEvent, AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'
import { headStatement } from './domain/chain.ts'
import { insertPending, sealPending } from './store/audit-store.ts'
import { chainNames, verifyChain, type ChainVerdict } from './verify-chain.ts'

const chain = 'channel'
const sealBatch = 500

export type Audit = AuditLog & {
  /** Moves what is pending into the chain; returns how many records it sealed. */
  seal(): Promise<number>
  /** Signs the head when it moved since the last signature. */
  signHead(): Promise<void>
  /** Recomputes every chain and checks its heads against the server's own certificate. */
  verify(): Promise<ChainVerdict[]>
}

/** The audit log: append only, chained by SM3, heads signed by the server (A-5.11, D-5.4.4.2). */
export function createAudit(needs: {
  db: Db
  clock: Clock
  keys: Pick<Keys, 'signReceipt' | 'receiptCertificate'>
}): Audit {
  const { db, clock, keys } = needs
  const encode = (event: AuditEvent): { recordId: string; body: string } => {
    const atMs = clock.nowMs()
    const recordId = uuidv7(clock.nowMs())
    const record = { recordId, atMs, ...event, fields: { ...event.fields } }
    return { recordId, body: bytesToUtf8(canonicalBytes(record)) }
  }
  return {
    async record(event) {
      const { recordId, body } = encode(event)
      await insertPending(db, recordId, body)
    },
    async recordIn(tx, event) {
      const { recordId, body } = encode(event)
      await insertPending(tx, recordId, body)
    },
    async seal() {
      let sealed = 0
      for (;;) {
        const count = await sealPending(db, chain, sealBatch)
        sealed += count
        if (count < sealBatch) return sealed
      }
    },
    async signHead() {
      const head = await db.maybe<{ sequence: bigint; hash: Uint8Array; signed: bigint | null }>(sql`
        select sequence, hash, (select max(sequence) from audit_signature s where s.chain = h.chain) as signed
        from audit_head h where chain = ${chain}`)
      if (head === undefined || head.sequence === (head.signed ?? 0n)) return
      const { signature, certificate } = await keys.signReceipt(
        headStatement(chain, head.sequence, head.hash),
      )
      await db.execute(sql`
        insert into audit_signature (chain, sequence, hash, at_ms, signature, certificate)
        values (${chain}, ${head.sequence}, ${head.hash}, ${clock.nowMs()}, ${signature}, ${certificate})
        on conflict do nothing`)
    },
    async verify() {
      const certificate = keys.receiptCertificate
      const verdicts: ChainVerdict[] = []
      for (const name of await chainNames(db)) verdicts.push(await verifyChain(db, name, certificate))
      return verdicts
    },
  }
}
