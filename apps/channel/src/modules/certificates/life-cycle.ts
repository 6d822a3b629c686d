import { Refusal } from '@anqu/contract'
import { sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { policy } from '@anqu/policy'
import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { AuditLog } from '../../needs/audit.ts'
import { AuthorityRefused, AuthorityUnavailable, type CertificationAuthority } from './authority.ts'
import type { IssuedCertificate } from './authority.ts'
import { dropHolds, queueOrder } from './orders.ts'

type Needs = { db: Db; clock: Clock; audit: AuditLog; authority: CertificationAuthority }

export type CertificateState = {
  readonly serial: string
  readonly expiresAtMs: number
  readonly daysLeft: number
  readonly state: 'good' | 'suspended' | 'expired' | 'revoked'
  readonly nearExpiry: boolean
}
export type RenewalRequest = {
  readonly renewalId: string
  readonly serial: string
  readonly csr: Uint8Array
  readonly accountId: string
  readonly deviceId: string
  readonly origin: string
}
type Row = {
  serial: string
  expires_at_ms: bigint
  state: 'active' | 'suspended' | 'revoked'
  near_expiry_at_ms: bigint | null
}

const dayMs = 86_400_000

/** What the holder's side does with certificates after they were issued. */
export type LifeCycle = {
  statesOf(serials: readonly string[]): Promise<CertificateState[]>
  /** Null while there is time. */
  expiryNotice(
    serial: string,
  ): Promise<{ certificateSerial: string; expiresAtMs: number; daysLeft: number } | null>
  /** A second certificate beside the one in use (B-6.2.3-4). The same renewal and request get the same certificate. */
  renew(request: RenewalRequest): Promise<IssuedCertificate>
  /** The renewed certificate is in its secure element: the former one is of no use here from now on. */
  installedIn(
    tx: Transaction,
    request: { serial: string; former: string; correlationId: string },
  ): Promise<void>
  /** Whether the key of this registered certificate made the signature, whatever the CA says now: it may be away. */
  signedByHolder(claim: {
    serial: string
    accountId: string
    deviceId: string
    message: Uint8Array
    signature: Uint8Array
  }): Promise<boolean>
  /** Out of use here at once; the CA is told until it knows. */
  suspendIn(tx: Transaction, request: { serial: string; correlationId: string }): Promise<void>
  /** Back in use, once the CA agrees. */
  resume(request: { serial: string; correlationId: string }): Promise<void>
}

export function createLifeCycle(needs: Needs): LifeCycle {
  const { db, clock } = needs
  const statesOf: LifeCycle['statesOf'] = async (serials) => {
    const rows = await db.query<Row>(sql`
      select serial, expires_at_ms, state, near_expiry_at_ms from certificate
      where serial = any(${[...serials]}::text[])`)
    return rows.map((row) => stateOf(row, clock.nowMs()))
  }
  return {
    statesOf,
    async expiryNotice(serial) {
      const [found] = await statesOf([serial])
      if (found?.nearExpiry !== true) return null
      const { expiresAtMs, daysLeft } = found
      return { certificateSerial: serial, expiresAtMs, daysLeft }
    },
    renew: (request) => renew(needs, request),
    async installedIn(tx, { serial, former, correlationId }) {
      await queueOrder(tx, clock, { serial, kind: 'installed', correlationId })
      await tx.execute(sql`update certificate set state = 'revoked' where serial = ${former}`)
    },
    async signedByHolder({ serial, accountId, deviceId, message, signature }) {
      const row = await db.maybe<{ certificate: Uint8Array }>(sql`
        select certificate from certificate
        where serial = ${serial} and account_id = ${accountId} and device_id = ${deviceId}`)
      return row !== undefined && sm2Verify(parseCertificate(row.certificate).publicKey, message, signature)
    },
    async suspendIn(tx, { serial, correlationId }) {
      const held = await tx.execute(
        sql`update certificate set state = 'suspended' where serial = ${serial} and state = 'active'`,
      )
      if (held === 0) return
      await queueOrder(tx, clock, { serial, kind: 'suspend', correlationId })
    },
    resume: (request) => resume(needs, request),
  }
}

/** Near expiry is the CA's word (B-6.2.3-2); before it was asked, the same limit is applied here. */
function stateOf(row: Row, nowMs: number): CertificateState {
  const expiresAtMs = Number(row.expires_at_ms)
  const leftMs = expiresAtMs - nowMs
  const state = row.state === 'active' ? (leftMs > 0 ? 'good' : 'expired') : row.state
  return {
    serial: row.serial,
    expiresAtMs,
    daysLeft: Math.max(0, Math.floor(leftMs / dayMs)),
    state,
    nearExpiry:
      state === 'good' && (row.near_expiry_at_ms !== null || leftMs <= policy.certificate.nearExpiryMs),
  }
}

async function renew(needs: Needs, request: RenewalRequest): Promise<IssuedCertificate> {
  const { db, clock, audit, authority } = needs
  const { renewalId, serial, csr } = request
  const issued = await asRefusal('certificate.refused', () =>
    authority.renew({ idempotencyKey: `renew:${renewalId}`, serial, csr, correlationId: renewalId }),
  )
  await db.transaction(async (tx) => {
    const added = await tx.execute(sql`
      insert into certificate (serial, account_id, device_id, certificate, issued_at_ms, expires_at_ms, state)
      values (${issued.serial}, ${request.accountId}, ${request.deviceId}, ${issued.certificate}, ${clock.nowMs()}, ${issued.notAfterMs}, 'active')
      on conflict (serial) do nothing`)
    if (added === 0) return
    await audit.recordIn(tx, {
      event: 'certificate.renewed',
      eventClass: 'certificate',
      outcome: 'success',
      subject: request.accountId,
      description:
        'The CA issued the certificate for the new key pair; the former one works until it is installed',
      origin: request.origin,
      resource: `certificate:${issued.serial}`,
      correlationId: renewalId,
      fields: { deviceId: request.deviceId, serial: issued.serial, renews: serial },
    })
  })
  return issued
}

async function resume(
  { db, authority }: Needs,
  { serial, correlationId }: { serial: string; correlationId: string },
): Promise<void> {
  await db.transaction((tx) => dropHolds(tx, serial))
  await asRefusal('certificate.not-possible', () => authority.resume({ serial, correlationId }))
  await db.execute(
    sql`update certificate set state = 'active' where serial = ${serial} and state = 'suspended'`,
  )
}

/** The CA is away, or answered and does not do this: a hold of staff, a certificate that is good no more. */
async function asRefusal<T>(
  refused: 'certificate.refused' | 'certificate.not-possible',
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof AuthorityUnavailable) throw new Refusal('server.unavailable', error.message)
    if (error instanceof AuthorityRefused) throw new Refusal(refused, error.code)
    throw error
  }
}
