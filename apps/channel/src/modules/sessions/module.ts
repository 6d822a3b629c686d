import {
  Refusal,
  sessionsBackground,
  sessionsBeginLogin,
  sessionsCurrent,
  sessionsFinishLogin,
  sessionsHistory,
  sessionsLogout,
  sessionsReauthenticate,
  type InputOf,
} from '@anqu/contract'
import { policy } from '@anqu/policy'
import type { Clock, Db, ShortLivedStore, Transaction } from '@anqu/platform'
import {
  bind,
  customerOf,
  type BoundRoute,
  type CustomerSession,
  type RequestContext,
} from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'
import type { Factors } from '../factors/index.ts'
import { beginLogin, finishLogin, pendingLogin } from './login.ts'
import { sessionView, type SessionView } from './open-session.ts'
import { createSessionResolver, type SessionUse } from './resolve-session.ts'
import {
  countActiveSessions,
  createLoginHistory,
  createSessionStore,
  type LoginHistory,
  type SessionStore,
} from './session-store.ts'

type Text = { zh: string; en: string }

export type SessionNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly store: ShortLivedStore
  readonly sessions: SessionStore
  readonly history: LoginHistory
  readonly audit: AuditLog
  readonly keys: Pick<Keys, 'lookup'>
  readonly factors: Pick<Factors, 'guard' | 'keyboards' | 'passwords' | 'verifyCustomerOtp'>
  readonly findByPhone: (phone: string) => Promise<string | undefined>
  readonly masked: (accountId: string) => Promise<{ nameMasked: string; phoneMasked: string }>
  readonly boundDevice: (accountId: string, clientKeyId: string) => Promise<string | null>
  /** Whether the app that logs in is one of ours. */
  readonly assertOurs: (login: InputOf<typeof sessionsBeginLogin>) => Promise<void>
  readonly consentOutdated: (accountId: string) => Promise<boolean>
  readonly notifyIn: (
    tx: Transaction,
    accountId: string,
    notice: { title: Text; text: Text },
  ) => Promise<void>
}

export type Sessions = {
  readonly routes: BoundRoute[]
  readonly resolve: (token: string, clientKeyId: string, use: SessionUse) => Promise<CustomerSession>
  /** The account of a login that waits for its code, for sending that code. */
  pendingAccount(loginId: string, context: RequestContext): Promise<string>
  /** Every session of the account but this one. */
  endOthersOf(tx: Transaction, own: { accountId: string; sessionId: string }, reason: string): Promise<void>
  countActive(): Promise<number>
}

const historyLength = 50

export function createSessions(given: Omit<SessionNeeds, 'sessions' | 'history'>): Sessions {
  const sessions = createSessionStore(given)
  const history = createLoginHistory(given)
  const needs: SessionNeeds = { ...given, sessions, history }
  return {
    resolve: createSessionResolver({ ...needs, store: sessions }),
    pendingAccount: async (loginId, context) => (await pendingLogin(needs, loginId, context)).accountId,
    endOthersOf: (tx, own, reason) => sessions.endOthersOf(tx, own, reason),
    countActive: () => countActiveSessions(needs),
    routes: [
      bind(sessionsBeginLogin, (input, context) => beginLogin(needs, input, context)),
      bind(sessionsFinishLogin, (input, context) => finishLogin(needs, input, context)),
      bind(sessionsCurrent, (_input, context) => currentView(needs, context)),
      bind(sessionsReauthenticate, async ({ secret }, context) => {
        await reauthenticate(needs, secret, context)
        return currentView(needs, context)
      }),
      bind(sessionsBackground, async (_input, context) => {
        await sessions.background(customerOf(context).sessionId)
        return {}
      }),
      bind(sessionsLogout, async (_input, context) => {
        const { sessionId, accountId } = customerOf(context)
        await sessions.end(sessionId, 'session.expired')
        context.setSession(null)
        await needs.audit.record({
          event: 'login.logged-out',
          eventClass: 'login',
          outcome: 'success',
          subject: accountId,
          description: 'Logged out; the session was ended on the server',
          origin: context.origin,
          resource: `session:${sessionId}`,
          correlationId: context.correlationId,
        })
        return {}
      }),
      bind(sessionsHistory, async (_input, context) => {
        const { accountId, sessionId } = customerOf(context)
        const rows = await history.entries(accountId, historyLength)
        return {
          entries: rows.map((row) => ({
            atMs: Number(row.at_ms),
            outcome: row.outcome,
            device: row.device_label,
            current: row.session_id === sessionId,
            active: row.active ?? false,
          })),
        }
      }),
    ],
  }
}

async function currentView(needs: SessionNeeds, context: RequestContext): Promise<SessionView> {
  const { accountId, sessionId } = customerOf(context)
  return sessionView(needs, {
    accountId,
    sessionId,
    clientKeyId: context.clientKeyId,
    expiresAtMs: needs.clock.nowMs() + policy.session.idleMs,
    replaced: false,
  })
}

/** Confirms the person again with the login password; a wrong one counts like a failed login on this device. */
async function reauthenticate(
  needs: SessionNeeds,
  secret: Parameters<Factors['keyboards']['read']>[0],
  context: RequestContext,
): Promise<void> {
  const { accountId, sessionId, deviceId } = customerOf(context)
  const scope = deviceId === null ? 'login-password/elsewhere' : `login-password/device:${deviceId}`
  await needs.factors.guard.begin(accountId, scope)
  const right = await needs.factors.keyboards.read(
    secret,
    { purpose: 'reauthenticate', clientKey: context.clientKey },
    (password) => needs.factors.passwords.matches(accountId, 'login', password),
  )
  if (!right) throw new Refusal('factor.rejected', 'reauthentication')
  await needs.factors.guard.passed(accountId, scope)
  await needs.sessions.confirmed(sessionId)
}
