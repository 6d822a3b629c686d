import {
  keyAlgorithmOf,
  parseCsr,
  PkiError,
  readCsr,
  verifyCsr,
  verifyTransitional,
  webCryptoVerifier,
  type CsrContent,
  type TransitionalAlgorithm,
} from '@anqu/pki'
import type { KeyAlgorithm } from '../profiles/transition.ts'

/** A request signed by the key it names. */
export type ProvenRequest = CsrContent & {
  readonly keyAlgorithm: KeyAlgorithm
  /** As the register keeps it. */
  readonly storedKey: Uint8Array
}

const verify = webCryptoVerifier(globalThis.crypto.subtle)

/** ParseError or PkiError when it is not one, or when its key is of a kind that is not allowed. */
export async function provenRequest(
  der: Uint8Array,
  transitional: readonly TransitionalAlgorithm[],
): Promise<ProvenRequest> {
  const content = readCsr(der)
  const keyAlgorithm = keyAlgorithmOf(content.publicKeyInfo)
  const unsigned = new PkiError('algorithm', 'the request is not signed by its key')
  if (keyAlgorithm === undefined || keyAlgorithm === 'sm2' || !transitional.includes(keyAlgorithm)) {
    const csr = parseCsr(der)
    if (!verifyCsr(csr)) throw unsigned
    return { ...content, keyAlgorithm: 'sm2', storedKey: csr.publicKey.bytes }
  }
  const { signatureAlgorithm: algorithm, info: message, signature, publicKeyInfo } = content
  const proven = await verifyTransitional({ algorithm, message, signature }, publicKeyInfo, {
    transitional,
    verify,
  })
  if (!proven) throw unsigned
  return { ...content, keyAlgorithm, storedKey: publicKeyInfo.raw }
}
