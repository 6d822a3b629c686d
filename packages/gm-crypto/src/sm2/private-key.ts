import { isZero, lessThan } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError, requireLength } from '../errors.ts'
import { inspectSymbol, SecretBytes, secretText } from '../keys/secret-bytes.ts'
import { randomBytes } from '../random.ts'
import { orderBytes, orderMinusOne } from './curve.ts'
import { Sm2PublicKey } from './public-key.ts'

/** The live bytes behind a private key, lent to the modules of this package. */
export interface PrivateMaterial {
  readonly scalar: Uint8Array
  /** (1 + d)⁻¹ mod n, computed at the first signature. */
  readonly inverse: Uint8Array
}

let readMaterial: (key: Sm2PrivateKey) => PrivateMaterial
let readScalar: (key: Sm2PrivateKey) => Uint8Array

/**
 * A uniformly random scalar in 1 … bound−1, by drawing again in the rare case (about 2⁻³²) that 32 random bytes are out
 * of range; a redraw tells nothing about the value kept.
 */
export function randomScalar(bound: Uint8Array = orderBytes): Uint8Array<ArrayBuffer> {
  for (;;) {
    const candidate = randomBytes(32)
    if (lessThan(candidate, bound) && !isZero(candidate)) return candidate
  }
}

/**
 * A private key d in 1 … n−2 (GB/T 32918.2, 5.2: 1 + d must have an inverse). Prints `[secret]` and can be wiped.
 */
export class Sm2PrivateKey {
  readonly #scalar: SecretBytes
  #inverse: SecretBytes | undefined
  #publicKey: Sm2PublicKey | undefined

  static {
    readScalar = (key) => key.#scalar.use((scalar) => scalar)
    readMaterial = (key) => {
      const scalar = readScalar(key)
      if (key.#inverse === undefined) {
        const computed = engine().signingInverse(scalar)
        key.#inverse = SecretBytes.from(computed)
        computed.fill(0)
      }
      return { scalar, inverse: key.#inverse.use((inverse) => inverse) }
    }
  }

  private constructor(scalar: SecretBytes) {
    this.#scalar = scalar
  }

  /** A fresh key from the platform's random source. */
  static generate(): Sm2PrivateKey {
    const scalar = randomScalar(orderMinusOne)
    const key = new Sm2PrivateKey(SecretBytes.from(scalar))
    scalar.fill(0)
    return key
  }

  /** Reads d as 32 big-endian bytes. Throws `gm.invalid-private-key` unless 1 ≤ d ≤ n−2. Copies its input. */
  static fromBytes(bytes: Uint8Array): Sm2PrivateKey {
    if (bytes.length !== 32 || isZero(bytes) || !lessThan(bytes, orderMinusOne)) {
      throw new GmCryptoError('gm.invalid-private-key', 'not a private key of the SM2 curve')
    }
    return new Sm2PrivateKey(SecretBytes.from(bytes))
  }

  /**
   * Reads what `exportSigningForm` gave: d ‖ (1 + d)⁻¹. That the second belongs to the first is taken on trust, so it must
   * come from where it was authenticated; with another value the key only makes signatures that do not verify.
   */
  static fromSigningForm(bytes: Uint8Array): Sm2PrivateKey {
    requireLength(bytes, 64, 'the signing form of a private key')
    const key = Sm2PrivateKey.fromBytes(bytes.subarray(0, 32))
    key.#inverse = SecretBytes.from(bytes.subarray(32))
    return key
  }

  /** P = d·G, computed once. */
  get publicKey(): Sm2PublicKey {
    if (this.#publicKey === undefined) {
      const encoded = new Uint8Array(65)
      encoded[0] = 4
      encoded.set(
        this.#scalar.use((scalar) => engine().multiplyBase(scalar)),
        1,
      )
      this.#publicKey = Sm2PublicKey.fromBytes(encoded)
    }
    return this.#publicKey
  }

  /** A copy of d, 32 bytes. The caller answers for erasing it. */
  exportBytes(): Uint8Array<ArrayBuffer> {
    return this.#scalar.use((scalar) => Uint8Array.from(scalar))
  }

  /**
   * d ‖ (1 + d)⁻¹, 64 bytes, for a holder that opens its key anew for every signature: computing the inverse each time would
   * double the cost. As secret as d; the caller answers for erasing it.
   */
  exportSigningForm(): Uint8Array<ArrayBuffer> {
    const { scalar, inverse } = readMaterial(this)
    const bytes = new Uint8Array(64)
    bytes.set(scalar)
    bytes.set(inverse, 32)
    return bytes
  }

  /** Overwrites d and what was computed from it; every later use throws `gm.wiped`. */
  wipe(): void {
    this.#scalar.wipe()
    this.#inverse?.wipe()
  }

  toString(): string {
    return secretText
  }

  toJSON(): string {
    return secretText
  }

  [inspectSymbol](): string {
    return secretText
  }

  [Symbol.dispose](): void {
    this.wipe()
  }
}

/** d of a key, not a copy; for the modules of this package only. */
export function scalarOf(key: Sm2PrivateKey): Uint8Array {
  return readScalar(key)
}

/** d and (1 + d)⁻¹ of a key, not copies; for the modules of this package only. */
export function materialOf(key: Sm2PrivateKey): PrivateMaterial {
  return readMaterial(key)
}
