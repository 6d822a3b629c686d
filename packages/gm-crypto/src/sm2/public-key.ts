import { constantTimeEqual, isZero } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError } from '../errors.ts'
import { sm3, Sm3 } from '../sm3/sm3.ts'
import { curveParameters } from './curve.ts'

// Lets the functions of this package read x‖y without a copy, and nobody else.
let readPoint: (key: Sm2PublicKey) => Uint8Array
let readDefaultIdentity: (key: Sm2PublicKey) => Uint8Array

/** The bytes of the default distinguishing identifier "1234567812345678" (GM/T 0009—2012, clause 10). */
export const SM2_DEFAULT_ID: Uint8Array = new TextEncoder().encode('1234567812345678')

/** A distinguishing identifier: text (taken as UTF-8) or bytes, at most 8,191 bytes. */
export type Sm2Id = string | Uint8Array

// ENTL counts bits in two bytes (GB/T 32918.2, 5.5).
const longestId = 0xffff >> 3

function hashIdentity(point: Uint8Array, id: Sm2Id): Uint8Array {
  const bytes = typeof id === 'string' ? new TextEncoder().encode(id) : id
  if (bytes.length > longestId)
    throw new GmCryptoError('gm.length', `an identifier has at most ${longestId} bytes`)
  const bits = bytes.length * 8
  return new Sm3()
    .update(Uint8Array.of(bits >> 8, bits & 255))
    .update(bytes)
    .update(curveParameters)
    .update(point)
    .digest()
}

/**
 * A public key that has been checked: on the curve, coordinates below p, not at infinity. The curve's order is prime
 * and its cofactor 1, so nothing further is needed (GB/T 32918.1, 6.2.1).
 */
export class Sm2PublicKey {
  readonly #point: Uint8Array
  #defaultIdentity: Uint8Array | undefined

  static {
    readPoint = (key) => key.#point
    // Z under the default identifier is hashed once for each key.
    readDefaultIdentity = (key) => (key.#defaultIdentity ??= hashIdentity(key.#point, SM2_DEFAULT_ID))
  }

  private constructor(point: Uint8Array) {
    this.#point = point
  }

  /**
   * Reads 65 bytes (04‖x‖y) or 33 bytes (02 or 03‖x). Throws `gm.invalid-public-key` for any other length or form, and
   * for what is not a point of the curve. The hybrid form (06, 07) is refused.
   */
  static fromBytes(bytes: Uint8Array): Sm2PublicKey {
    const form = bytes[0]
    if (bytes.length === 65 && form === 4) {
      const point = bytes.slice(1)
      if (!isZero(point) && engine().isOnCurve(point)) return new Sm2PublicKey(point)
    }
    if (bytes.length === 33 && (form === 2 || form === 3)) {
      const point = engine().decompress(bytes.slice(1), form & 1)
      if (point !== undefined) return new Sm2PublicKey(point)
    }
    throw new GmCryptoError('gm.invalid-public-key', 'not a public key of the SM2 curve')
  }

  /** 04‖x‖y, 65 bytes; a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(65)
    out[0] = 4
    out.set(this.#point, 1)
    return out
  }

  /** 02 or 03‖x, 33 bytes. */
  compressed(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(33)
    out[0] = 2 | ((this.#point[63] ?? 0) & 1)
    out.set(this.#point.subarray(0, 32), 1)
    return out
  }

  equals(other: Sm2PublicKey): boolean {
    return constantTimeEqual(this.#point, other.#point)
  }
}

/** x‖y of a key, not a copy; for the modules of this package only. */
export function pointOf(key: Sm2PublicKey): Uint8Array {
  return readPoint(key)
}

// Up to this length a message is copied behind Z and hashed in one call, which costs less than an incremental hash.
const shortMessage = 4096

function identity(key: Sm2PublicKey, id: Sm2Id | undefined): Uint8Array {
  return id === undefined ? readDefaultIdentity(key) : hashIdentity(readPoint(key), id)
}

/** Z, the hash of identity, curve and public key (GB/T 32918.2, 5.5): 32 bytes. */
export function sm2Identity(key: Sm2PublicKey, id?: Sm2Id): Uint8Array<ArrayBuffer> {
  return identity(key, id).slice()
}

/** e = SM3(Z‖message): what SM2 signs (GB/T 32918.2, 6.1 A1 and A2). 32 bytes. */
export function sm2Digest(key: Sm2PublicKey, message: Uint8Array, id?: Sm2Id): Uint8Array<ArrayBuffer> {
  const z = identity(key, id)
  if (message.length > shortMessage) return new Sm3().update(z).update(message).digest()
  const joined = new Uint8Array(z.length + message.length)
  joined.set(z)
  joined.set(message, z.length)
  return sm3(joined)
}
