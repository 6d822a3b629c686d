import type { OutputOf, sessionsCurrent } from '@anqu/contract'
import { policy } from '@anqu/policy'
import type { RequestContext } from '../../http/bound-route.ts'
import type { PendingLogin } from './login.ts'
import type { SessionNeeds } from './module.ts'

export type SessionView = OutputOf<typeof sessionsCurrent>

/** Opens the session and sets its id in the header; ends an older one and tells the customer (D-5.3.3.3-b). */
export async function openSession(
  needs: SessionNeeds,
  login: PendingLogin,
  context: RequestContext,
): Promise<SessionView> {
  const { db, audit, sessions, history } = needs
  const { accountId, clientKeyId, environmentHash, deviceLabel } = login
  const opened = await db.transaction(async (tx) => {
    const session = await sessions.openIn(tx, { accountId, clientKeyId, environmentHash, deviceLabel })
    await audit.recordIn(tx, {
      event: 'login.succeeded',
      eventClass: 'login',
      outcome: 'success',
      subject: accountId,
      description: 'Logged in with two factors',
      origin: context.origin,
      resource: `session:${session.sessionId}`,
      correlationId: context.correlationId,
    })
    if (session.replaced)
      await needs.notifyIn(tx, accountId, {
        title: { zh: '账户在另一处登录', en: 'Logged in elsewhere' },
        text: {
          zh: '您之前的登录已退出。如非本人操作，请立即修改密码并联系客服。',
          en: 'Your earlier session was ended. If this was not you, change your password and contact us.',
        },
      })
    return session
  })
  await history.recordLogin({ accountId, outcome: 'success', deviceLabel, sessionId: opened.sessionId })
  context.setSession({ token: opened.token, maxAgeMs: policy.session.absoluteMs })
  return sessionView(needs, {
    accountId,
    sessionId: opened.sessionId,
    clientKeyId,
    expiresAtMs: needs.clock.nowMs() + policy.session.absoluteMs,
    replaced: opened.replaced,
  })
}

/** The session as its owner sees it; the id is not part of it (C-6.2.2-e-s2). */
export async function sessionView(
  needs: SessionNeeds,
  session: {
    accountId: string
    sessionId: string
    clientKeyId: string
    expiresAtMs: number
    replaced: boolean
  },
): Promise<SessionView> {
  const { nameMasked, phoneMasked } = await needs.masked(session.accountId)
  const password = await needs.factors.passwords.find(session.accountId, 'login')
  const leftMs = (password?.changedAtMs ?? 0) + policy.password.maxAgeMs - needs.clock.nowMs()
  const age =
    leftMs <= 0
      ? 'password-expired'
      : leftMs < policy.password.warnBeforeMs
        ? 'password-expires-soon'
        : 'none'
  return {
    accountId: session.accountId,
    nameMasked,
    phoneMasked,
    deviceBound: (await needs.boundDevice(session.accountId, session.clientKeyId)) !== null,
    idleLimitMs: policy.session.idleMs,
    backgroundLimitMs: policy.session.backgroundMs,
    expiresAtMs: session.expiresAtMs,
    lastLoginAtMs: await needs.history.lastLoginBefore(session.accountId, session.sessionId),
    consentOutdated: await needs.consentOutdated(session.accountId),
    notice: session.replaced ? 'another-session-ended' : age,
  }
}
