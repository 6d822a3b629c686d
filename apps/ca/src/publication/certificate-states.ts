import type { OcspStatus, RevocationReason } from '@anqu/pki'
import { sql, type Db } from '@anqu/platform'
import { createBatcher } from '../batcher.ts'

type Row = {
  serial: string
  state: string
  revoked_at_ms: bigint | null
  crl_reason: RevocationReason | null
}

/** Reads states of certificates by their serials; questions at the same time share a statement. */
export const createStateReader = (db: Db): ((serial: string) => Promise<OcspStatus>) =>
  createBatcher({ run: (serials) => readStates(db, serials), names: () => [], largest: 500, lanes: 2 })

async function readStates(db: Db, serials: readonly string[]): Promise<OcspStatus[]> {
  const rows = await db.query<Row>(
    sql`select serial, state, revoked_at_ms, crl_reason from certificate where serial = any(${serials}::text[])`,
  )
  const states = new Map(rows.map((row) => [row.serial, stateOf(row)]))
  return serials.map((serial) => states.get(serial) ?? { status: 'unknown' })
}

/** A hold is told as revoked with its reason: OCSP knows no third state (RFC 6960 section 2.2). */
function stateOf({ state, revoked_at_ms, crl_reason }: Row): OcspStatus {
  if (state === 'good') return { status: 'good' }
  return { status: 'revoked', revokedAtMs: Number(revoked_at_ms), reason: crl_reason ?? 'unspecified' }
}
