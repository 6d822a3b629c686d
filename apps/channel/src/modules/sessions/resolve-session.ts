import { Refusal } from '@anqu/contract'
import { policy } from '@anqu/policy'
import type { Clock } from '@anqu/platform'
import type { CustomerSession } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import { obstacle, type Liveness } from './domain/liveness.ts'
import type { SessionRow, SessionStore } from './session-store.ts'

/** How a request uses its session. `reauthenticate` is let through where only the person must be confirmed. */
export type SessionUse = 'plain' | 'fund' | 'reauthenticate'

// The time a session was last seen is written at most this often: a read-mostly request costs no write.
const seenEveryMs = 5_000

const livenessOf = (row: SessionRow): Liveness => ({
  state: row.state,
  endedReason: row.ended_reason,
  lastSeenAtMs: Number(row.last_seen_at_ms),
  backgroundAtMs: row.background_at_ms === null ? null : Number(row.background_at_ms),
  mustReauthenticate: row.must_reauthenticate,
  mustConfirmFunds: row.must_confirm_funds,
  expiresAtMs: Number(row.expires_at_ms),
})

/** Turns the id of a header into a live session of this very installation, or refuses. */
export function createSessionResolver(needs: {
  clock: Clock
  audit: AuditLog
  store: SessionStore
  boundDevice: (accountId: string, clientKeyId: string) => Promise<string | null>
}): (token: string, clientKeyId: string, use: SessionUse) => Promise<CustomerSession> {
  const { clock, store } = needs
  return async (token, clientKeyId, use) => {
    const row = await store.find(token)
    if (row === undefined) throw new Refusal('session.required')
    // A session id that turns up on another installation was stolen or copied: the session ends (C-6.2.2-h).
    if (row.client_key_id !== clientKeyId) {
      await store.end(row.session_id, 'session.environment-changed')
      await recordTheft(needs.audit, row, clientKeyId)
      throw new Refusal('session.environment-changed')
    }
    const nowMs = clock.nowMs()
    const liveness = livenessOf(row)
    const against = obstacle(liveness, use === 'fund' ? 'fund' : 'plain', policy.session, nowMs)
    if (against === 'session.expired') await store.end(row.session_id, 'session.expired')
    const confirmable = use === 'reauthenticate' && against === 'session.reauthentication-required'
    if (against !== undefined && !confirmable) {
      if (against === 'session.reauthentication-required' && !row.must_reauthenticate)
        await store.foreground(row.session_id, 'yes')
      throw new Refusal(against)
    }
    if (!confirmable && row.background_at_ms !== null) await store.foreground(row.session_id, 'no')
    const idleMs = nowMs - liveness.lastSeenAtMs
    // This very use renews the session's time, so that it idled too long for funds is noted first.
    if (idleMs >= policy.session.fundIdleMs) await store.confirmFunds(row.session_id)
    if (idleMs >= seenEveryMs) await store.seen(row.session_id)
    return {
      sessionId: row.session_id,
      accountId: row.account_id,
      deviceId: await needs.boundDevice(row.account_id, clientKeyId),
      environmentHash: row.environment_hash,
    }
  }
}

const recordTheft = (audit: AuditLog, row: SessionRow, clientKeyId: string): Promise<void> =>
  audit.record({
    event: 'session.used-elsewhere',
    eventClass: 'client-anomaly',
    outcome: 'failure',
    subject: row.account_id,
    description: 'A session id came from another installation; the session was ended',
    origin: clientKeyId,
    resource: `session:${row.session_id}`,
    correlationId: row.session_id,
  })
