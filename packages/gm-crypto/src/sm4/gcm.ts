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

/** Key stream that comes for free with what every message needs. */
const firstStreamLength = 6 * blockSize

/** What is derived from key and nonce for one message (NIST SP 800-38D, 7.1). */
interface MessageKeys {
  /** E(0), the key of GHASH. */
  readonly hashKey: Uint8Array
  /** E(J₀), which hides the GHASH value in the tag. */
  readonly tagMask: Uint8Array
  readonly firstStream: Uint8Array
}

// The engine encrypts eight blocks in the time of one: E(0), E(J₀) and the first six blocks of the key stream.
function messageKeys(schedule: Int32Array, nonce: Uint8Array): MessageKeys {
  const blocks = new Uint8Array(8 * blockSize)
  for (let i = 1; i < 8; i++) {
    blocks.set(nonce, i * blockSize)
    blocks[i * blockSize + 15] = i
  }
  engine().sm4Blocks(schedule, blocks, blocks)
  return {
    hashKey: blocks.subarray(0, blockSize),
    tagMask: blocks.subarray(blockSize, 2 * blockSize),
    firstStream: blocks.subarray(2 * blockSize),
  }
}

/** Adds the key stream of a message. */
function addStream(
  schedule: Int32Array,
  nonce: Uint8Array,
  { input, output, firstStream }: { input: Uint8Array; output: Uint8Array; firstStream: Uint8Array },
): void {
  if (input.length <= firstStreamLength) {
    for (let i = 0; i < input.length; i++) output[i] = (input[i] ?? 0) ^ (firstStream[i] ?? 0)
    return
  }
  const counter = new Uint8Array(blockSize)
  counter.set(nonce)
  counter[15] = 2
  engine().sm4Counter(schedule, counter, input, output)
}

/** Room for associated data, ciphertext and lengths of a short message, hashed in one call. */
const shortLength = 512

const padded = (length: number): number => Math.ceil(length / blockSize) * blockSize

function tag({ hashKey, tagMask }: MessageKeys, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const state = new Uint8Array(blockSize)
  const inOne = padded(aad.length) + padded(ciphertext.length) + blockSize
  const together = inOne <= shortLength
  const last = new Uint8Array(together ? inOne : blockSize)
  if (together) {
    last.set(aad)
    last.set(ciphertext, padded(aad.length))
  } else {
    engine().ghash(hashKey, state, aad)
    engine().ghash(hashKey, state, ciphertext)
  }
  const view = new DataView(last.buffer)
  view.setBigUint64(last.length - 16, BigInt(aad.length) * 8n)
  view.setBigUint64(last.length - 8, BigInt(ciphertext.length) * 8n)
  engine().ghash(hashKey, state, last)
  return xor(state, tagMask)
}

function wipe({ hashKey, tagMask, firstStream }: MessageKeys): void {
  for (const part of [hashKey, tagMask, firstStream]) part.fill(0)
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
    const keys = messageKeys(schedule, nonce)
    addStream(schedule, nonce, { input: plaintext, output: ciphertext, firstStream: keys.firstStream })
    out.set(tag(keys, aad, ciphertext), plaintext.length)
    wipe(keys)
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
    const keys = messageKeys(schedule, nonce)
    const genuine = constantTimeEqual(tag(keys, aad, ciphertext), sealed.subarray(ciphertext.length))
    const out = new Uint8Array(genuine ? ciphertext.length : 0)
    if (genuine) addStream(schedule, nonce, { input: ciphertext, output: out, firstStream: keys.firstStream })
    wipe(keys)
    if (!genuine) throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
    return out
  })
}
