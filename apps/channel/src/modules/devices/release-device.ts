import { Refusal, releaseOrder, type devicesRelease, type InputOf } from '@anqu/contract'
import { sql } from '@anqu/platform'
import { allowedSignature } from '../../http/allowed-signature.ts'
import { customerOf, type RequestContext } from '../../http/bound-route.ts'
import type { RevocationCause } from '../../needs/revocation.ts'
import type { DeviceNeeds } from './module.ts'
import { deviceBinding, requireActive } from './own-device.ts'
import { endRenewals } from './renewal-store.ts'

type Input = InputOf<typeof devicesRelease>

const causes: Readonly<Record<Input['reason'], RevocationCause>> = {
  lost: 'lost',
  exposed: 'exposed',
  replaced: 'replaced',
  unused: 'released',
}
/** Whoever has the device may use it: its card is locked at its next contact. */
const dangerous: ReadonlySet<Input['reason']> = new Set(['lost', 'exposed'])

/** Releases a device, a lost one too: its certificate is revoked at both systems and its sessions end (C-6.3.1-g). */
export async function releaseDevice(
  needs: DeviceNeeds,
  input: Input,
  context: RequestContext,
): Promise<void> {
  const { db, clock, audit } = needs
  const { deviceId, reason } = input
  const { accountId, sessionId } = customerOf(context)
  const { certificate_serial: serial } = await requireActive(db, { accountId, deviceId })
  await verifyWish(needs, input, { accountId, serial, context })
  await db.transaction(async (tx) => {
    // The certificate of now: a renewal may have come in between.
    const row = await tx.maybe<{ certificate_serial: string; client_key_id: string }>(sql`
      update device set state = 'released', released_at_ms = ${clock.nowMs()}
      where device_id = ${deviceId} and account_id = ${accountId} and state = 'active'
      returning certificate_serial, client_key_id`)
    if (row === undefined) throw new Refusal('request.not-found', 'no such active device')
    const { correlationId } = context
    const revoking = [row.certificate_serial, ...(await endRenewals(tx, deviceId))]
    for (const revoked of revoking)
      await needs.revokeIn(tx, { serial: revoked, cause: causes[reason], correlationId })
    if (row.client_key_id !== context.clientKeyId) {
      await needs.endOtherSessionsOf(tx, { accountId, sessionId }, 'session.environment-changed')
      await needs.cardLostIn(tx, {
        accountId,
        clientKeyId: row.client_key_id,
        reason: `released by the holder: ${reason}`,
        correlationId,
      })
    }
    await audit.recordIn(tx, {
      event: 'device.released',
      eventClass: 'device',
      outcome: 'success',
      subject: accountId,
      description: 'Holder released a device; its certificate is revoked',
      origin: context.origin,
      resource: `device:${deviceId}`,
      correlationId,
      fields: { reason, factor: input.factor.kind },
    })
    await needs.notifyIn(tx, accountId, notices[dangerous.has(reason) ? 'reported' : 'released'])
  })
}

const notices = {
  reported: {
    title: { zh: '设备已挂失', en: 'A device was reported' },
    text: {
      zh: '该设备上的证书已吊销，不能再用于交易。请在新设备上重新绑定。',
      en: 'Its certificate is revoked and cannot be used any more. Please bind another device.',
    },
  },
  released: {
    title: { zh: '设备已解除绑定', en: 'A device was released' },
    text: {
      zh: '该设备上的证书已吊销，不能再用于交易。',
      en: 'Its certificate is revoked and cannot be used any more.',
    },
  },
} as const

async function verifyWish(
  needs: DeviceNeeds,
  { deviceId, reason, factor }: Input,
  { accountId, serial, context }: { accountId: string; serial: string; context: RequestContext },
): Promise<void> {
  if (factor.kind === 'password') return needs.verifyTransactionPassword(accountId, factor.secret, context)
  if (factor.kind === 'otp') {
    const { otpId, otp } = factor
    const binding = deviceBinding(accountId, deviceId)
    return needs.verifyOtp({ otpId, otp, purpose: 'release-device', binding }, accountId, context)
  }
  const message = releaseOrder(deviceId, serial, reason)
  const signature = allowedSignature(factor.signature)
  if (!(await needs.signedByHolder({ serial, accountId, deviceId, message, signature })))
    throw new Refusal('factor.rejected', 'not signed by the key of this device')
}
