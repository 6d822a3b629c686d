import { constantTimeEqual, xor } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError, requireLength } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { blockSize, withSchedule } from './schedule.ts'

const nonceLength = 12
/** Length of the tag at the end of a sealed message, in bytes. */
export const SM4_GCM_TAG_LENGTH = 16
// NIST SP 800-38D, 5.2.1.1: 2³⁹ − 256 bits of plaintext, so that the 32-bit block counter never wraps.
const largestPlaintext = 2 ** 36 - 32
const none = new Uint8Array(0)

function firstCounter(nonce: Uint8Array, value: number): Uint8Array {
  const counter = new Uint8Array(blockSize)
  counter.set(nonce)
  counter[15] = value
  return counter
}

function tag(schedule: Int32Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const hashKey = new Uint8Array(blockSize)
  engine().sm4Blocks(schedule, hashKey, hashKey)
  const state = new Uint8Array(blockSize)
  engine().ghash(hashKey, state, aad)
  engine().ghash(hashKey, state, ciphertext)
  const lengths = new Uint8Array(blockSize)
  const view = new DataView(lengths.buffer)
  view.setBigUint64(0, BigInt(aad.length) * 8n)
  view.setBigUint64(8, BigInt(ciphertext.length) * 8n)
  engine().ghash(hashKey, state, lengths)
  hashKey.fill(0)
  const mask = firstCounter(nonce, 1)
  engine().sm4Blocks(schedule, mask, mask)
  return xor(state, mask)
}

/**
 * Seals `plaintext` with SM4-GCM (RFC 8998, NIST SP 800-38D): ciphertext followed by a 16-byte tag over it and `aad`.
 * `nonce` is 12 bytes and must never be used twice with one key.
 */
export function sm4GcmSeal(
  key: KeyBytes,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array = none,
): Uint8Array<ArrayBuffer> {
  requireLength(nonce, nonceLength, 'the nonce')
  if (plaintext.length > largestPlaintext)
    throw new GmCryptoError('gm.counter-overflow', 'the plaintext is too long')
  return withSchedule(key, (schedule) => {
    const out = new Uint8Array(plaintext.length + SM4_GCM_TAG_LENGTH)
    const ciphertext = out.subarray(0, plaintext.length)
    engine().sm4Counter(schedule, firstCounter(nonce, 2), plaintext, ciphertext)
    out.set(tag(schedule, nonce, aad, ciphertext), plaintext.length)
    return out
  })
}

/** Opens what `sm4GcmSeal` made. Throws `gm.decrypt-failed`, with no plaintext out, when anything was changed. */
export function sm4GcmOpen(
  key: KeyBytes,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array = none,
): Uint8Array<ArrayBuffer> {
  requireLength(nonce, nonceLength, 'the nonce')
  if (sealed.length < SM4_GCM_TAG_LENGTH) throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  const ciphertext = sealed.subarray(0, sealed.length - SM4_GCM_TAG_LENGTH)
  return withSchedule(key, (schedule) => {
    const expected = tag(schedule, nonce, aad, ciphertext)
    if (!constantTimeEqual(expected, sealed.subarray(ciphertext.length))) {
      throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
    }
    const out = new Uint8Array(ciphertext.length)
    engine().sm4Counter(schedule, firstCounter(nonce, 2), ciphertext, out)
    return out
  })
}
