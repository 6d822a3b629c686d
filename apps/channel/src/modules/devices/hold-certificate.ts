import { Refusal, type certificatesResume, type certificatesSuspend, type InputOf } from '@anqu/contract'
import { customerOf, type RequestContext } from '../../http/bound-route.ts'
import type { AuditEvent } from '../../needs/audit.ts'
import type { DeviceNeeds } from './module.ts'
import { deviceBinding, requireActive } from './own-device.ts'

const holdEvent = (
  what: { event: string; description: string; deviceId: string; accountId: string },
  context: RequestContext,
): AuditEvent => ({
  event: what.event,
  eventClass: 'certificate',
  outcome: 'success',
  subject: what.accountId,
  description: what.description,
  origin: context.origin,
  resource: `device:${what.deviceId}`,
  correlationId: context.correlationId,
})

/** The device is not at hand and may be found again: out of use here at once, at the CA as soon as it hears of it. */
export async function suspendCertificate(
  needs: DeviceNeeds,
  { deviceId, secret }: InputOf<typeof certificatesSuspend>,
  context: RequestContext,
): Promise<void> {
  const { accountId } = customerOf(context)
  const { certificate_serial: serial } = await requireActive(needs.db, { accountId, deviceId })
  await needs.verifyTransactionPassword(accountId, secret, context)
  await needs.db.transaction(async (tx) => {
    await needs.suspendIn(tx, { serial, correlationId: context.correlationId })
    const description = 'The holder put the certificate of a device on hold'
    await needs.audit.recordIn(
      tx,
      holdEvent({ event: 'certificate.suspended', description, deviceId, accountId }, context),
    )
    await needs.notifyIn(tx, accountId, {
      title: { zh: '证书已暂停使用', en: 'Your certificate is on hold' },
      text: {
        zh: '该设备暂不能用于交易。找到设备后可恢复使用；确认丢失请立即挂失。',
        en: 'The device cannot pay for now. Lift the hold when you have found it; report it when it is lost.',
      },
    })
  })
}

/** Lifts the holder's own hold; one of staff stays. Both factors: who found the phone may receive its messages. */
export async function resumeCertificate(
  needs: DeviceNeeds,
  { deviceId, secret, otpId, otp }: InputOf<typeof certificatesResume>,
  context: RequestContext,
): Promise<void> {
  const { accountId } = customerOf(context)
  const { certificate_serial: serial } = await requireActive(needs.db, { accountId, deviceId })
  const [certificate] = await needs.certificateStates([serial])
  if (certificate?.state !== 'suspended') throw new Refusal('certificate.not-possible', certificate?.state)
  await needs.verifyTransactionPassword(accountId, secret, context)
  const binding = deviceBinding(accountId, deviceId)
  await needs.verifyOtp({ otpId, otp, purpose: 'resume-certificate', binding }, accountId, context)
  await needs.resumeCertificate({ serial, correlationId: context.correlationId })
  const description = 'The holder lifted the hold on the certificate of a device'
  await needs.audit.record(
    holdEvent({ event: 'certificate.resumed', description, deviceId, accountId }, context),
  )
  await needs.db.transaction((tx) =>
    needs.notifyIn(tx, accountId, {
      title: { zh: '证书已恢复使用', en: 'The hold was lifted' },
      text: {
        zh: '该设备可以继续用于交易。如非本人操作，请立即挂失。',
        en: 'The device can pay again. If this was not you, report it at once.',
      },
    }),
  )
}
