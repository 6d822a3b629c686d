import {
  Refusal,
  renewalOrder,
  renewalProof,
  type certificatesBeginRenewal,
  type certificatesCompleteRenewal,
  type certificatesRenew,
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
import * as store from './renewal-store.ts'

const failed = (why: string): Refusal => new Refusal('certificate.renewal-failed', why)

const renewalEvent = (
  row: Pick<store.RenewalRow, 'renewal_id' | 'account_id' | 'device_id'>,
  what: { event: string; description: string; origin: string },
): AuditEvent => ({
  ...what,
  eventClass: 'certificate',
  outcome: 'success',
  subject: row.account_id,
  resource: `device:${row.device_id}`,
  correlationId: row.renewal_id,
})

/** The bound device that asks, with the certificate it signs by. */
async function ownDevice(needs: DeviceNeeds, context: RequestContext) {
  const { accountId, deviceId } = customerOf(context)
  if (deviceId === null) throw new Refusal('device.not-bound')
  const { serial } = await needs.db.one<{ serial: string }>(
    sql`select certificate_serial as serial from device where device_id = ${deviceId}`,
  )
  return { accountId, deviceId, serial }
}

/** Begins a renewal, or answers the one that was cut off, with what was issued for it. An expired certificate binds anew. */
export async function beginRenewal(
  needs: DeviceNeeds,
  { certificateSerial, instead }: InputOf<typeof certificatesBeginRenewal>,
  context: RequestContext,
): Promise<OutputOf<typeof certificatesBeginRenewal>> {
  const { db, clock } = needs
  const device = await ownDevice(needs, context)
  if (device.serial !== certificateSerial) {
    const done = await store.findDone(db, device.deviceId, certificateSerial)
    if (done === undefined) throw failed('not the certificate of this device')
    return published(done)
  }
  const open = await store.findOpenRenewal(db, device.deviceId)
  const nowMs = clock.nowMs()
  if (open !== undefined) {
    const tooLate = open.state === 'begun' && open.expires_at_ms <= BigInt(nowMs)
    if (open.renewal_id !== instead && !tooLate) return goOn(needs, open, context.origin)
    await giveUp(needs, open)
  }
  await assertRenewable(needs, device.serial)
  const renewalId = uuidv7(nowMs)
  await store.insertRenewal(db, {
    renewal_id: renewalId,
    account_id: device.accountId,
    device_id: device.deviceId,
    former_serial: device.serial,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + policy.device.bindWithinMs,
  })
  // Of two that begin at once one is added; both go on with it.
  const begun = await store.findOpenRenewal(db, device.deviceId)
  if (begun === undefined) throw failed('ended by another request')
  return published(begun)
}

/** A request that was kept and never answered is asked again here. */
async function goOn(
  needs: DeviceNeeds,
  row: store.RenewalRow,
  origin: string,
): Promise<OutputOf<typeof certificatesBeginRenewal>> {
  const { csr } = row
  if (csr === null || row.issued !== null) return published(row)
  return published({ ...row, issued: await certified(needs, { ...row, csr }, origin) })
}

const published = (row: store.RenewalRow): OutputOf<typeof certificatesBeginRenewal> => ({
  renewalId: row.renewal_id,
  certificateSerial: row.former_serial,
  subject: subjectOf(row.device_id),
  issued: row.issued,
})

/** The new key is lost: what was issued for it is revoked, and the certificate in use stays. */
async function giveUp(needs: DeviceNeeds, row: store.RenewalRow): Promise<void> {
  await needs.db.transaction(async (tx) => {
    const ended = await store.abandon(tx, row.renewal_id)
    if (ended === 1 && row.certificate_serial !== null)
      await needs.revokeIn(tx, {
        serial: row.certificate_serial,
        cause: 'superseded',
        correlationId: row.renewal_id,
      })
  })
}

async function assertRenewable(needs: DeviceNeeds, serial: string): Promise<void> {
  const [certificate] = await needs.certificateStates([serial])
  if (certificate?.state === 'expired') throw new Refusal('certificate.expired')
  if (certificate?.state !== 'good') throw new Refusal('certificate.not-usable', certificate?.state)
}

/** The request for the new key, signed by the key in use under the PIN: the holder asks (B-7.3.1.3-1). */
export async function requestRenewal(
  needs: DeviceNeeds,
  { renewalId, csr, signature }: InputOf<typeof certificatesRenew>,
  context: RequestContext,
): Promise<OutputOf<typeof certificatesRenew>> {
  const { deviceId } = await ownDevice(needs, context)
  const row = await store.findRenewal(needs.db, renewalId, deviceId)
  if (row === undefined) throw failed('no such renewal here')
  if (row.csr !== null && row.csr !== csr) throw failed('asked with another request before')
  if (row.state === 'certified' && row.issued !== null) return row.issued
  if (row.state !== 'begun' || row.expires_at_ms <= BigInt(needs.clock.nowMs())) throw failed(row.state)
  const publicKey = checkRequest(base64ToBytes(csr), deviceId)
  await verifyHolder(needs, row, { csr, signature })
  await needs.audit.record(
    renewalEvent(row, {
      event: 'certificate.renewal-requested',
      description: 'The holder asked for a new certificate, signed by the one in use',
      origin: context.origin,
    }),
  )
  // Kept before the CA is asked: after a crash in between the same request is asked again, and gets the same answer.
  const kept = await store.keepRequest(needs.db, renewalId, { csr, publicKey: publicKey.bytes })
  if (kept === 0 && row.csr === null) throw failed('another request came first')
  return certified(needs, { ...row, csr }, context.origin)
}

/** Asks the CA for what was verified and kept. */
async function certified(
  needs: DeviceNeeds,
  row: store.RenewalRow & { csr: string },
  origin: string,
): Promise<store.Issued> {
  const { renewal_id: renewalId, former_serial: serial, account_id: accountId, device_id: deviceId } = row
  const order = { renewalId, serial, csr: base64ToBytes(row.csr), accountId, deviceId, origin }
  const answer = await needs.renewCertificate(order).catch(async (error: unknown) => {
    // The CA's no is final: the next attempt begins anew.
    if (error instanceof Refusal && error.code === 'certificate.refused')
      await store.abandon(needs.db, renewalId)
    throw error
  })
  const issued = {
    certificate: bytesToBase64(answer.certificate),
    chain: answer.chain.map((der) => bytesToBase64(der)),
  }
  await store.certify(needs.db, renewalId, {
    serial: answer.serial,
    expiresAtMs: answer.notAfterMs,
    issued,
  })
  return issued
}

/** Steps 6 and 7 of B-6.2.5-1 for the certificate in use. */
async function verifyHolder(
  needs: DeviceNeeds,
  row: store.RenewalRow,
  { csr, signature }: Pick<InputOf<typeof certificatesRenew>, 'csr' | 'signature'>,
): Promise<void> {
  try {
    await needs.verifySignature({
      accountId: row.account_id,
      deviceId: row.device_id,
      certificateSerial: row.former_serial,
      message: renewalOrder(row.renewal_id, row.former_serial, csr),
      signature: allowedSignature(signature),
      correlationId: row.renewal_id,
    })
  } catch (error) {
    // Its words are about money.
    if (error instanceof Refusal && error.code === 'operation.signature-rejected') throw failed(error.detail)
    throw error
  }
}

/** The new pair proves itself; from here on the device signs by it, and the CA is told until the former one is gone. */
export async function completeRenewal(
  needs: DeviceNeeds,
  input: InputOf<typeof certificatesCompleteRenewal>,
  context: RequestContext,
): Promise<OutputOf<typeof certificatesCompleteRenewal>> {
  const { deviceId } = await ownDevice(needs, context)
  const row = await store.findRenewal(needs.db, input.renewalId, deviceId)
  const { public_key: publicKey, certificate_serial: serial } = row ?? {}
  if (row === undefined || publicKey == null || serial == null || serial !== input.certificateSerial)
    throw failed('no such certificate was issued here')
  if (row.state === 'abandoned') throw failed('given up')
  const message = renewalProof(row.renewal_id, serial)
  if (!sm2Verify(Sm2PublicKey.fromBytes(publicKey), message, allowedSignature(input.proof)))
    throw failed('the proof does not fit the certificate')
  await replace(needs, row, { serial, origin: context.origin })
  return { certificateSerial: serial, expiresAtMs: Number(row.certificate_expires_at_ms) }
}

async function replace(
  { db, audit, installedIn, notifyIn }: DeviceNeeds,
  row: store.RenewalRow,
  { serial, origin }: { serial: string; origin: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    if ((await store.finish(tx, row.renewal_id)) === 0) return
    await tx.execute(sql`
      update device set certificate_serial = ${serial}, certificate_expires_at_ms = ${row.certificate_expires_at_ms}
      where device_id = ${row.device_id}`)
    await installedIn(tx, { serial, former: row.former_serial, correlationId: row.renewal_id })
    await audit.recordIn(
      tx,
      renewalEvent(row, {
        event: 'certificate.renewal-installed',
        description: 'The new certificate is in the secure element and signed; the former one is given up',
        origin,
      }),
    )
    await notifyIn(tx, row.account_id, {
      title: { zh: '证书已更新', en: 'Your certificate was renewed' },
      text: {
        zh: '本设备的新证书已启用，旧证书已停用。如非本人操作，请立即挂失。',
        en: 'The new certificate of your device is in use and the old one is not. If this was not you, report the device at once.',
      },
    })
  })
}
