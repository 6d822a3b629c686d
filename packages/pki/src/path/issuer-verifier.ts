import { sm2Verifier } from '@anqu/gm-crypto'
import { isSm2WithSm3 } from '../algorithm.ts'
import { verifyCertificateSignature, type Certificate } from '../certificate/certificate.ts'

interface Issuer {
  uses: number
  verify?: ReturnType<typeof sm2Verifier>
}

/** From here on a table for the issuer's key has paid for itself. */
const USES_BEFORE_TABLE = 5

const issuers = new WeakMap<Certificate, Issuer>()

/**
 * Whether `issuer` signed the certificate. A server keeps its anchors and intermediates as objects and meets them again and
 * again: for those a table is kept as long as the object lives.
 */
export function signedBy(certificate: Certificate, issuer: Certificate): boolean {
  const known = issuers.get(issuer) ?? { uses: 0 }
  if (known.uses === 0) issuers.set(issuer, known)
  known.uses += 1
  if (known.uses < USES_BEFORE_TABLE) return verifyCertificateSignature(certificate, issuer.publicKey)
  known.verify ??= sm2Verifier(issuer.publicKey, { format: 'der' })
  return isSm2WithSm3(certificate.signatureAlgorithm) && known.verify(certificate.tbs, certificate.signature)
}
