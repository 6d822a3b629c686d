import { DerReader, ParseError } from '@anqu/encoding'
import type { ForeignSignature } from './algorithm-policy.ts'

const coordinateLengths = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const
const saltLengths = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 } as const

/** WebCrypto wants r and s side by side (IEEE P1363), certificates hold them as DER. */
function fixedLengthSignature(der: Uint8Array, length: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const outer = DerReader.over(der, 'signature')
    const fields = outer.sequence('value')
    outer.end()
    const parts = [fields.unsignedBytes('r', length), fields.unsignedBytes('s', length)]
    fields.end()
    const joined = new Uint8Array(2 * length)
    for (const [index, part] of parts.entries()) joined.set(part, (index + 1) * length - part.length)
    return joined
  } catch (error) {
    if (error instanceof ParseError) return undefined
    throw error
  }
}

/**
 * A verifier of transitional signatures from WebCrypto, in browsers and Node alike: pass `crypto.subtle`. A key that the
 * platform does not take makes the signature wrong.
 */
export function webCryptoVerifier(subtle: SubtleCrypto): (question: ForeignSignature) => Promise<boolean> {
  return async ({ scheme, hash, curve, publicKey, message, signature }) => {
    const bytes = curve
      ? fixedLengthSignature(signature, coordinateLengths[curve])
      : Uint8Array.from(signature)
    if (!bytes) return false
    const importing = curve ? { name: scheme, namedCurve: curve } : { name: scheme, hash }
    const verifying =
      scheme === 'RSA-PSS' ? { name: scheme, saltLength: saltLengths[hash] } : { name: scheme, hash }
    try {
      const key = await subtle.importKey('spki', Uint8Array.from(publicKey), importing, false, ['verify'])
      return await subtle.verify(verifying, key, bytes, Uint8Array.from(message))
    } catch (error) {
      if (error instanceof DOMException) return false
      throw error
    }
  }
}
