import { base64ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import type { GmPool } from '@anqu/gm-crypto/pool'
import { problemWithNames } from '@anqu/pki'
import { sql, type Clock, type Db } from '@anqu/platform'
import type { z } from 'zod'
import type * as api from '../api/schemas.ts'
import type { ProfileStore } from '../profiles/profile-store.ts'
import { nearExpiryMsOf, type ProfileName } from '../profiles/profiles.ts'
import { recordEvent } from '../record-event.ts'
import { changeState, type StateChange, type StateNeeds } from './change-state.ts'
import { Refused } from '../refused.ts'
import type { CertifiedKeys, StoredKey } from './certified-keys.ts'

type Status = z.infer<typeof api.certificateStatus>
type Row = StoredKey & {
  account_id: string | null
  terminal_id: string | null
  profile: ProfileName
  state: 'good' | 'revoked' | 'suspended'
  not_after_ms: bigint
}
export type StatusNeeds = { readonly db: Db; readonly clock: Clock; readonly profiles: ProfileStore }
type ChangeNeeds = StatusNeeds & StateNeeds

/** Workers for the verification of customers' signatures; without them it is done in this thread. */
export type VerifyNeeds = StatusNeeds & {
  readonly certifiedKeys: CertifiedKeys
  readonly pool?: GmPool | undefined
}

const find = (db: Db, serial: string): Promise<Row | undefined> =>
  db.maybe<Row>(sql`
    select serial, account_id, terminal_id, der, public_key, profile, state, not_after_ms from certificate
    where serial = ${serial}`)

/** B-6.2.3-2: what expires soon is told beside the state. */
export function statusOf(
  row: Pick<Row, 'state' | 'profile' | 'not_after_ms'> | undefined,
  { clock, profiles }: Pick<StatusNeeds, 'clock' | 'profiles'>,
): { status: Status; nearExpiry: boolean } {
  if (row === undefined) return { status: 'unknown', nearExpiry: false }
  const leftMs = Number(row.not_after_ms) - clock.nowMs()
  const nearExpiry = leftMs > 0 && leftMs <= nearExpiryMsOf(profiles.current(row.profile))
  return { status: row.state === 'good' && leftMs <= 0 ? 'expired' : row.state, nearExpiry }
}

export async function readStatus(
  needs: StatusNeeds,
  serial: string,
): Promise<z.infer<typeof api.statusAnswer>> {
  const row = await find(needs.db, serial)
  return { ...statusOf(row, needs), notAfterMs: row === undefined ? null : Number(row.not_after_ms) }
}

/**
 * Steps 6 and 7 of B-6.2.5-1: the certificate belongs to this account (B-7.3.1.3-3) and terminal, is good now, and its key
 * made this signature. Near expiry is told beside the verdict (B-6.2.3-2).
 */
export async function verifySignature(
  needs: VerifyNeeds,
  claim: z.infer<typeof api.verifyRequest>,
  caller: string,
): Promise<z.infer<typeof api.verifyAnswer>> {
  const row = await find(needs.db, claim.serial)
  const { status, nearExpiry } = statusOf(row, needs)
  const verdict = await judgeSignature(row, status, { ...needs, claim })
  await recordEvent(needs.db, needs.clock, {
    event: 'verified',
    caller,
    serial: claim.serial,
    outcome: verdict,
    correlationId: claim.correlationId,
  })
  return { valid: verdict === 'good', status: verdict, nearExpiry }
}

const belongs = (row: Row, claim: { accountId: string; terminalId: string }): boolean =>
  row.account_id === claim.accountId && row.terminal_id === claim.terminalId

async function judgeSignature(
  row: Row | undefined,
  status: Status,
  { claim, pool, certifiedKeys }: VerifyNeeds & { claim: z.infer<typeof api.verifyRequest> },
): Promise<z.infer<typeof api.verifyAnswer>['status']> {
  if (problemWithNames(claim) !== undefined) return 'algorithm'
  if (row === undefined) return 'unknown'
  if (!belongs(row, claim)) return 'mismatch'
  if (status !== 'good') return status
  // A key certified for encryption never speaks for its holder (B-7.3.2.1-1).
  if (row.profile !== 'customer-signing') return 'mismatch'
  const publicKey = certifiedKeys(row)
  if (publicKey === undefined) return 'mismatch'
  const [message, signature] = [base64ToBytes(claim.message), base64ToBytes(claim.signature)]
  const right = pool
    ? await pool.verify({ publicKey, message, signature })
    : sm2Verify(publicKey, message, signature)
  return right ? 'good' : 'bad-signature'
}

const profileOf = { signing: 'customer-signing', encryption: 'customer-encryption' } as const

/** Whether the certificate may be used now: for signing, or to encrypt for its holder (B-7.3.3.2-3). */
export async function verifyCertificate(
  needs: StatusNeeds,
  claim: z.infer<typeof api.verifyCertificateRequest>,
  caller: string,
): Promise<z.infer<typeof api.verifyCertificateAnswer>> {
  const row = await find(needs.db, claim.serial)
  const { status, nearExpiry } = statusOf(row, needs)
  const verdict =
    row === undefined
      ? 'unknown'
      : !belongs(row, claim)
        ? 'mismatch'
        : row.profile === profileOf[claim.purpose]
          ? status
          : 'wrong-purpose'
  await recordEvent(needs.db, needs.clock, {
    event: 'certificate-verified',
    caller,
    serial: claim.serial,
    outcome: verdict,
    correlationId: claim.correlationId,
  })
  return {
    valid: verdict === 'good',
    status: verdict,
    nearExpiry,
    notAfterMs: row === undefined ? null : Number(row.not_after_ms),
  }
}

/** Makes the change when it is allowed; repeating it answers the same state. Asked by serial alone: the SE may be lost. */
export async function ask(
  needs: ChangeNeeds,
  change: StateChange,
): Promise<z.infer<typeof api.revokeAnswer>> {
  const result = await changeState(needs.db, needs.clock, change)
  needs.stateChanged(change.serial)
  const { status } = await readStatus(needs, change.serial)
  if (result === 'unchanged' && status !== 'unknown' && status !== change.to)
    throw new Refused('not-allowed', `${status} does not become ${change.to} for ${change.by}`)
  return { status }
}
