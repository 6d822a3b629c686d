import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { EKU_SERVER_AUTH, parseCertificate, validateChain, type Certificate, type KeyUsage } from '@anqu/pki'
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

/** The same for a certificate of the server that is for something else. */
export function trustedServerCertificate(
  trust: ServerTrust,
  { chain, atMs, keyUsage }: { chain: readonly Uint8Array[]; atMs: number; keyUsage: KeyUsage },
): Certificate {
  const [leaf, ...intermediates] = parseChain(chain)
  const result = validateChain({
    leaf,
    intermediates,
    anchors: trust.anchors,
    atMs,
    usage: { keyUsage: [keyUsage], extKeyUsage: EKU_SERVER_AUTH, serverName: trust.serverName },
  })
  if (!result.ok) throw new MessageError('message.untrusted-server', `chain: ${result.rule}`)
  return leaf
}
