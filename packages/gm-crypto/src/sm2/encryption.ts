import { concat, constantTimeEqual, isZero, xor } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError } from '../errors.ts'
import { der, derNatural, DerReader, tags } from '../formats/der.ts'
import { sm2Kdf } from '../sm3/key-derivation.ts'
import { Sm3, SM3_LENGTH } from '../sm3/sm3.ts'
import { randomScalar, scalarOf, type Sm2PrivateKey } from './private-key.ts'
import { pointOf, type Sm2PublicKey } from './public-key.ts'

/** `raw` is 04‖C1‖C3‖C2 (GB/T 32918.4); `der` is SEQUENCE { x, y, OCTET STRING C3, OCTET STRING C2 } (GM/T 0009, 7.2). */
export interface Sm2CiphertextOptions {
  readonly format?: 'raw' | 'der'
}

interface Parts {
  readonly point: Uint8Array
  readonly hash: Uint8Array
  readonly masked: Uint8Array
}

function checkHash(shared: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return new Sm3().update(shared.subarray(0, 32)).update(plaintext).update(shared.subarray(32)).digest()
}

/**
 * Encrypts 1 byte or more for the owner of `key` (GB/T 32918.4, 6.1). Longer than the plaintext by 97 bytes in raw
 * form. Meant for keys and short secrets; the whole plaintext stands in memory.
 */
export function sm2Encrypt(
  key: Sm2PublicKey,
  plaintext: Uint8Array,
  options: Sm2CiphertextOptions = {},
): Uint8Array<ArrayBuffer> {
  if (plaintext.length === 0) throw new GmCryptoError('gm.length', 'there is nothing to encrypt')
  for (;;) {
    const nonce = randomScalar()
    const point = engine().multiplyBase(nonce)
    const shared = engine().multiply(nonce, pointOf(key))
    nonce.fill(0)
    const mask = sm2Kdf(shared, plaintext.length)
    // Step A5: an all-zero mask would send the plaintext as it is.
    if (isZero(mask)) continue
    const parts = { point, hash: checkHash(shared, plaintext), masked: xor(plaintext, mask) }
    shared.fill(0)
    mask.fill(0)
    return encode(parts, options)
  }
}

function encode({ point, hash, masked }: Parts, options: Sm2CiphertextOptions): Uint8Array<ArrayBuffer> {
  if (options.format !== 'der') return Uint8Array.from(concat(Uint8Array.of(4), point, hash, masked))
  const coordinates = [derNatural(point.subarray(0, 32)), derNatural(point.subarray(32))]
  return der(tags.sequence, ...coordinates, der(tags.octets, hash), der(tags.octets, masked))
}

function decode(ciphertext: Uint8Array, options: Sm2CiphertextOptions): Parts {
  if (options.format !== 'der') {
    if (ciphertext.length <= 65 + SM3_LENGTH || ciphertext[0] !== 4)
      throw new GmCryptoError('gm.malformed', 'malformed')
    const [point, hash] = [ciphertext.subarray(1, 65), ciphertext.subarray(65, 97)]
    return { point, hash, masked: ciphertext.subarray(97) }
  }
  const outer = new DerReader(ciphertext)
  const inner = outer.sequence()
  outer.end()
  const point = concat(inner.natural32(), inner.natural32())
  const hash = inner.read(tags.octets)
  const masked = inner.read(tags.octets)
  inner.end()
  if (hash.length !== SM3_LENGTH || masked.length === 0) throw new GmCryptoError('gm.malformed', 'malformed')
  return { point, hash, masked }
}

/**
 * Decrypts (GB/T 32918.4, 7.1). Throws `gm.decrypt-failed`, the same for every cause and with no plaintext out, when
 * the form is wrong, C1 is not on the curve, or C3 does not match.
 */
export function sm2Decrypt(
  key: Sm2PrivateKey,
  ciphertext: Uint8Array,
  options: Sm2CiphertextOptions = {},
): Uint8Array<ArrayBuffer> {
  const scalar = scalarOf(key)
  try {
    const { point, hash, masked } = decode(ciphertext, options)
    if (engine().isOnCurve(point)) {
      const shared = engine().multiply(scalar, point)
      const mask = sm2Kdf(shared, masked.length)
      const plaintext = xor(masked, mask)
      const sound = constantTimeEqual(checkHash(shared, plaintext), hash) && !isZero(mask)
      shared.fill(0)
      mask.fill(0)
      if (sound) return Uint8Array.from(plaintext)
      plaintext.fill(0)
    }
  } catch (error) {
    if (!(error instanceof GmCryptoError && error.code === 'gm.malformed')) throw error
  }
  throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
}
