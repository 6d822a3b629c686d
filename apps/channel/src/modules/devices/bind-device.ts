import {
  bindingProof,
  Refusal,
  type devicesBeginBinding,
  type devicesCompleteBinding,
  type devicesRequestCertificate,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { sm2Verify, Sm2PublicKey } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql, uuidv7 } from '@anqu/platform'
import { allowedSignature } from '../../http/allowed-signature.ts'
import { customerOf, type RequestContext } from '../../http/bound-route.ts'
import type { AuditEvent } from '../../needs/audit.ts'
import { checkRequest, subjectOf } from './certificate-request.ts'
import type { DeviceNeeds } from './module.ts'
import { endRenewals } from './renewal-store.ts'

type BindingRow = {
  binding_id: string
  account_id: string
  client_key_id: string
  device_id: string
  label: string
  environment_hash: string
  state: 'begun' | 'certified' | 'bound'
  certificate_serial: string | null
  public_key: Uint8Array | null
  certificate_expires_at_ms: bigint | null
  expires_at_ms: bigint
}

/** One of the ten steps of B-6.2.2-2, all under the binding's id as correlation id. */
const stepEvent = (
  binding: { bindingId: string; accountId: string; deviceId: string },
  what: { event: string; description: string; origin: string },
): AuditEvent => ({
  event: what.event,
  eventClass: 'device',
  outcome: 'success',
  subject: binding.accountId,
  description: what.description,
  origin: what.origin,
  resource: `device:${binding.deviceId}`,
  correlationId: binding.bindingId,
})

