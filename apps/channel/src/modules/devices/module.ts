import {
  devicesBeginBinding,
  devicesCompleteBinding,
  devicesList,
  devicesRelease,
  devicesRequestCertificate,
  Refusal,
  type InputOf,
} from '@anqu/contract'
import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import { bind, customerOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { RevocationOrder } from '../../needs/revocation.ts'
import { beginBinding, completeBinding, findBinding, requestCertificate } from './bind-device.ts'
import { certificateRoutes } from './certificate-routes.ts'

type Text = { zh: string; en: string }

export type DeviceNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly audit: AuditLog
  readonly environmentHash: (environment: InputOf<typeof devicesBeginBinding>['environment']) => string
  readonly verifyOtp: (
    entry: { otpId: string; otp: string; purpose: 'bind-device'; binding: string },
    accountId: string,
    context: RequestContext,
  ) => Promise<void>
  readonly issueCertificate: (request: {
    bindingId: string
    csr: Uint8Array
    accountId: string
    deviceId: string
    origin: string
  }) => Promise<{ certificate: Uint8Array; chain: Uint8Array[]; serial: string; notAfterMs: number }>
  readonly revokeIn: (tx: Transaction, order: RevocationOrder) => Promise<void>
  /** As registered here: state, end, and whether it is time to renew. */
  readonly certificateStates: (serials: readonly string[]) => Promise<
    {
      serial: string
      expiresAtMs: number
      daysLeft: number
      state: 'good' | 'suspended' | 'expired' | 'revoked'
      nearExpiry: boolean
    }[]
  >
  /** Throws unless the certificate is good and its key made the signature. */
  readonly verifySignature: (claim: {
    accountId: string
    deviceId: string
    certificateSerial: string
    message: Uint8Array
    signature: Uint8Array
    correlationId: string
  }) => Promise<void>
  readonly renewCertificate: (request: {
    renewalId: string
    serial: string
    csr: Uint8Array
    accountId: string
    deviceId: string
    origin: string
  }) => Promise<{ certificate: Uint8Array; chain: Uint8Array[]; serial: string; notAfterMs: number }>
  /** The renewed certificate took the place of the former one. */
  readonly installedIn: (
    tx: Transaction,
    request: { serial: string; former: string; correlationId: string },
  ) => Promise<void>
  /** Throws unless the secure element of this binding was provisioned by the TSM. */
  readonly assertProvisioned: (bindingId: string) => Promise<void>
  /** Locks the cards of a client instance that was reported lost. */
  readonly cardLostIn: (
    tx: Transaction,
    lost: { accountId: string; clientKeyId: string; reason: string; correlationId: string },
  ) => Promise<void>
  readonly endSessionsOf: (tx: Transaction, accountId: string, reason: string) => Promise<void>
  readonly notifyIn: (
    tx: Transaction,
    accountId: string,
    notice: { title: Text; text: Text },
  ) => Promise<void>
}

export type Devices = {
  readonly routes: BoundRoute[]
  boundDevice(accountId: string, clientKeyId: string): Promise<string | null>
  countActive(): Promise<number>
  /** Throws unless this binding is open, of this customer and this client instance. */
  assertOpenBinding(bindingId: string, context: RequestContext): Promise<void>
}

type Row = {
  device_id: string
  label: string
  client_key_id: string
  certificate_serial: string
  certificate_expires_at_ms: bigint
  state: 'active' | 'released'
  bound_at_ms: bigint
}
const listLength = 20

export function createDevices(needs: DeviceNeeds): Devices {
  const { db } = needs
  return {
    async boundDevice(accountId, clientKeyId) {
      const row = await db.maybe<{ device_id: string }>(sql`
        select device_id from device where account_id = ${accountId} and client_key_id = ${clientKeyId} and state = 'active'`)
      return row?.device_id ?? null
    },
    async countActive() {
      const row = await db.one<{ count: bigint }>(
        sql`select count(*) as count from device where state = 'active'`,
      )
      return Number(row.count)
    },
    async assertOpenBinding(bindingId, context) {
      const { state } = await findBinding(needs, bindingId, context)
      if (state === 'bound') throw new Refusal('device.already-bound')
    },
    routes: [
      ...certificateRoutes(needs),
      bind(devicesBeginBinding, (input, context) => beginBinding(needs, input, context)),
      bind(devicesRequestCertificate, (input, context) => requestCertificate(needs, input, context)),
      bind(devicesCompleteBinding, (input, context) => completeBinding(needs, input, context)),
      bind(devicesList, async (_input, context) => {
        const rows = await db.query<Row>(sql`
          select device_id, label, client_key_id, certificate_serial, certificate_expires_at_ms, state, bound_at_ms
          from device where account_id = ${customerOf(context).accountId} order by bound_at_ms desc limit ${listLength}`)
        return {
          devices: rows.map((row) => ({
            deviceId: row.device_id,
            label: row.label,
            boundAtMs: Number(row.bound_at_ms),
            lastSeenAtMs: Number(row.bound_at_ms),
            current: row.client_key_id === context.clientKeyId && row.state === 'active',
            certificateSerial: row.certificate_serial,
            certificateExpiresAtMs: Number(row.certificate_expires_at_ms),
            state: row.state,
          })),
        }
      }),
      bind(devicesRelease, async ({ deviceId }, context) => {
        await release(needs, deviceId, context)
        return { released: true as const }
      }),
    ],
  }
}

/** Releases a device, a lost one too: its certificate is revoked at both systems and its sessions end (C-6.3.1-g). */
async function release(needs: DeviceNeeds, deviceId: string, context: RequestContext): Promise<void> {
  const { db, clock, audit } = needs
  const { accountId } = customerOf(context)
  await db.transaction(async (tx) => {
    const row = await tx.maybe<{ certificate_serial: string; client_key_id: string }>(sql`
      update device set state = 'released', released_at_ms = ${clock.nowMs()}
      where device_id = ${deviceId} and account_id = ${accountId} and state = 'active'
      returning certificate_serial, client_key_id`)
    if (row === undefined) throw new Refusal('request.not-found', 'no such active device')
    const here = row.client_key_id === context.clientKeyId
    await needs.revokeIn(tx, {
      serial: row.certificate_serial,
      cause: here ? 'released' : 'lost',
      correlationId: context.correlationId,
    })
    if (!here) {
      await needs.endSessionsOf(tx, accountId, 'session.environment-changed')
      await needs.cardLostIn(tx, {
        accountId,
        clientKeyId: row.client_key_id,
        reason: 'released by the holder from another device',
        correlationId: context.correlationId,
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
      correlationId: context.correlationId,
    })
    await needs.notifyIn(tx, accountId, {
      title: { zh: '设备已解除绑定', en: 'A device was released' },
      text: {
        zh: '该设备上的证书已吊销，不能再用于交易。',
        en: 'Its certificate is revoked and cannot be used any more.',
      },
    })
  })
}
