import { GmCryptoError } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { HmacSm3, hmacSm3 } from './hmac-sm3.ts'
import { Sm3, SM3_LENGTH } from './sm3.ts'

const largestHkdf = 255 * SM3_LENGTH

/** HKDF-Extract over SM3 (RFC 5869, 2.2): 32 bytes. An empty `salt` means 32 zero bytes. */
export function hkdfSm3Extract(salt: KeyBytes, inputKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return hmacSm3(salt, inputKey)
}

/** HKDF-Expand over SM3 (RFC 5869, 2.3): `length` bytes, at most 8,160. */
export function hkdfSm3Expand(
  pseudorandomKey: KeyBytes,
  info: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(length) || length < 0 || length > largestHkdf) {
    throw new GmCryptoError('gm.length', `HKDF gives between 0 and ${largestHkdf} bytes`)
  }
  const hmac = new HmacSm3(pseudorandomKey)
  const out = new Uint8Array(length)
  let previous: Uint8Array = new Uint8Array(0)
  for (let at = 0, counter = 1; at < length; at += SM3_LENGTH, counter++) {
    previous = hmac.mac(previous, info, Uint8Array.of(counter))
    out.set(previous.subarray(0, Math.min(SM3_LENGTH, length - at)), at)
  }
  hmac.wipe()
  return out
}

/** HKDF over SM3, both steps (RFC 5869). */
export function hkdfSm3(
  inputKey: Uint8Array,
  options: { salt?: Uint8Array; info?: Uint8Array; length: number },
): Uint8Array<ArrayBuffer> {
  const empty = new Uint8Array(0)
  const key = hkdfSm3Extract(options.salt ?? empty, inputKey)
  const out = hkdfSm3Expand(key, options.info ?? empty, options.length)
  key.fill(0)
  return out
}

/** PBKDF2 with HMAC-SM3 (RFC 8018, 5.2). `password` is bytes; encode text as UTF-8. */
export function pbkdf2Sm3(
  password: KeyBytes,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new GmCryptoError('gm.argument', 'iterations must be at least 1')
  if (!Number.isInteger(length) || length < 1)
    throw new GmCryptoError('gm.length', 'length must be at least 1')
  const hmac = new HmacSm3(password)
  const out = new Uint8Array(length)
  const index = new Uint8Array(4)
  for (let at = 0, block = 1; at < length; at += SM3_LENGTH, block++) {
    new DataView(index.buffer).setUint32(0, block)
    let round = hmac.mac(salt, index)
    const sum = Uint8Array.from(round)
    for (let i = 1; i < iterations; i++) {
      round = hmac.mac(round)
      for (let j = 0; j < SM3_LENGTH; j++) sum[j] = (sum[j] ?? 0) ^ (round[j] ?? 0)
    }
    out.set(sum.subarray(0, Math.min(SM3_LENGTH, length - at)), at)
  }
  hmac.wipe()
  return out
}

/**
 * The key derivation function of SM2 (GB/T 32918.4, 5.4.3): SM3 over `secret` and a 32-bit counter from 1.
 * Gives `length` bytes.
 */
export function sm2Kdf(secret: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(length) || length < 0 || length > 0xffffffff * SM3_LENGTH) {
    throw new GmCryptoError('gm.length', 'the key derivation function cannot give so many bytes')
  }
  const prefix = new Sm3().update(secret)
  const out = new Uint8Array(length)
  const index = new Uint8Array(4)
  for (let at = 0, counter = 1; at < length; at += SM3_LENGTH, counter++) {
    new DataView(index.buffer).setUint32(0, counter)
    const block = prefix.clone().update(index).digest()
    out.set(block.subarray(0, Math.min(SM3_LENGTH, length - at)), at)
  }
  prefix.wipe()
  return out
}
