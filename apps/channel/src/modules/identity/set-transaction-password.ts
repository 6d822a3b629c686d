import type { identitySetTransactionPassword, InputOf } from '@anqu/contract'
import type { RequestContext } from '../../http/bound-route.ts'
import type { IdentityNeeds, Person } from './module.ts'
import { newPassword, ownDataOf } from './register.ts'

/** Sets or replaces the second password of fund operations after a code to the registered phone (C-6.3.2-e-s1). */
export async function setTransactionPassword(
  needs: IdentityNeeds & { person: (accountId: string) => Promise<Person> },
  request: {
    input: InputOf<typeof identitySetTransactionPassword>
    accountId: string
    context: RequestContext
  },
): Promise<{ changed: true }> {
  const { db, audit, factors } = needs
  const { input, accountId, context } = request
  const sealedHash = await newPassword(needs, input, {
    subject: accountId,
    kind: 'transaction',
    purpose: 'set-transaction-password',
    ownData: ownDataOf(await needs.person(accountId)),
    clientKey: context.clientKey,
  })
  await factors.verifyCustomerOtp(
    { otpId: input.otpId, otp: input.otp, purpose: 'set-transaction-password', binding: accountId },
    accountId,
    context,
  )
  await db.transaction(async (tx) => {
    await factors.passwords.storeIn(tx, accountId, 'transaction', sealedHash)
    await audit.recordIn(tx, {
      event: 'identity.transaction-password-set',
      eventClass: 'identity',
      outcome: 'success',
      subject: accountId,
      description: 'Set the transaction password after a code',
      origin: context.origin,
      resource: `account:${accountId}`,
      correlationId: context.correlationId,
    })
    await needs.notifyIn(tx, accountId, {
      title: { zh: '交易密码已设置', en: 'Transaction password set' },
      text: {
        zh: '如非本人操作，请立即联系客服。',
        en: 'If this was not you, contact us at once.',
      },
    })
  })
  return { changed: true }
}
