import { base64ToBytes } from '@anqu/encoding'
import { sm2Verify, Sm2PublicKey } from '@anqu/gm-crypto'
import type { GmPool } from '@anqu/gm-crypto/pool'
import { policy } from '@anqu/policy'
import { sql, uuidv7, type Clock, type Db } from '@anqu/platform'
import type { z } from 'zod'
import type {
  certificateStatus,
  revokeRequest,
  statusAnswer,
  verifyAnswer,
  verifyRequest,
} from './api/schemas.ts'

type Status = z.infer<typeof certificateStatus>
type Row = {
  account_id: string | null
  terminal_id: string | null
  public_key: Uint8Array
  state: 'good' | 'revoked' | 'suspended'
  not_after_ms: bigint
}
type Needs = { readonly db: Db; readonly clock: Clock }

const find = (db: Db, serial: string): Promise<Row | undefined> =>
  db.maybe<Row>(
    sql`select account_id, terminal_id, public_key, state, not_after_ms from certificate where serial = ${serial}`,
  )

function statusOf(row: Row | undefined, nowMs: number): { status: Status; nearExpiry: boolean } {
  if (row === undefined) return { status: 'unknown', nearExpiry: false }
  const leftMs = Number(row.not_after_ms) - nowMs
  const nearExpiry = leftMs > 0 && leftMs <= policy.certificate.nearExpiryMs
  return { status: row.state === 'good' && leftMs <= 0 ? 'expired' : row.state, nearExpiry }
}

export async function readStatus(
  { db, clock }: Needs,
  serial: string,
): Promise<z.infer<typeof statusAnswer>> {
  const row = await find(db, serial)
  return { ...statusOf(row, clock.nowMs()), notAfterMs: row === undefined ? null : Number(row.not_after_ms) }
}

/**
 * Steps 6 and 7 of B-6.2.5-1: the certificate belongs to this account (B-7.3.1.3-3) and terminal, is good now, and its key
 * made this signature. Near expiry is told beside the verdict (B-6.2.3-2).
 */
export async function verifySignature(
  { db, clock, pool }: Needs & { readonly pool?: GmPool | undefined },
  claim: z.infer<typeof verifyRequest>,
  caller: string,
): Promise<z.infer<typeof verifyAnswer>> {
  const row = await find(db, claim.serial)
  const { status, nearExpiry } = statusOf(row, clock.nowMs())
  const verdict = await judge(row, status, { claim, pool })
  await recordEvent(
    { db, clock },
    {
      event: 'verified',
      caller,
      serial: claim.serial,
      outcome: verdict,
      correlationId: claim.correlationId,
    },
  )
  return { valid: verdict === 'good', status: verdict, nearExpiry }
}

async function judge(
  row: Row | undefined,
  status: Status,
  { claim, pool }: { claim: z.infer<typeof verifyRequest>; pool: GmPool | undefined },
): Promise<z.infer<typeof verifyAnswer>['status']> {
  if (row === undefined) return 'unknown'
  if (row.account_id !== claim.accountId || row.terminal_id !== claim.terminalId) return 'mismatch'
  if (status !== 'good') return status
  const publicKey = Sm2PublicKey.fromBytes(new Uint8Array(row.public_key))
  const [message, signature] = [base64ToBytes(claim.message), base64ToBytes(claim.signature)]
  const right = pool
    ? await pool.verify({ publicKey, message, signature })
    : sm2Verify(publicKey, message, signature)
  return right ? 'good' : 'bad-signature'
}

/** Revokes for good; repeating it changes nothing. */
export async function revoke(
  { db, clock }: Needs,
  request: z.infer<typeof revokeRequest>,
  caller: string,
): Promise<{ status: Status }> {
  await db.execute(sql`
    update certificate set state = 'revoked', reason = ${request.reason}, revoked_at_ms = ${clock.nowMs()}
    where serial = ${request.serial} and caller = ${caller} and state <> 'revoked'`)
  const { status } = await readStatus({ db, clock }, request.serial)
  await recordEvent(
    { db, clock },
    {
      event: 'revoked',
      caller,
      serial: request.serial,
      outcome: status,
      correlationId: request.correlationId,
    },
  )
  return { status }
}

async function recordEvent(
  { db, clock }: Needs,
  event: { event: string; caller: string; serial: string; outcome: string; correlationId: string },
): Promise<void> {
  await db.execute(sql`
    insert into ca_event (event_id, at_ms, event, caller, serial, outcome, correlation_id)
    values (${uuidv7(clock.nowMs())}, ${clock.nowMs()}, ${event.event}, ${event.caller}, ${event.serial}, ${event.outcome}, ${event.correlationId})`)
}
