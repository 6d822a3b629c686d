import type { Sm2PublicKey } from '@anqu/gm-crypto'
import {
  EKU_SERVER_AUTH,
  parseCertificate,
  validateChain,
  verifyOcspResponse,
  type Certificate,
  type KeyUsage,
  type OcspCheck,
} from '@anqu/pki'
import { MessageError } from './errors.ts'

export interface ServerTrust {
  readonly anchors: readonly Certificate[]
  /** A name that must stand among the alternative names of the server's certificate. */
  readonly serverName: string
}

function parseChain(chain: readonly Uint8Array[]): [Certificate, ...Certificate[]] {
  try {
    const [leaf, ...intermediates] = chain.map((der) => parseCertificate(der))
    if (leaf !== undefined) return [leaf, ...intermediates]
  } catch (error) {
    throw new MessageError('message.untrusted-server', `certificate: ${String(error)}`)
  }
  throw new MessageError('message.untrusted-server', 'an empty chain')
}

/**
 * The key of a server whose certificate leads to an anchor, is in force, is a server's certificate for key agreement and
 * has the expected name among its alternative names (A-8.2-1, A-12.1-23, B-7.5.10.1-2, B-7.5.10.1-10). A customer's
 * certificate of the same CA does not pass. Throws `message.untrusted-server` otherwise.
 */
export function trustedServerKey(
  trust: ServerTrust,
  chain: readonly Uint8Array[],
  atMs: number,
): Sm2PublicKey {
  return trustedServerCertificate(trust, { chain, atMs, keyUsage: 'keyAgreement' }).publicKey
}

type Asked = { readonly chain: readonly Uint8Array[]; readonly atMs: number; readonly keyUsage: KeyUsage }

/** The same for a certificate of the server that is for something else. */
export const trustedServerCertificate = (trust: ServerTrust, asked: Asked): Certificate =>
  trustedPath(trust, asked)[0]

/**
 * The same for one that is good besides, by an answer of its issuer's OCSP responder that came with it: signed by whom the
 * issuer named for it, about this certificate, and in force (B-7.3.3.2-3, B-7.3.3.2-4). No answer counts as no.
 */
export function goodServerCertificate(
  trust: ServerTrust,
  { status, ...asked }: Asked & { readonly status: Uint8Array },
): Certificate {
  const [leaf, issuer] = trustedPath(trust, asked)
  const state = stateOf({ response: status, certificate: leaf, issuer, atMs: asked.atMs })
  if (state !== 'good') throw new MessageError('message.untrusted-server', `status: ${state}`)
  return leaf
}

function stateOf(check: OcspCheck): string {
  try {
    const verdict = verifyOcspResponse(check)
    return verdict.status === 'no-answer' ? verdict.detail : verdict.status
  } catch (error) {
    return `an answer that cannot be read: ${String(error)}`
  }
}

function trustedPath(trust: ServerTrust, { chain, atMs, keyUsage }: Asked): [Certificate, Certificate] {
  const [leaf, ...intermediates] = parseChain(chain)
  const result = validateChain({
    leaf,
    intermediates,
    anchors: trust.anchors,
    atMs,
    usage: { keyUsage: [keyUsage], extKeyUsage: EKU_SERVER_AUTH, serverName: trust.serverName },
  })
  if (!result.ok) throw new MessageError('message.untrusted-server', `chain: ${result.rule}`)
  // A path has an anchor at its end; the leaf itself is none, as it is a server's certificate.
  return [leaf, result.path[1] ?? leaf]
}
