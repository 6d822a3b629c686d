import { sql, type Sql, type Transaction } from '@anqu/platform'

export type CertificateState = 'active' | 'suspended' | 'revoked'

/** Tells a customer something, with the caller's transaction. */
export type NotifyIn = (
  tx: Transaction,
  accountId: string,
  notice: { title: { zh: string; en: string }; text: { zh: string; en: string } },
) => Promise<void>

/** Revoked is for good. */
const from: Readonly<Record<CertificateState, Sql>> = {
  // A hold that the CA was not told of yet is newer than what it says.
  active: sql`state = 'suspended' and not exists (
    select 1 from certificate_order o where o.serial = certificate.serial and o.kind = 'suspend' and o.state = 'queued')`,
  suspended: sql`state = 'active'`,
  revoked: sql`state <> 'revoked'`,
}

const notices = {
  active: {
    title: { zh: '证书已恢复使用', en: 'Your certificate can be used again' },
    text: { zh: '您的数字证书已解除冻结，可以继续办理业务。', en: 'The hold on it was lifted.' },
  },
  suspended: {
    title: { zh: '证书已冻结', en: 'Your certificate is on hold' },
    text: {
      zh: '您的数字证书已被冻结，暂不能用于交易。如有疑问，请联系客服。',
      en: 'It cannot be used for payments for now. Please contact us if this surprises you.',
    },
  },
  revoked: {
    title: { zh: '证书已吊销', en: 'Your certificate was revoked' },
    text: {
      zh: '您的数字证书已被吊销，不能再用于交易。请联系客服，并在核实后重新绑定设备。',
      en: 'It cannot be used any more. Please contact us and bind your device again.',
    },
  },
} as const

/** Takes over a state the CA has. False when the channel held it so already, or does not know the certificate. */
export async function takeOverState(
  tx: Transaction,
  { serial, state, notifyIn }: { serial: string; state: CertificateState; notifyIn: NotifyIn | undefined },
): Promise<boolean> {
  const row = await tx.maybe<{ account_id: string }>(sql`
    update certificate set state = ${state} where serial = ${serial} and ${from[state]} returning account_id`)
  if (row === undefined) return false
  await notifyIn?.(tx, row.account_id, notices[state])
  return true
}
