import { sm2Verifier } from '@anqu/gm-crypto'
import { verifyDerSignature } from '../algorithm.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { PkiError } from '../pki-error.ts'

interface Issuer {
  uses: number
  verify?: ReturnType<typeof sm2Verifier>
}

/** From here on a table for the issuer's key has paid for itself. */
const USES_BEFORE_TABLE = 5

const issuers = new WeakMap<Certificate, Issuer>()

/**
 * Whether `issuer` made this sm2-with-sm3 signature. A server keeps its anchors and intermediates as objects and meets them
 * again and again: for those a table is kept as long as the object lives.
 */
export function sm2SignedBy(
  { tbs, signature }: { readonly tbs: Uint8Array; readonly signature: Uint8Array },
  issuer: Certificate,
): boolean {
  const known = issuers.get(issuer) ?? { uses: 0 }
  if (known.uses === 0) issuers.set(issuer, known)
  known.uses += 1
  try {
    if (known.uses < USES_BEFORE_TABLE) return verifyDerSignature(issuer.publicKey, tbs, signature)
    known.verify ??= sm2Verifier(issuer.publicKey, { format: 'der' })
    return known.verify(tbs, signature)
  } catch (error) {
    // The issuer's key is of another kind: it made no SM2 signature.
    if (error instanceof PkiError) return false
    throw error
  }
}
