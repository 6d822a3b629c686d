import type { OcspStatus, RevocationReason } from '@anqu/pki'
import { sql, type Db } from '@anqu/platform'

type Row = {
  serial: string
  state: string
  revoked_at_ms: bigint | null
  crl_reason: RevocationReason | null
}
type Waiting = { readonly resolve: (state: OcspStatus) => void; readonly reject: (error: unknown) => void }

const largestBatch = 500

/** Reads states of certificates. Questions that come while another is on its way go together in the next statement. */
export function createStateReader(db: Db): (serial: string) => Promise<OcspStatus> {
  let waiting = new Map<string, Waiting[]>()
  let running = false
  const run = async (): Promise<void> => {
    running = true
    while (waiting.size > 0) {
      const batch = take()
      try {
        const states = await readStates(db, [...batch.keys()])
        for (const [serial, askers] of batch)
          for (const { resolve } of askers) resolve(states.get(serial) ?? { status: 'unknown' })
      } catch (error) {
        for (const askers of batch.values()) for (const { reject } of askers) reject(error)
      }
    }
    running = false
  }
  const take = (): Map<string, Waiting[]> => {
    const all = [...waiting]
    waiting = new Map(all.slice(largestBatch))
    return new Map(all.slice(0, largestBatch))
  }
  return (serial) =>
    new Promise((resolve, reject) => {
      const askers = waiting.get(serial)
      if (askers === undefined) waiting.set(serial, [{ resolve, reject }])
      else askers.push({ resolve, reject })
      if (!running) void run()
    })
}

async function readStates(db: Db, serials: string[]): Promise<Map<string, OcspStatus>> {
  const rows = await db.query<Row>(
    sql`select serial, state, revoked_at_ms, crl_reason from certificate where serial = any(${serials}::text[])`,
  )
  return new Map(rows.map((row) => [row.serial, stateOf(row)]))
}

/** A hold is told as revoked with its reason: OCSP knows no third state (RFC 6960 section 2.2). */
function stateOf({ state, revoked_at_ms, crl_reason }: Row): OcspStatus {
  if (state === 'good') return { status: 'good' }
  return { status: 'revoked', revokedAtMs: Number(revoked_at_ms), reason: crl_reason ?? 'unspecified' }
}
