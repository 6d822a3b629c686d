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
import { releaseDevice } from './release-device.ts'

type Text = { zh: string; en: string }

export type DeviceNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly audit: AuditLog
  readonly environmentHash: (environment: InputOf<typeof devicesBeginBinding>['environment']) => string
  readonly verifyOtp: (
    entry: {
      otpId: string
      otp: string
      purpose: 'bind-device' | 'release-device' | 'resume-certificate'
      binding: string
    },
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
  readonly endOtherSessionsOf: (
    tx: Transaction,
    own: { accountId: string; sessionId: string },
    reason: string,
  ) => Promise<void>
  readonly verifyTransactionPassword: (
    accountId: string,
    entry: { readonly keyboardId: string; readonly taps: readonly string[] },
    context: RequestContext,
  ) => Promise<void>
  readonly signedByHolder: (claim: {
    serial: string
    accountId: string
    deviceId: string
    message: Uint8Array
    signature: Uint8Array
  }) => Promise<boolean>
  readonly suspendIn: (tx: Transaction, request: { serial: string; correlationId: string }) => Promise<void>
  /** Throws unless the CA lifts the hold. */
  readonly resumeCertificate: (request: { serial: string; correlationId: string }) => Promise<void>
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
  /** Those of these customers who have a bound device. */
  boundAmong(accountIds: readonly string[]): Promise<ReadonlySet<string>>
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
    async boundAmong(accountIds) {
      const rows = await db.query<{ account_id: string }>(sql`
        select distinct account_id from device where state = 'active' and account_id = any(${accountIds}::uuid[])`)
      return new Set(rows.map((row) => row.account_id))
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
      bind(devicesRelease, async (input, context) => {
        await releaseDevice(needs, input, context)
        return { released: true as const }
      }),
    ],
  }
}
