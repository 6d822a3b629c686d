import { sql } from '@anqu/platform'
import type { z } from 'zod'
import type * as api from '../api/overview.ts'
import { nearExpiryMsOf, profileNames, type ProfileName } from '../profiles/profiles.ts'
import type { StatusNeeds } from '../status/certificate-status.ts'

const dayMs = 86_400_000

/** How many good certificates expire on each day of the time asked for; days without any are left out. */
export async function expiryCalendar(
  { db }: StatusNeeds,
  { fromMs, days, offsetMinutes }: z.infer<typeof api.expiryCalendarRequest>,
  caller: string,
): Promise<z.infer<typeof api.expiryCalendarAnswer>> {
  const offsetMs = offsetMinutes * 60_000
  const rows = await db.query<{ day: bigint; profile: ProfileName; count: number }>(sql`
    select (not_after_ms + ${offsetMs}::int8) / ${dayMs}::int8 as day, profile, count(*)::int as count from certificate
    where caller = ${caller} and state = 'good' and not_after_ms >= ${fromMs} and not_after_ms < ${fromMs + days * dayMs}
    group by 1, 2 order by 1, 2`)
  const byDay = new Map<string, { profile: ProfileName; count: number }[]>()
  for (const { day, profile, count } of rows) {
    const name = new Date(Number(day) * dayMs).toISOString().slice(0, 10)
    byDay.set(name, [...(byDay.get(name) ?? []), { profile, count }])
  }
  return { days: [...byDay].map(([day, counts]) => ({ day, counts })) }
}

type Count = { profile: ProfileName; status: 'good' | 'revoked' | 'suspended' | 'expired'; count: number }

/** Numbers for the console; one pass over the caller's certificates. */
export async function statistics(
  { db, clock, profiles }: StatusNeeds,
  caller: string,
): Promise<z.infer<typeof api.statisticsAnswer>> {
  const nowMs = clock.nowMs()
  const nearMs = profileNames.map((name) => nearExpiryMsOf(profiles.current(name)))
  const own = sql`caller = ${caller}`
  const certificates = await db.query<Count>(sql`
    select profile, case when state = 'good' and not_after_ms <= ${nowMs} then 'expired' else state end as status,
      count(*)::int as count from certificate where ${own} group by 1, 2 order by 1, 2`)
  const numbers = await db.one<{ near: number; issued: number; revoked: number; proposals: number }>(sql`
    select
      (select count(*)::int from certificate c join unnest(${profileNames}::text[], ${nearMs}::int8[]) as p (name, near_ms)
        on p.name = c.profile where ${own} and c.state = 'good' and c.not_after_ms > ${nowMs}
        and c.not_after_ms <= ${nowMs} + p.near_ms) as near,
      (select count(*)::int from certificate where ${own} and issued_at_ms > ${nowMs - dayMs}) as issued,
      (select count(*)::int from certificate where ${own} and state <> 'good' and state = 'revoked'
        and revoked_at_ms > ${nowMs - dayMs}) as revoked,
      (select count(*)::int from proposal where ${own} and state = 'open' and expires_at_ms > ${nowMs}) as proposals`)
  return {
    certificates,
    nearExpiry: numbers.near,
    issuedLastDay: numbers.issued,
    revokedLastDay: numbers.revoked,
    openProposals: numbers.proposals,
  }
}
