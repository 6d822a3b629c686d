import { Refusal } from '@anqu/contract'
import { sql, type Transaction } from '@anqu/platform'
import type { BoundRoute } from '../../http/bound-route.ts'
import type { RevocationOrder } from '../../needs/revocation.ts'
import { approvalRoutes } from './approval-routes.ts'
import {
  AuthorityRefused,
  AuthorityUnavailable,
  type CertificationAuthority,
  type IssuedCertificate,
  type SignatureVerdict,
} from './authority.ts'
import { followEvents } from './event-feed.ts'
import { createLifeCycle, type LifeCycle } from './life-cycle.ts'
import { sendOrders } from './orders.ts'
import { queueRevocation, sendQueued } from './revocations.ts'
import type { CertificateStaffNeeds } from './staff-needs.ts'
import { certificateStaffRoutes } from './staff-routes.ts'

export type Certificates = LifeCycle & {
  readonly routes: BoundRoute[]
  issue(request: {
    bindingId: string
    csr: Uint8Array
    accountId: string
    deviceId: string
    origin: string
  }): Promise<IssuedCertificate>
  /** Throws unless signature, registered certificate, account and device belong together and the certificate is good now. */
  verifySignature(claim: {
    accountId: string
    deviceId: string
    certificateSerial: string
    message: Uint8Array
    signature: Uint8Array
    correlationId: string
  }): Promise<void>
  /** Queues the revocation with the caller's transaction; it is sent until the CA has taken it (B-6.2.4-3, B-6.2.4-4). */
  revokeIn(tx: Transaction, order: RevocationOrder): Promise<void>
  sendRevocations(): Promise<void>
  /** Tells the CA what else waits for it: installed renewals, holds. */
  sendOrders(): Promise<void>
  /** Takes over what changed at the CA: states that operators set there. */
  followEvents(): Promise<void>
}

type Needs = Omit<CertificateStaffNeeds, 'authority'> & { readonly authority: CertificationAuthority }

/** The channel's side of certificates: asking for them, registering what was issued, verifying through the CA. */
export function createCertificates(needs: Needs): Certificates {
  return {
    ...createLifeCycle(needs),
    issue: (request) => issue(needs, request),
    sendOrders: () => sendOrders(needs),
    verifySignature: (claim) => verify(needs, claim),
    revokeIn: (tx, order) => queueRevocation(tx, needs.clock, order),
    sendRevocations: () => sendQueued(needs),
    followEvents: () => followEvents(needs),
    routes: [...certificateStaffRoutes(needs), ...approvalRoutes(needs)],
  }
}

async function issue(
  needs: Needs,
  request: Parameters<Certificates['issue']>[0],
): Promise<IssuedCertificate> {
  const { db, clock, audit, authority } = needs
  const issued = await asRefusal(() =>
    authority.issueCustomer({
      idempotencyKey: `bind:${request.bindingId}`,
      csr: request.csr,
      accountId: request.accountId,
      holder: request.accountId,
      terminalId: request.deviceId,
      correlationId: request.bindingId,
    }),
  )
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      insert into certificate (serial, account_id, device_id, certificate, issued_at_ms, expires_at_ms, state)
      values (${issued.serial}, ${request.accountId}, ${request.deviceId}, ${issued.certificate}, ${clock.nowMs()}, ${issued.notAfterMs}, 'active')
      on conflict (serial) do nothing`)
    await audit.recordIn(tx, {
      event: 'certificate.issued',
      eventClass: 'certificate',
      outcome: 'success',
      subject: request.accountId,
      description: 'The CA issued the certificate for the key pair made in the secure element',
      origin: request.origin,
      resource: `certificate:${issued.serial}`,
      correlationId: request.bindingId,
      fields: { deviceId: request.deviceId, serial: issued.serial },
    })
  })
  return issued
}

async function verify(needs: Needs, claim: Parameters<Certificates['verifySignature']>[0]): Promise<void> {
  const registered = await needs.db.maybe<{ state: 'active' | 'suspended' | 'revoked' }>(
    sql`select state from certificate where serial = ${claim.certificateSerial} and account_id = ${claim.accountId}
      and device_id = ${claim.deviceId}`,
  )
  // Only what was certified for this device while it was bound counts: the CA may know other keys of the account, made
  // outside the secure element (B-7.3.2.1-2).
  if (registered === undefined) return refuse(needs, claim, 'mismatch')
  // What this system revoked or holds is out of use here before the CA has heard of it (B-6.2.4-3).
  if (registered.state !== 'active') return refuse(needs, claim, registered.state)
  const verdict = await asRefusal(() =>
    needs.authority.verifySignature({
      serial: claim.certificateSerial,
      accountId: claim.accountId,
      terminalId: claim.deviceId,
      message: claim.message,
      signature: claim.signature,
      correlationId: claim.correlationId,
    }),
  )
  if (!verdict.valid || verdict.status !== 'good') return refuse(needs, claim, verdict.status)
  if (verdict.nearExpiry)
    await needs.db.execute(sql`
      update certificate set near_expiry_at_ms = ${needs.clock.nowMs()}
      where serial = ${claim.certificateSerial} and near_expiry_at_ms is null`)
}

async function refuse(
  needs: Needs,
  claim: Parameters<Certificates['verifySignature']>[0],
  status: SignatureVerdict['status'],
): Promise<never> {
  await needs.audit.record({
    event: status === 'bad-signature' ? 'client.invalid-signature' : 'client.invalid-certificate',
    eventClass: 'client-anomaly',
    outcome: 'failure',
    subject: claim.accountId,
    description: `Signature not accepted: ${status}`,
    origin: claim.deviceId,
    resource: `certificate:${claim.certificateSerial}`,
    correlationId: claim.correlationId,
  })
  const unusable = ['revoked', 'suspended', 'expired'].includes(status)
  throw new Refusal(unusable ? 'certificate.not-usable' : 'operation.signature-rejected', status)
}

/** Without the CA nothing can be said about a certificate, so funds do not move (B-7.3.2.2-7). */
async function asRefusal<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof AuthorityUnavailable || error instanceof AuthorityRefused)
      throw new Refusal('server.unavailable', error.message)
    throw error
  }
}