/** Step 1: the holder asks and is authenticated by session and code. */
export async function beginBinding(
  needs: DeviceNeeds,
  input: InputOf<typeof devicesBeginBinding>,
  context: RequestContext,
): Promise<OutputOf<typeof devicesBeginBinding>> {
  const { db, clock, audit } = needs
  const { accountId } = customerOf(context)
  await needs.verifyOtp(
    { otpId: input.otpId, otp: input.otp, purpose: 'bind-device', binding: accountId },
    accountId,
    context,
  )
  const nowMs = clock.nowMs()
  const [bindingId, deviceId] = [uuidv7(nowMs), uuidv7(nowMs)]
  const expiresAtMs = nowMs + policy.device.bindWithinMs
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      insert into device_binding (binding_id, account_id, client_key_id, device_id, label, environment_hash, state, created_at_ms, expires_at_ms)
      values (${bindingId}, ${accountId}, ${context.clientKeyId}, ${deviceId}, ${input.label},
        ${needs.environmentHash(input.environment)}, 'begun', ${nowMs}, ${expiresAtMs})`)
    await audit.recordIn(
      tx,
      stepEvent(
        { bindingId, accountId, deviceId },
        {
          event: 'device.binding-begun',
          description: 'Holder authenticated; the client is to make the key pair in the secure element',
          origin: context.origin,
        },
      ),
    )
  })
  return { bindingId, subject: subjectOf(deviceId), expiresAtMs }
}

export async function findBinding(
  needs: DeviceNeeds,
  bindingId: string,
  context: RequestContext,
): Promise<BindingRow> {
  const row = await needs.db.maybe<BindingRow>(sql`
    select binding_id, account_id, client_key_id, device_id, label, environment_hash, state, certificate_serial, public_key,
      certificate_expires_at_ms, expires_at_ms
    from device_binding where binding_id = ${bindingId} and account_id = ${customerOf(context).accountId}`)
  const fits = row?.client_key_id === context.clientKeyId && row.expires_at_ms > BigInt(needs.clock.nowMs())
  if (row === undefined || !fits)
    throw new Refusal('device.binding-failed', 'no such binding here, or too late')
  return row
}

/** Steps 4 to 7: the request arrives, is checked, goes to the CA and comes back as a certificate. */
export async function requestCertificate(
  needs: DeviceNeeds,
  input: InputOf<typeof devicesRequestCertificate>,
  context: RequestContext,
): Promise<OutputOf<typeof devicesRequestCertificate>> {
  const binding = await findBinding(needs, input.bindingId, context)
  if (binding.state === 'bound') throw new Refusal('device.already-bound')
  const csr = base64ToBytes(input.csr)
  const publicKey = checkRequest(csr, binding.device_id)
  await needs.assertProvisioned(binding.binding_id)
  const record = recorder(needs, binding, context)
  // Steps 2 and 3 happen inside the secure element; a request signed by the new pair is their proof.
  await record('device.key-pair-made', 'Key pair and signed request came out of the secure element')
  await record(
    'device.request-received',
    'Request checked against account and device and passed on to the CA',
  )
  const issued = await needs.issueCertificate({
    bindingId: binding.binding_id,
    csr,
    accountId: binding.account_id,
    deviceId: binding.device_id,
    origin: context.origin,
  })
  await needs.db.execute(sql`
    update device_binding set state = 'certified', certificate_serial = ${issued.serial}, public_key = ${publicKey.bytes},
      certificate_expires_at_ms = ${issued.notAfterMs}
    where binding_id = ${binding.binding_id} and state <> 'bound'`)
  await record('device.certificate-returned', 'Certificate handed to the client for installation')
  return {
    certificate: bytesToBase64(issued.certificate),
    chain: issued.chain.map((certificate) => bytesToBase64(certificate)),
  }
}

/** Records further steps of one binding. */
const recorder =
  (needs: DeviceNeeds, binding: BindingRow, context: RequestContext) =>
  (event: string, description: string): Promise<void> =>
    needs.audit.record(
      stepEvent(
        { bindingId: binding.binding_id, accountId: binding.account_id, deviceId: binding.device_id },
        { event, description, origin: context.origin },
      ),
    )

/** Steps 8 to 10 seen from here: the installed pair proves itself, the device is bound, an older binding is released. */
export async function completeBinding(
  needs: DeviceNeeds,
  input: InputOf<typeof devicesCompleteBinding>,
  context: RequestContext,
): Promise<OutputOf<typeof devicesCompleteBinding>> {
  const { db, clock, audit } = needs
  const binding = await findBinding(needs, input.bindingId, context)
  if (binding.state === 'bound') return { deviceId: binding.device_id }
  const { public_key: publicKey, certificate_serial: serial } = binding
  const proven =
    publicKey !== null &&
    serial !== null &&
    serial === input.certificateSerial &&
    sm2Verify(
      Sm2PublicKey.fromBytes(publicKey),
      bindingProof(binding.binding_id, serial),
      allowedSignature(input.proof),
    )
  if (!proven) throw new Refusal('device.binding-failed', 'the proof does not fit the certificate')
  const record = recorder(needs, binding, context)
  await record(
    'device.certificate-installed',
    'The secure element wrote the certificate and signed with its key',
  )
  const nowMs = clock.nowMs()
  await db.transaction(async (tx) => {
    // Of two requests that finish the same binding one does; the other finds it finished.
    const first = await tx.execute(sql`
      update device_binding set state = 'bound' where binding_id = ${binding.binding_id} and state = 'certified'`)
    if (first === 0) return
    await releaseOlder(needs, tx, { clientKeyId: context.clientKeyId, correlationId: binding.binding_id })
    await tx.execute(sql`
      insert into device (device_id, account_id, client_key_id, label, environment_hash, certificate_serial,
        certificate_expires_at_ms, state, bound_at_ms)
      values (${binding.device_id}, ${binding.account_id}, ${binding.client_key_id}, ${binding.label}, ${binding.environment_hash},
        ${serial}, ${binding.certificate_expires_at_ms}, 'active', ${nowMs})`)
    await audit.recordIn(
      tx,
      stepEvent(
        { bindingId: binding.binding_id, accountId: binding.account_id, deviceId: binding.device_id },
        {
          event: 'device.bound',
          description: 'Certificate installed in the secure element and proven by a signature; device bound',
          origin: context.origin,
        },
      ),
    )
    await needs.notifyIn(tx, binding.account_id, {
      title: { zh: '新设备已绑定', en: 'A new device was bound' },
      text: {
        zh: '如非本人操作，请立即在“我的设备”中解除绑定。',
        en: 'If this was not you, release it under “My devices” at once.',
      },
    })
  })
  return { deviceId: binding.device_id }
}

/** The new binding of an installation releases its older one, with the certificate (B-7.5.1.3-2). */
async function releaseOlder(
  needs: DeviceNeeds,
  tx: Parameters<DeviceNeeds['revokeIn']>[0],
  which: { clientKeyId: string; correlationId: string },
): Promise<void> {
  const older = await tx.query<{ device_id: string; certificate_serial: string }>(sql`
    update device set state = 'released', released_at_ms = ${needs.clock.nowMs()}
    where client_key_id = ${which.clientKeyId} and state = 'active' returning device_id, certificate_serial`)
  for (const { device_id: deviceId, certificate_serial: inUse } of older)
    for (const serial of [inUse, ...(await endRenewals(tx, deviceId))])
      await needs.revokeIn(tx, { serial, cause: 'superseded', correlationId: which.correlationId })
}
