import {
  factorsCaptcha,
  factorsKeyboard,
  factorsRequestOtp,
  Refusal,
  staffKeyboard,
  type InputOf,
} from '@anqu/contract'
import type { ServerAgreement } from '@anqu/message'
import type { Clock, Db, ShortLivedStore } from '@anqu/platform'
import { bind, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'
import { createGuard, transactionScope, type Guard } from './guard.ts'
import { createKeyboards, type Keyboards, type SecretEntry } from './keyboards.ts'
import { createOtp, type Otp, type OtpOrder, type SendSms } from './otp.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { captchaBinding, createPictures, type Pictures, type Witness } from './pictures.ts'

export type FactorsNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly store: ShortLivedStore
  readonly audit: AuditLog
  readonly keys: Pick<Keys, 'seal' | 'open' | 'lookup'>
  readonly agree: ServerAgreement
  readonly sendSms: SendSms
  readonly witness: Witness | undefined
  /** For every purpose but registration: whom the code goes to and what it is bound to. Throws when it may not be asked. */
  readonly otpOrder: (
    request: Exclude<InputOf<typeof factorsRequestOtp>, { purpose: 'register' }>,
    context: RequestContext,
  ) => Promise<OtpOrder>
}

export type Factors = {
  readonly routes: BoundRoute[]
  readonly guard: Guard
  readonly keyboards: Keyboards
  readonly otp: Otp
  readonly passwords: Passwords
  readonly pictures: Pictures
  /** The second password of a fund operation, counted and locked apart from the login password. */
  verifyTransactionPassword(accountId: string, entry: SecretEntry, context: RequestContext): Promise<void>
  /** A code of a logged-in customer, with its own counter over all codes. */
  verifyCustomerOtp(
    entry: { otpId: string; otp: string; purpose: OtpOrder['purpose']; binding: string },
    accountId: string,
    context: RequestContext,
  ): Promise<void>
}

/** Everything a person proves himself with, and the counters that limit guessing. A captcha is no factor (A-6.3-5). */
export function createFactors(needs: FactorsNeeds): Factors {
  const { audit } = needs
  const guard = createGuard(needs)
  const pictures = createPictures(needs)
  const otp = createOtp(needs)
  const passwords = createPasswords(needs)
  const keyboards = createKeyboards(needs)

  const recordUse = (
    what: { factor: string; outcome: 'success' | 'failure'; subject: string },
    context: RequestContext,
  ) =>
    audit.record({
      event: `factor.${what.factor}`,
      eventClass: 'login',
      outcome: what.outcome,
      subject: what.subject,
      description: `Verification by ${what.factor}`,
      origin: context.origin,
      resource: `account:${what.subject}`,
      correlationId: context.correlationId,
    })

  /** Counts first, verifies, and takes the count back when it was right (A-6.8-1). */
  const guarded = async (
    attempt: { subject: string; scope: string; factor: string },
    context: RequestContext,
    verify: () => Promise<boolean>,
  ): Promise<void> => {
    const { subject, scope, factor } = attempt
    await guard.begin(subject, scope)
    const right = await verify()
    await recordUse({ factor, outcome: right ? 'success' : 'failure', subject }, context)
    if (!right) throw new Refusal('factor.rejected', factor)
    await guard.passed(subject, scope)
  }

  return {
    guard,
    pictures,
    otp,
    passwords,
    keyboards,
    async verifyTransactionPassword(accountId, entry, context) {
      if ((await passwords.find(accountId, 'transaction')) === undefined)
        throw new Refusal('password.not-set')
      const attempt = {
        subject: accountId,
        scope: `transaction-password/${context.customer?.deviceId ?? 'elsewhere'}`,
        factor: 'transaction-password',
      }
      await guarded(attempt, context, () =>
        keyboards.read(entry, { purpose: 'operation', clientKey: context.clientKey }, (secret) =>
          passwords.matches(accountId, 'transaction', secret),
        ),
      )
    },
    async verifyCustomerOtp(entry, accountId, context) {
      const attempt = { subject: accountId, scope: `otp/${entry.purpose}`, factor: 'otp' }
      await guarded(attempt, context, () => passes(() => otp.verify(entry)))
    },
    routes: factorRoutes(needs, { pictures, otp, keyboards }),
  }
}

function factorRoutes(
  needs: FactorsNeeds,
  { pictures, otp, keyboards }: Pick<Factors, 'pictures' | 'otp' | 'keyboards'>,
): BoundRoute[] {
  return [
    bind(factorsCaptcha, () => pictures.issueCaptcha()),
    bind(factorsKeyboard, ({ purpose, offer }, context) => {
      if (purpose === 'staff-login')
        throw new Refusal('request.malformed', 'a staff keyboard on the customer side')
      return keyboards.issue({ purpose, offer, clientKey: context.clientKey })
    }),
    bind(staffKeyboard, ({ purpose, offer }, context) => {
      if (purpose !== 'staff-login')
        throw new Refusal('request.malformed', 'a customer keyboard on the staff side')
      return keyboards.issue({ purpose, offer, clientKey: context.clientKey })
    }),
    bind(factorsRequestOtp, async (input, context) => {
      if (input.purpose !== 'register') return otp.send(await needs.otpOrder(input, context))
      // No account yet: the picture keeps machines from sending messages to strangers.
      await pictures.verify({
        pictureId: input.pictureId,
        answer: input.pictureAnswer,
        binding: captchaBinding,
      })
      return otp.send({
        purpose: 'register',
        binding: registrationBinding(input.phone, context),
        phone: input.phone,
      })
    }),
  ]
}

/** A registration code is good for this phone on this installation. */
export const registrationBinding = (phone: string, context: Pick<RequestContext, 'clientKeyId'>): string =>
  `register:${phone}:${context.clientKeyId}`

/** Turns the refusal of a check into false; anything else is a fault and goes on. */
async function passes(check: () => Promise<void>): Promise<boolean> {
  try {
    await check()
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

export { transactionScope }
