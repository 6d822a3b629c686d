import { Refusal, type identityRegister, type InputOf, type OutputOf } from '@anqu/contract'
import { utf8ToBytes } from '@anqu/encoding'
import { constantTimeEqual } from '@anqu/gm-crypto'
import { isUniqueViolation, sql, uuidv7 } from '@anqu/platform'
import type { RequestContext } from '../../http/bound-route.ts'
import { registrationBinding } from '../factors/index.ts'
import { isAdult } from './domain/age.ts'
import type { IdentityNeeds } from './module.ts'

type Input = InputOf<typeof identityRegister>

/** The two entries of a new password, opened, compared and checked; answers the sealed hash. */
export async function newPassword(
  needs: Pick<IdentityNeeds, 'factors'>,
  entries: { password: Input['password']; repeat: Input['repeat'] },
  owner: {
    subject: string
    kind: 'login' | 'transaction'
    purpose: 'register' | 'set-transaction-password'
    ownData: readonly string[]
    clientKey: Uint8Array
  },
): Promise<Uint8Array> {
  const { keyboards, passwords } = needs.factors
  const expected = { purpose: owner.purpose, clientKey: owner.clientKey }
  return keyboards.read(entries.password, expected, (first) =>
    keyboards.read(entries.repeat, expected, async (second) => {
      const same = first.use((a) => second.use((b) => constantTimeEqual(a, b)))
      if (!same) throw new Refusal('password.entries-differ')
      await passwords.assertAcceptable(owner.subject, owner.kind, first, owner.ownData)
      return passwords.hash(first)
    }),
  )
}

/** Pieces of a person's own data that a password must not contain (A-6.7.1-3). */
export const ownDataOf = (person: { idNumber: string; phone: string }): string[] => [
  person.idNumber.slice(6, 14),
  person.idNumber.slice(-6),
  person.idNumber,
  person.phone,
]

/**
 * Registration under the real name (A-4.1-1): consent, code to the phone, password. A phone or identity number that is
 * registered already gets the same answer as a new one that fails, so that nobody can ask who is a customer.
 */
export async function register(
  needs: IdentityNeeds,
  input: Input,
  context: RequestContext,
): Promise<OutputOf<typeof identityRegister>> {
  const { clock, factors } = needs
  await needs.assertConsent(input.consentId, context.clientKeyId)
  if (!isAdult(input.idNumber, clock.nowMs())) throw new Refusal('identity.under-age')
  const accountId = uuidv7(clock.nowMs())
  // The password is judged first: a weak one must not cost the customer the code.
  const sealedHash = await newPassword(needs, input, {
    subject: accountId,
    kind: 'login',
    purpose: 'register',
    ownData: ownDataOf(input),
    clientKey: context.clientKey,
  })
  const binding = registrationBinding(input.phone, context)
  await factors.otp.verify({ otpId: input.otpId, otp: input.otp, purpose: 'register', binding })
  await storeAccount(needs, { input, accountId, sealedHash, context })
  return { registered: true }
}

async function storeAccount(
  needs: IdentityNeeds,
  account: { input: Input; accountId: string; sealedHash: Uint8Array; context: RequestContext },
): Promise<void> {
  const { db, clock, keys, audit, factors } = needs
  const { input, accountId, sealedHash, context } = account
  const seal = (purpose: string, value: string): Promise<Uint8Array> =>
    keys.sealFor(accountId, `identity.${purpose}`, utf8ToBytes(value))
  const [name, idNumber, phone] = [
    await seal('name', input.name),
    await seal('id-number', input.idNumber),
    await seal('phone', input.phone),
  ]
  try {
    await db.transaction(async (tx) => {
      await tx.execute(sql`
        insert into account (account_id, phone_lookup, id_number_lookup, name_sealed, id_number_sealed, phone_sealed, state, registered_at_ms)
        values (${accountId}, ${keys.lookup('phone', input.phone)}, ${keys.lookup('id-number', input.idNumber)}, ${name}, ${idNumber}, ${phone},
          'active', ${clock.nowMs()})`)
      await factors.passwords.storeIn(tx, accountId, 'login', sealedHash)
      await needs.attachConsentIn(tx, input.consentId, accountId)
      await audit.recordIn(tx, {
        event: 'identity.registered',
        eventClass: 'identity',
        outcome: 'success',
        subject: accountId,
        description: 'Registered under the real name, phone proven by code',
        origin: context.origin,
        resource: `account:${accountId}`,
        correlationId: context.correlationId,
        fields: { proofing: 'phone-code' },
      })
      await needs.notifyIn(tx, accountId, {
        title: { zh: '欢迎使用安渠', en: 'Welcome to Anqu' },
        text: {
          zh: '注册成功。绑定设备并设置交易密码后即可投保和支付。',
          en: 'You are registered. Bind this device and set a transaction password to insure and pay.',
        },
      })
    })
  } catch (error) {
    if (isUniqueViolation(error))
      throw new Refusal('identity.not-accepted', 'phone or identity number is registered')
    throw error
  }
}
