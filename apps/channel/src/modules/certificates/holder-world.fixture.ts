import {
  bindingProof,
  Refusal,
  releaseOrder,
  renewalOrder,
  renewalProof,
  sm2Signature,
  type HolderSignature,
} from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, parseCertificate, privateKeySigner, type Name } from '@anqu/pki'
import { uuidv7, type Clock } from '@anqu/platform'
import type { BoundRoute } from '../../http/bound-route.ts'
import { call, installation, loggedIn, type TestContext } from '../../testing/module-world.fixture.ts'
import type { Certificates } from './module.ts'
import type { CertificateWorld } from './real-authority.fixture.ts'

/** What the module of devices needs, with the real CA behind it and factors that are right as `factors` says. */
export function deviceNeeds(
  world: {
    readonly database: Pick<CertificateWorld['database'], 'db'>
    readonly ca: { readonly clock: Clock }
    readonly audit: CertificateWorld['audit']
    readonly certificates: Certificates
  },
  factors = { otp: true, password: true },
) {
  const { certificates } = world
  const lost: string[] = []
  const ended: string[] = []
  const codes: { purpose: string; binding: string }[] = []
  return {
    lost,
    ended,
    codes,
    db: world.database.db,
    clock: world.ca.clock,
    audit: world.audit,
    environmentHash: () => 'hash',
    verifyOtp: async (entry: { purpose: string; binding: string }) => {
      codes.push({ purpose: entry.purpose, binding: entry.binding })
      if (!factors.otp) throw new Refusal('factor.rejected')
    },
    verifyTransactionPassword: async () => {
      if (!factors.password) throw new Refusal('factor.rejected')
    },
    issueCertificate: certificates.issue,
    certificateStates: certificates.statesOf,
    verifySignature: certificates.verifySignature,
    renewCertificate: certificates.renew,
    installedIn: certificates.installedIn,
    revokeIn: certificates.revokeIn,
    suspendIn: certificates.suspendIn,
    resumeCertificate: certificates.resume,
    signedByHolder: certificates.signedByHolder,
    assertProvisioned: async () => undefined,
    cardLostIn: async (_tx: unknown, { clientKeyId }: { clientKeyId: string }) => void lost.push(clientKeyId),
    endOtherSessionsOf: async (_tx: unknown, own: { sessionId: string }) => void ended.push(own.sessionId),
    notifyIn: async () => undefined,
  }
}

type Issued = { certificate: string; chain: string[] }
type Begun = { renewalId: string; certificateSerial: string; subject: Name; issued: Issued | null }
export type Listed = {
  deviceId: string
  certificateSerial: string
  state: string
  nearExpiry: boolean
  daysLeft: number
  renewing: boolean
}

const environment = {
  platform: 'node',
  osVersion: 'x',
  model: 'x',
  language: 'x',
  timeZone: 'x',
  screen: 'x',
  network: 'x',
  location: 'x',
  automation: 'no',
}

/** A customer with a bound device, who plays the card with keys in hand. */
export class Holder {
  readonly #routes: readonly BoundRoute[]
  on: TestContext = loggedIn(installation(), uuidv7())
  key = Sm2PrivateKey.generate()
  serial = ''

  constructor(routes: readonly BoundRoute[]) {
    this.#routes = routes
  }

  get accountId(): string {
    return this.on.customer?.accountId ?? ''
  }
  get deviceId(): string {
    return this.on.customer?.deviceId ?? ''
  }

  call<T>(name: string, input: object): Promise<T> {
    return call<T>(this.#routes, name, input, this.on)
  }

  async bind(): Promise<this> {
    const code = { otpId: uuidv7(), otp: '123456' }
    const { bindingId, subject } = await this.call<{ bindingId: string; subject: Name }>(
      'devices.begin-binding',
      { environment, label: 'Phone', ...code },
    )
    const csr = await csrOf(this.key, subject)
    const { certificate } = await this.call<Issued>('devices.request-certificate', { bindingId, csr })
    this.serial = serialOf(certificate)
    const { deviceId } = await this.call<{ deviceId: string }>('devices.complete-binding', {
      bindingId,
      certificateSerial: this.serial,
      proof: sm2Signature(sm2Sign(this.key, bindingProof(bindingId, this.serial))),
    })
    this.on = loggedIn(this.on, this.accountId, deviceId)
    return this
  }

  begin(input: { instead?: string } = {}): Promise<Begun> {
    return this.call('certificates.begin-renewal', { certificateSerial: this.serial, ...input })
  }

  /** Asks for the new key's certificate; `by` signs instead of the key in use. */
  async request(begun: Begun, next: Sm2PrivateKey, by = this.key, csr?: string): Promise<Issued> {
    const { renewalId } = begun
    const wanted = csr ?? (await csrOf(next, begun.subject))
    const order = renewalOrder(renewalId, this.serial, wanted)
    const signature = sm2Signature(sm2Sign(by, order))
    return this.call('certificates.renew', { renewalId, csr: wanted, signature })
  }

  complete(
    renewalId: string,
    certificateSerial: string,
    by: Sm2PrivateKey,
  ): Promise<{ expiresAtMs: number }> {
    const proof = sm2Signature(sm2Sign(by, renewalProof(renewalId, certificateSerial)))
    return this.call('certificates.complete-renewal', { renewalId, certificateSerial, proof })
  }

  /** The certificate of this device as the list tells it. */
  async listed(): Promise<Listed | undefined> {
    const { certificates } = await this.call<{ certificates: Listed[] }>('certificates.list', {})
    return certificates.find(({ deviceId }) => deviceId === this.deviceId)
  }

  /** A claim as an operation makes it. */
  signed(serial = this.serial, key = this.key) {
    const message = new TextEncoder().encode(`order ${uuidv7()}`)
    return {
      accountId: this.accountId,
      deviceId: this.deviceId,
      certificateSerial: serial,
      message,
      signature: sm2Sign(key, message),
      correlationId: uuidv7(),
    }
  }

  /** The same customer on an installation that is not bound. */
  elsewhere(): Holder {
    const other = new Holder(this.#routes)
    other.on = loggedIn(installation(), this.accountId)
    return other
  }

  release(deviceId: string, reason: string, factor: object): Promise<unknown> {
    return this.call('devices.release', { deviceId, reason, factor })
  }

  /** The holder's wish, signed by the key of the device. */
  signedWish(reason: string, by = this.key): { kind: string; signature: HolderSignature } {
    const order = releaseOrder(this.deviceId, this.serial, reason)
    return { kind: 'signature', signature: sm2Signature(sm2Sign(by, order)) }
  }

  /** Another customer, bound too. */
  another(): Promise<Holder> {
    return new Holder(this.#routes).bind()
  }
}

export const csrOf = async (key: Sm2PrivateKey, subject: Name): Promise<string> =>
  bytesToBase64(await createCsr({ key: privateKeySigner(key), subject }))
export const serialOf = (certificate: string): string =>
  parseCertificate(base64ToBytes(certificate)).serialHex
