import { bytesToBase64Url } from '@anqu/encoding'
import { randomBytes } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql, uuidv7, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'

export type SessionRow = {
  session_id: string
  account_id: string
  client_key_id: string
  environment_hash: string
  state: 'active' | 'ended'
  ended_reason: string | null
  created_at_ms: bigint
  last_seen_at_ms: bigint
  background_at_ms: bigint | null
  must_reauthenticate: boolean
  must_confirm_funds: boolean
  expires_at_ms: bigint
}

const columns = sql`session_id, account_id, client_key_id, environment_hash, state, ended_reason, created_at_ms,
  last_seen_at_ms, background_at_ms, must_reauthenticate, must_confirm_funds, expires_at_ms`
const tokenBytes = 32

export type SessionStore = ReturnType<typeof createSessionStore>

type Own = { readonly accountId: string; readonly sessionId: string }

export function createSessionStore({
  db,
  clock,
  keys,
}: {
  db: Db
  clock: Clock
  keys: Pick<Keys, 'lookup'>
}) {
  const lookup = (token: string): string => keys.lookup('session', token)
  return {
    find: (token: string): Promise<SessionRow | undefined> =>
      db.maybe<SessionRow>(sql`select ${columns} from session where token_lookup = ${lookup(token)}`),

    /** A new id at every login; the newest session wins and the older one is ended (C-6.2.2-f, D-5.3.3.3-b). */
    async openIn(
      tx: Transaction,
      owner: { accountId: string; clientKeyId: string; environmentHash: string; deviceLabel: string },
    ): Promise<{ token: string; sessionId: string; replaced: boolean }> {
      const nowMs = clock.nowMs()
      // The row's lock makes two log-ins at once follow each other; an update that changes nothing takes it too.
      await tx.execute(sql`
        insert into session_owner (account_id) values (${owner.accountId})
        on conflict (account_id) do update set account_id = excluded.account_id`)
      const replaced = await tx.execute(sql`
        update session set state = 'ended', ended_reason = 'session.replaced'
        where account_id = ${owner.accountId} and state = 'active'`)
      const token = bytesToBase64Url(randomBytes(tokenBytes))
      const sessionId = uuidv7(nowMs)
      await tx.execute(sql`
        insert into session (session_id, token_lookup, account_id, client_key_id, environment_hash, device_label, state,
          created_at_ms, last_seen_at_ms, expires_at_ms)
        values (${sessionId}, ${lookup(token)}, ${owner.accountId}, ${owner.clientKeyId}, ${owner.environmentHash},
          ${owner.deviceLabel}, 'active', ${nowMs}, ${nowMs}, ${nowMs + policy.session.absoluteMs})`)
      return { token, sessionId, replaced: replaced > 0 }
    },
    async seen(sessionId: string): Promise<void> {
      await db.execute(
        sql`update session set last_seen_at_ms = ${clock.nowMs()} where session_id = ${sessionId} and state = 'active'`,
      )
    },
    async background(sessionId: string): Promise<void> {
      await db.execute(
        sql`update session set background_at_ms = ${clock.nowMs()} where session_id = ${sessionId}`,
      )
    },
    /** The session idled too long to move money with it before the person was confirmed. */
    async confirmFunds(sessionId: string): Promise<void> {
      await db.execute(sql`update session set must_confirm_funds = true where session_id = ${sessionId}`)
    },
    /** The person was confirmed: nothing that waited for it does so any longer. */
    async confirmed(sessionId: string): Promise<void> {
      await db.execute(sql`
        update session set background_at_ms = null, must_reauthenticate = false, must_confirm_funds = false,
          last_seen_at_ms = ${clock.nowMs()}
        where session_id = ${sessionId} and state = 'active'`)
    },
    /** Back in the foreground: within the limit the mark is cleared, beyond it the person must be confirmed again. */
    async foreground(sessionId: string, mustReauthenticate: 'yes' | 'no'): Promise<void> {
      await db.execute(sql`
        update session set background_at_ms = null, must_reauthenticate = ${mustReauthenticate === 'yes'} where session_id = ${sessionId}`)
    },
    async end(sessionId: string, reason: string): Promise<void> {
      await db.execute(sql`
        update session set state = 'ended', ended_reason = ${reason} where session_id = ${sessionId} and state = 'active'`)
    },
    async endOthersOf(tx: Transaction, { accountId, sessionId }: Own, reason: string): Promise<void> {
      await tx.execute(sql`
        update session set state = 'ended', ended_reason = ${reason}
        where account_id = ${accountId} and session_id <> ${sessionId} and state = 'active'`)
    },
  }
}

export async function countActiveSessions({ db, clock }: { db: Db; clock: Clock }): Promise<number> {
  const row = await db.one<{ count: bigint }>(sql`
    select count(*) as count from session where state = 'active' and expires_at_ms > ${clock.nowMs()}
      and last_seen_at_ms > ${clock.nowMs() - policy.session.idleMs}`)
  return Number(row.count)
}

export type LoginHistory = ReturnType<typeof createLoginHistory>

/** What a customer sees of past log-ins, successful or not. */
export function createLoginHistory({ db, clock }: { db: Db; clock: Clock }) {
  return {
    async recordLogin(attempt: {
      accountId: string
      outcome: 'success' | 'failure'
      deviceLabel: string
      sessionId: string | null
    }): Promise<void> {
      await db.execute(sql`
        insert into login_attempt (attempt_id, account_id, at_ms, outcome, device_label, session_id)
        values (${uuidv7(clock.nowMs())}, ${attempt.accountId}, ${clock.nowMs()}, ${attempt.outcome}, ${attempt.deviceLabel}, ${attempt.sessionId})`)
    },
    async lastLoginBefore(accountId: string, sessionId: string): Promise<number | null> {
      const row = await db.maybe<{ at_ms: bigint }>(sql`
        select at_ms from login_attempt where account_id = ${accountId} and outcome = 'success' and session_id <> ${sessionId}
        order by at_ms desc limit 1`)
      return row === undefined ? null : Number(row.at_ms)
    },
    entries: (accountId: string, most: number) =>
      db.query<{
        at_ms: bigint
        outcome: 'success' | 'failure'
        device_label: string
        session_id: string | null
        active: boolean | null
      }>(sql`
        select a.at_ms, a.outcome, a.device_label, a.session_id, s.state = 'active' as active
        from login_attempt a left join session s using (session_id)
        where a.account_id = ${accountId} order by a.at_ms desc limit ${most}`),
  }
}
