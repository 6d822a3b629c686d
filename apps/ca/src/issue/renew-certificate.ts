import { sql } from '@anqu/platform'
import type { z } from 'zod'
import type { installedAnswer, installedRequest, issueAnswer, renewRequest } from '../api/schemas.ts'
import type { ProfileName } from '../profiles/profiles.ts'
import { Refused } from '../refused.ts'
import type { StateNeeds } from '../status/change-state.ts'
import { changeState } from '../status/change-state.ts'
import { issue, type IssueNeeds } from './issue-certificate.ts'

type Old = {
  account_id: string | null
  holder: string | null
  terminal_id: string | null
  profile: ProfileName
  state: string
  not_after_ms: bigint
}

/** B-6.2.3-4: a new key for the account and terminal of a certificate that is still good. */
export async function renewCertificate(
  needs: IssueNeeds,
  input: z.infer<typeof renewRequest>,
  caller: string,
): Promise<z.infer<typeof issueAnswer>> {
  const old = await needs.db.maybe<Old>(sql`
    select account_id, holder, terminal_id, profile, state, not_after_ms from certificate
    where serial = ${input.serial} and caller = ${caller}`)
  if (old?.account_id == null || old.terminal_id === null || old.holder === null)
    throw new Refused('not-found', 'no customer certificate of this caller')
  if (old.state !== 'good' || Number(old.not_after_ms) <= needs.clock.nowMs())
    throw new Refused('not-issued', 'only a good certificate is renewed')
  return issue(needs, {
    profile: old.profile,
    csr: input.csr,
    caller,
    idempotencyKey: input.idempotencyKey,
    correlationId: input.correlationId,
    registration: { accountId: old.account_id, holder: old.holder, terminalId: old.terminal_id },
    subject: old.terminal_id,
    renews: input.serial,
  })
}

/** B-6.2.2-2.s9: once the new certificate is in its place, the former one is of no use any more. */
export async function certificateInstalled(
  needs: StateNeeds,
  { serial, correlationId }: z.infer<typeof installedRequest>,
  caller: string,
): Promise<z.infer<typeof installedAnswer>> {
  const row = await needs.db.maybe<{ renews: string | null; state: string }>(
    sql`select renews, state from certificate where serial = ${serial} and caller = ${caller}`,
  )
  if (row === undefined) throw new Refused('not-found', 'no certificate of this caller')
  // The new one is unusable, so that the old one must not go.
  if (row.state !== 'good') throw new Refused('not-allowed', 'the new certificate is not good')
  await needs.db.execute(
    sql`update certificate set installed_at_ms = ${needs.clock.nowMs()} where serial = ${serial} and installed_at_ms is null`,
  )
  if (row.renews !== null) {
    await changeState(needs.db, needs.clock, {
      to: 'revoked',
      serial: row.renews,
      caller,
      by: 'channel',
      reason: 'superseded',
      crlReason: 'superseded',
      correlationId,
    })
    needs.stateChanged(row.renews)
  }
  return { superseded: row.renews }
}
