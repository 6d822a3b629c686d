import {
  Refusal,
  type InputOf,
  type OutputOf,
  type sessionsBeginLogin,
  type sessionsFinishLogin,
} from '@anqu/contract'
import { canonicalBytes } from '@anqu/contract'
import { bytesToHex } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { uuidv7 } from '@anqu/platform'
import type { RequestContext } from '../../http/bound-route.ts'
import { openSession } from './open-session.ts'
import type { SessionNeeds } from './module.ts'

type Begin = InputOf<typeof sessionsBeginLogin>
type Answer = OutputOf<typeof sessionsBeginLogin>
export type PendingLogin = {
  accountId: string
  clientKeyId: string
  environmentHash: string
  deviceLabel: string
}

/** The environment as one value: when it changes under a session, the session ends (C-6.2.2-h). */
export const environmentHash = (environment: Begin['environment']): string =>
  bytesToHex(sm3(canonicalBytes(environment)))

const markers = new Set(['not-authorised', 'not-available'])

/** What the customer is shown of a device; markers of what could not be read are left out. */
export const deviceLabel = ({ model, osVersion }: Begin['environment']): string =>
  [model, osVersion]
    .filter((part) => !markers.has(part))
    .join(' ')
    .slice(0, 80)

/**
 * First step: the password. On a bound device its key, proven by the handshake, is the other factor and the customer is
 * in; on any other installation a code follows (D-5.2.1.2-s1, A-6.6-1). Unknown phone and wrong password are one answer.
 */
export async function beginLogin(
  needs: SessionNeeds,
  input: Begin,
  context: RequestContext,
): Promise<Answer> {
  const { factors } = needs
  await needs.assertOurs(input)
  const accountId = await needs.findByPhone(input.phone)
  const deviceId = accountId === undefined ? null : await needs.boundDevice(accountId, context.clientKeyId)
  const subject = accountId ?? needs.keys.lookup('phone', input.phone)
  const scope = deviceId === null ? 'login-password/elsewhere' : `login-password/device:${deviceId}`
  await factors.guard.begin(subject, scope)
  const right = await factors.keyboards.read(
    input.secret,
    { purpose: 'login', clientKey: context.clientKey },
    (secret) => factors.passwords.matches(accountId, 'login', secret),
  )
  const label = deviceLabel(input.environment)
  if (accountId === undefined || !right) {
    await recordFailure(needs, { subject, accountId, label }, context)
    throw new Refusal('login.refused')
  }
  await factors.guard.passed(subject, scope)
  const pending: PendingLogin = {
    accountId,
    clientKeyId: context.clientKeyId,
    environmentHash: environmentHash(input.environment),
    deviceLabel: label,
  }
  if (deviceId !== null) return { state: 'in', session: await openSession(needs, pending, context) }
  const loginId = uuidv7(needs.clock.nowMs())
  await needs.store.set(`login:${loginId}`, JSON.stringify(pending), policy.session.loginStepMs)
  return { state: 'otp', loginId, expiresAtMs: needs.clock.nowMs() + policy.session.loginStepMs }
}

/** Second step on a new device: the code. The pending login is burnt only by success or by its time. */
export async function finishLogin(
  needs: SessionNeeds,
  input: InputOf<typeof sessionsFinishLogin>,
  context: RequestContext,
): Promise<Answer> {
  const pending = await pendingLogin(needs, input.loginId, context)
  await needs.factors.verifyCustomerOtp(
    { otpId: input.otpId, otp: input.otp, purpose: 'login', binding: input.loginId },
    pending.accountId,
    context,
  )
  const taken = await needs.store.take(`login:${input.loginId}`)
  if (taken === undefined) throw new Refusal('login.refused', 'finished by another request')
  return { state: 'in', session: await openSession(needs, pending, context) }
}

/** The login begun by this installation, still in time. */
export async function pendingLogin(
  needs: Pick<SessionNeeds, 'store'>,
  loginId: string,
  context: Pick<RequestContext, 'clientKeyId'>,
): Promise<PendingLogin> {
  const text = await needs.store.get(`login:${loginId}`)
  // Written by beginLogin from a PendingLogin.
  const pending = text === undefined ? undefined : (JSON.parse(text) as PendingLogin)
  if (pending?.clientKeyId !== context.clientKeyId) throw new Refusal('login.refused', 'no such login here')
  return pending
}

async function recordFailure(
  needs: SessionNeeds,
  who: { subject: string; accountId: string | undefined; label: string },
  context: RequestContext,
): Promise<void> {
  if (who.accountId !== undefined)
    await needs.history.recordLogin({
      accountId: who.accountId,
      outcome: 'failure',
      deviceLabel: who.label,
      sessionId: null,
    })
  await needs.audit.record({
    event: 'login.refused',
    eventClass: 'login',
    outcome: 'failure',
    subject: who.accountId ?? 'anonymous',
    description: 'Log-in refused at the first factor',
    origin: context.origin,
    resource: `account:${who.accountId ?? 'unknown'}`,
    correlationId: context.correlationId,
  })
}
