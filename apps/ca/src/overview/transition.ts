import type { TransitionalAlgorithm } from '@anqu/pki'
import { sql } from '@anqu/platform'
import type { z } from 'zod'
import type * as api from '../api/overview.ts'
import { profileNames, type ProfileName } from '../profiles/profiles.ts'
import type { StatusNeeds } from '../status/certificate-status.ts'

type InUse = {
  caller: string
  profile: ProfileName
  algorithm: TransitionalAlgorithm
  certificates: number
  last_not_after_ms: bigint | null
  signatures: number
  last_signature_ms: bigint | null
}

const asNumber = (value: bigint | null): number | null => (value === null ? null : Number(value))

/** What a migration to SM2 is planned by. */
export async function transition({
  db,
  clock,
  profiles,
}: StatusNeeds): Promise<z.infer<typeof api.transitionAnswer>> {
  const nowMs = clock.nowMs()
  const rows = await db.query<InUse>(sql`
    select caller, profile, key_algorithm as algorithm,
      (count(*) filter (where state = 'good' and not_after_ms > ${nowMs}))::int as certificates,
      max(not_after_ms) filter (where state = 'good' and not_after_ms > ${nowMs}) as last_not_after_ms,
      sum(uses)::int as signatures, max(used_at_ms) as last_signature_ms
    from certificate where key_algorithm <> 'sm2' group by 1, 2, 3 order by 1, 2, 3`)
  return {
    allowed: profileNames.flatMap((profile) =>
      (profiles.current(profile).parameters.transitional ?? []).map((entry) => ({
        profile,
        ...entry,
        open: entry.untilMs > nowMs,
      })),
    ),
    inUse: rows.map(({ last_not_after_ms, last_signature_ms, ...row }) => ({
      ...row,
      lastNotAfterMs: asNumber(last_not_after_ms),
      lastSignatureMs: asNumber(last_signature_ms),
    })),
  }
}
