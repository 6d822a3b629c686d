import { sql, type Clock, type Db } from '@anqu/platform'
import type { z } from 'zod'
import type * as api from '../api/schemas.ts'
import type { ProfileStore } from '../profiles/profile-store.ts'
import { nearExpiryMsOf, type ProfileName } from '../profiles/profiles.ts'
import { recordEvent } from '../record-event.ts'
import { changeState, type StateChange, type StateNeeds } from './change-state.ts'
import { Refused } from '../refused.ts'
import { openTransition } from '../profiles/transition.ts'
import { belongs, judgeSignature, type JudgeNeeds, type Signer } from './judge-signature.ts'

type Status = z.infer<typeof api.certificateStatus>
type Row = Signer & {
  profile: ProfileName
  state: 'good' | 'revoked' | 'suspended'
  not_after_ms: bigint
}
export type StatusNeeds = { readonly db: Db; readonly clock: Clock; readonly profiles: ProfileStore }
type ChangeNeeds = StatusNeeds & StateNeeds

export type VerifyNeeds = StatusNeeds & JudgeNeeds

const find = (db: Db, serial: string): Promise<Row | undefined> =>
  db.maybe<Row>(sql`
    select serial, account_id, terminal_id, der, public_key, key_algorithm, profile, state, not_after_ms
    from certificate where serial = ${serial}`)

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
  const allowed =
    row === undefined ? [] : openTransition(needs.profiles.current(row.profile), needs.clock.nowMs())
  const verdict = await judgeSignature(needs, { signer: row, status, claim, allowed })
  // What still signs so is what a migration is planned by.
  if (verdict === 'good' && row?.key_algorithm !== 'sm2')
    await needs.db.execute(sql`
      update certificate set uses = uses + 1, used_at_ms = ${needs.clock.nowMs()} where serial = ${claim.serial}`)
  await recordEvent(needs.db, needs.clock, {
    event: 'verified',
    caller,
    serial: claim.serial,
    outcome: verdict,
    correlationId: claim.correlationId,
  })
  return { valid: verdict === 'good', status: verdict, nearExpiry }
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
