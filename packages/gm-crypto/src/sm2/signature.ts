import { engine } from '../engine/current.ts'
import { GmCryptoError, requireLength } from '../errors.ts'
import { der, derNatural, DerReader, tags } from '../formats/der.ts'
import { randomBytes } from '../random.ts'
import { materialOf, type Sm2PrivateKey } from './private-key.ts'
import { pointOf, sm2Digest, type Sm2Id, type Sm2PublicKey } from './public-key.ts'

/** `raw` is r‖s, 64 bytes; `der` is SEQUENCE { INTEGER r, INTEGER s } (GM/T 0009—2012, 7.3). */
export type Sm2SignatureFormat = 'raw' | 'der'

export interface Sm2SignatureOptions {
  /** Distinguishing identifier of the signer, `SM2_DEFAULT_ID` unless given. */
  readonly id?: Sm2Id
  readonly format?: Sm2SignatureFormat
}

/** Turns r‖s (64 bytes) into its DER form. */
export function sm2SignatureToDer(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  requireLength(raw, 64, 'a raw signature')
  return der(tags.sequence, derNatural(raw.subarray(0, 32)), derNatural(raw.subarray(32)))
}

/** Reads the DER form into r‖s. Throws `gm.malformed` for anything but the one canonical encoding. */
export function sm2SignatureFromDer(encoded: Uint8Array): Uint8Array<ArrayBuffer> {
  const outer = new DerReader(encoded)
  const inner = outer.sequence()
  outer.end()
  const raw = new Uint8Array(64)
  raw.set(inner.natural32())
  raw.set(inner.natural32(), 32)
  inner.end()
  return raw
}

/** Signs a 32-byte digest e, computed with `sm2Digest` (GB/T 32918.2, 6.1 A3–A7). */
export function sm2SignDigest(
  key: Sm2PrivateKey,
  digest: Uint8Array,
  options: { readonly format?: Sm2SignatureFormat } = {},
): Uint8Array<ArrayBuffer> {
  requireLength(digest, 32, 'a digest')
  const { scalar, inverse } = materialOf(key)
  const random = randomBytes(32)
  const raw = engine().sign({ digest, scalar, inverse, random })
  random.fill(0)
  return options.format === 'der' ? sm2SignatureToDer(raw) : raw
}

/** Signs `message`: e = SM3(Z‖message), then `sm2SignDigest`. */
export function sm2Sign(
  key: Sm2PrivateKey,
  message: Uint8Array,
  options: Sm2SignatureOptions = {},
): Uint8Array<ArrayBuffer> {
  return sm2SignDigest(key, sm2Digest(key.publicKey, message, options.id), options)
}

// A malformed signature is a wrong signature: verification answers false for both.
function readSignature(
  signature: Uint8Array,
  format: Sm2SignatureFormat | undefined,
): Uint8Array | undefined {
  if (format !== 'der') return signature.length === 64 ? signature : undefined
  try {
    return sm2SignatureFromDer(signature)
  } catch (error) {
    if (error instanceof GmCryptoError) return undefined
    throw error
  }
}

/** True when `signature` over the 32-byte digest e is this key's (GB/T 32918.2, 7.1). Never throws for its form. */
export function sm2VerifyDigest(
  key: Sm2PublicKey,
  digest: Uint8Array,
  signature: Uint8Array,
  options: { readonly format?: Sm2SignatureFormat } = {},
): boolean {
  requireLength(digest, 32, 'a digest')
  const raw = readSignature(signature, options.format)
  return raw !== undefined && engine().verify(digest, raw, pointOf(key))
}

/** True when `signature` over `message` is this key's; false for any wrong or malformed signature. */
export function sm2Verify(
  key: Sm2PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  options: Sm2SignatureOptions = {},
): boolean {
  const raw = readSignature(signature, options.format)
  return raw !== undefined && engine().verify(sm2Digest(key, message, options.id), raw, pointOf(key))
}

/** A verifying function with a table for one key; worth it from about twenty signatures of that key on. */
export function sm2Verifier(
  key: Sm2PublicKey,
  options: Sm2SignatureOptions = {},
): (message: Uint8Array, signature: Uint8Array) => boolean {
  const verify = engine().verifier(pointOf(key))
  return (message, signature) => {
    const raw = readSignature(signature, options.format)
    return raw !== undefined && verify(sm2Digest(key, message, options.id), raw)
  }
}
