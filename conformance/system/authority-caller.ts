import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToBase64, bytesToHex } from '@anqu/encoding'
import { randomBytes, sm2Verifier, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  certIdOf,
  checkRevocation,
  createCsr,
  createOcspRequest,
  parseCertificate,
  parseCrl,
  privateKeySigner,
  verifyOcspResponse,
  type Certificate,
  type OcspVerdict,
  type RevocationStatus,
} from '@anqu/pki'
import { createServiceCall, uuidv7, type ServiceCall } from '@anqu/platform'
import { z } from 'zod'
import { jsonOf } from './http.ts'
import type { LiveSystem } from './live-system.ts'

const anchorsAnswer = z.object({ certificates: z.array(z.string()).length(2), service: z.string() })
const issueAnswer = z.object({ serial: z.string(), certificate: z.string() })

export type Owner = { readonly accountId: string; readonly terminalId: string }
export const newOwner = (): Owner => ({ accountId: uuidv7(), terminalId: uuidv7() })

/** A business system of its own that the CA knows; and, like anybody, a reader of what the CA publishes. */
export class AuthorityCaller {
  readonly call: ServiceCall
  readonly issuer: Certificate
  readonly root: Certificate
  readonly #system: LiveSystem

  private constructor(system: LiveSystem, call: ServiceCall, [issuer, root]: [Certificate, Certificate]) {
    this.#system = system
    this.call = async (path, body, schema) =>
      schema.parse(system.answeredByAuthority(path, await call(path, body, z.unknown())))
    this.issuer = issuer
    this.root = root
  }

  /** Enrolled as an administrator does it: a file with the public key in the callers' folder. */
  static async enrol(system: LiveSystem): Promise<AuthorityCaller> {
    const key = Sm2PrivateKey.generate()
    const caller = `conformance-${bytesToHex(randomBytes(4))}`
    await writeFile(path.join(system.dataDir, 'ca-callers', `${caller}.pub`), bytesToHex(key.publicKey.bytes))
    const anchors = anchorsAnswer.parse(jsonOf(await system.get('ca', '/v1/anchors')))
    const [issuer, root] = anchors.certificates.map((der) => parseCertificate(base64ToBytes(der)))
    if (issuer === undefined || root === undefined) throw new Error('the CA has no chain')
    const service = parseCertificate(base64ToBytes(anchors.service))
    const call = createServiceCall({
      protocol: 'anqu-ca',
      url: system.addresses['ca'] ?? '',
      caller,
      key,
      clock: system.clock,
      verify: sm2Verifier(service.publicKey),
    })
    return new AuthorityCaller(system, call, [issuer, root])
  }

  async issue(
    key: Sm2PrivateKey,
    { owner = newOwner(), profile = 'customer-signing' }: { owner?: Owner; profile?: string } = {},
  ): Promise<Certificate> {
    const csr = await createCsr({
      key: privateKeySigner(key),
      subject: [{ type: 'CN', value: owner.terminalId }],
    })
    const order = {
      ...owner,
      idempotencyKey: `conformance:${uuidv7()}`,
      csr: bytesToBase64(csr),
      holder: owner.accountId,
      profile,
      correlationId: uuidv7(),
    }
    const { certificate } = await this.call('/v1/certificates', order, issueAnswer)
    return parseCertificate(base64ToBytes(certificate))
  }

  async revoke({ serialHex }: Certificate): Promise<void> {
    const order = { serial: serialHex, reason: 'conformance', correlationId: uuidv7() }
    await this.call('/v1/certificates/revoke', order, z.object({ status: z.literal('revoked') }))
  }

  /** Asked at the place the certificate names, with a nonce, and verified. */
  async byOcsp(certificate: Certificate): Promise<OcspVerdict> {
    const nonce = randomBytes(16)
    const answer = await this.#system.http({
      url: certificate.extensions.ocspUrls?.[0] ?? '',
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: createOcspRequest({ certIds: [certIdOf(this.issuer, certificate.serial)], nonce }),
    })
    const atMs = this.#system.clock.nowMs()
    return verifyOcspResponse({ response: answer.body, certificate, issuer: this.issuer, atMs, nonce })
  }

  /** By the complete and the delta list the certificate names. */
  async byLists(certificate: Certificate): Promise<RevocationStatus> {
    const { crlUrls = [], deltaCrlUrls = [] } = certificate.extensions
    const crls = []
    for (const url of [...crlUrls, ...deltaCrlUrls])
      crls.push(parseCrl((await this.#system.http({ url, method: 'GET', headers: {} })).body))
    return checkRevocation({ certificate, issuer: this.issuer, crls, atMs: this.#system.clock.nowMs() })
  }
}
