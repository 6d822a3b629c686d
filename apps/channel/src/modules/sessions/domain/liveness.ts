import type { RefusalCode } from '@anqu/contract'

export type Liveness = {
  readonly state: 'active' | 'ended'
  readonly endedReason: string | null
  readonly lastSeenAtMs: number
  readonly backgroundAtMs: number | null
  readonly mustReauthenticate: boolean
  /** Idled beyond the limit where money moves and was used since; only the person can take it back. */
  readonly mustConfirmFunds: boolean
  readonly expiresAtMs: number
}

export type Timers = {
  readonly idleMs: number
  readonly fundIdleMs: number
  readonly backgroundMs: number
}

const endings: Readonly<Record<string, RefusalCode>> = {
  'session.replaced': 'session.replaced',
  'session.environment-changed': 'session.environment-changed',
}

/**
 * What stands against using a session now: undefined when nothing does. Idle, background and absolute limits are apart
 * (C-6.2.2-b, D-5.2.1.2-s2, A-5.5-2); where money moves the idle limit is shorter. Longer idling than the general
 * limit ends the session; idling between the two limits only asks who it is.
 */
export function obstacle(
  session: Liveness,
  use: 'plain' | 'fund',
  timers: Timers,
  nowMs: number,
): RefusalCode | undefined {
  if (session.state === 'ended') return endings[session.endedReason ?? ''] ?? 'session.expired'
  const idleMs = nowMs - session.lastSeenAtMs
  if (nowMs >= session.expiresAtMs || idleMs >= timers.idleMs) return 'session.expired'
  if (session.mustReauthenticate) return 'session.reauthentication-required'
  if (session.backgroundAtMs !== null && nowMs - session.backgroundAtMs >= timers.backgroundMs)
    return 'session.reauthentication-required'
  if (use === 'fund' && (session.mustConfirmFunds || idleMs >= timers.fundIdleMs))
    return 'session.reauthentication-required'
  return undefined
}
