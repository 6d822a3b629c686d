import { connectAuthority, issueAnswer, revokeAnswer, verifyAnswer } from '@anqu/ca/api'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { ServiceRefused, ServiceUnavailable, type Clock, type ServiceCall } from '@anqu/platform'
import { AuthorityRefused, AuthorityUnavailable, type CertificationAuthority } from './authority.ts'

type Options = { url: string; dataDir: string; callersDir: string; clock: Clock }

/** The built-in CA over signed calls. */
export async function createHttpAuthority(options: Options): Promise<CertificationAuthority> {
  const { anchors, call: signed } = await asAuthority(() =>
    connectAuthority({ ...options, caller: 'channel' }),
  )
  const call: ServiceCall = (path, body, schema) => asAuthority(() => signed(path, body, schema))
  return {
    anchors: async () => anchors.map((certificate) => certificate.raw),
    async issueServer(csr, purpose) {
      const issued = await call('/v1/server-certificates', { csr: bytesToBase64(csr), purpose }, issueAnswer)
      return [issued.certificate, ...issued.chain].map((text) => base64ToBytes(text))
    },
    async issueCustomer(request) {
      const body = { ...request, csr: bytesToBase64(request.csr) }
      const issued = await call('/v1/certificates', body, issueAnswer)
      return {
        serial: issued.serial,
        notAfterMs: issued.notAfterMs,
        certificate: base64ToBytes(issued.certificate),
        chain: issued.chain.map((text) => base64ToBytes(text)),
      }
    },
    verifySignature: (claim) =>
      call(
        '/v1/certificates/verify-signature',
        { ...claim, message: bytesToBase64(claim.message), signature: bytesToBase64(claim.signature) },
        verifyAnswer,
      ),
    async revoke(request) {
      return (await call('/v1/certificates/revoke', request, revokeAnswer)).status
    },
  }
}

/** What the adapter's users know of: not there, or refused. */
async function asAuthority<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ServiceRefused) throw new AuthorityRefused(error.code)
    if (error instanceof ServiceUnavailable) throw new AuthorityUnavailable(error.message)
    throw error
  }
}
