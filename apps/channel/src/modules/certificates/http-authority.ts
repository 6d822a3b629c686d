import {
  connectAuthority,
  installedAnswer,
  issueAnswer,
  revokeAnswer,
  verifyAnswer,
  type AuthorityConnection,
} from '@anqu/ca/api'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { OID_SM2_WITH_SM3, OID_SM3 } from '@anqu/pki'
import type { Clock, ServiceCall } from '@anqu/platform'
import type { z } from 'zod'
import {
  AuthorityUnavailable,
  type CertificateOrder,
  type CertificationAuthority,
  type IssuedCertificate,
} from './authority.ts'
import { asAuthority } from './authority-errors.ts'
import type { AuthorityOverview } from './authority-overview.ts'
import { callerName, createHttpOverview } from './http-authority-overview.ts'

type Options = { url: string; dataDir: string; callersDir: string; clock: Clock }

/** The built-in CA over signed calls: what payments need of it, and what staff do there. */
export async function connectHttpAuthority(
  options: Options,
): Promise<{ authority: CertificationAuthority; overview: AuthorityOverview }> {
  const { anchors, call: signed } = await asAuthority(() =>
    connectAuthority({ ...options, caller: callerName }),
  )
  const call: ServiceCall = (path, body, schema) => asAuthority(() => signed(path, body, schema))
  return { authority: createHttpAuthority(anchors, call, options.url), overview: createHttpOverview(call) }
}

function createHttpAuthority(
  anchors: AuthorityConnection['anchors'],
  call: ServiceCall,
  url: string,
): CertificationAuthority {
  return {
    anchors: async () => anchors.map((certificate) => certificate.raw),
    statusAnswer: (question) => askResponder(url, question),
    async issueServer(csr, purpose) {
      const issued = await call('/v1/server-certificates', { csr: bytesToBase64(csr), purpose }, issueAnswer)
      return [issued.certificate, ...issued.chain].map((text) => base64ToBytes(text))
    },
    async issueCustomer(request) {
      const body = { ...request, csr: bytesToBase64(request.csr) }
      return issuedOf(await call('/v1/certificates', body, issueAnswer))
    },
    ...lifeCycleCalls(call),
    verifySignature: (claim) =>
      call(
        '/v1/certificates/verify-signature',
        {
          ...claim,
          message: bytesToBase64(claim.message),
          // No other algorithms come this far.
          signatureAlgorithm: OID_SM2_WITH_SM3,
          digestAlgorithm: OID_SM3,
          signature: bytesToBase64(claim.signature),
        },
        verifyAnswer,
      ),
    async revoke(request) {
      return (await call('/v1/certificates/revoke', request, revokeAnswer)).status
    },
  }
}

const timeoutMs = 5_000

async function askResponder(url: string, question: Uint8Array): Promise<Uint8Array> {
  try {
    const response = await fetch(`${url}/ocsp`, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(question),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new AuthorityUnavailable(`the responder answered ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    if (error instanceof AuthorityUnavailable) throw error
    throw new AuthorityUnavailable(`the responder did not answer: ${String(error)}`)
  }
}

const issuedOf = ({
  serial,
  notAfterMs,
  certificate,
  chain,
}: z.infer<typeof issueAnswer>): IssuedCertificate => ({
  serial,
  notAfterMs,
  certificate: base64ToBytes(certificate),
  chain: chain.map((text) => base64ToBytes(text)),
})

/** What the holder asks for through us. */
const lifeCycleCalls = (
  call: ServiceCall,
): Pick<CertificationAuthority, 'renew' | 'installed' | 'suspend' | 'resume'> => ({
  renew: async (order) =>
    issuedOf(await call('/v1/certificates/renew', { ...order, csr: bytesToBase64(order.csr) }, issueAnswer)),
  installed: async (order) => void (await call('/v1/certificates/installed', order, installedAnswer)),
  suspend: async (order) => void (await call('/v1/certificates/suspend', holdOf(order), revokeAnswer)),
  resume: async (order) => void (await call('/v1/certificates/resume', holdOf(order), revokeAnswer)),
})

const holdOf = (order: CertificateOrder) => ({
  ...order,
  reason: 'asked by the holder',
  by: 'customer' as const,
})
