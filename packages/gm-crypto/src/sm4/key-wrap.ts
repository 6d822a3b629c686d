import { constantTimeEqual } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { blockSize, withSchedule } from './schedule.ts'

const half = 8
const initialValue = new Uint8Array(half).fill(0xa6)
// A wrapped key is at most this long: keys are short, and the loop below must stay bounded.
const largestKey = 8192

// Step counter t of RFC 3394, XORed into the low bytes of A.
function addCounter(block: Uint8Array, t: number): void {
  for (let i = half - 1, rest = t; i >= 0 && rest > 0; i--, rest = Math.floor(rest / 256)) {
    block[i] = (block[i] ?? 0) ^ (rest % 256)
  }
}

/** Wraps `secret` (16 to 8,192 bytes, a multiple of 8) under `key` (RFC 3394 with SM4): 8 bytes longer. */
export function sm4WrapKey(key: KeyBytes, secret: Uint8Array): Uint8Array<ArrayBuffer> {
  if (secret.length < 2 * half || secret.length % half !== 0 || secret.length > largestKey) {
    throw new GmCryptoError('gm.length', 'a key to wrap has 16 to 8,192 bytes, a multiple of 8')
  }
  const count = secret.length / half
  const out = new Uint8Array(secret.length + half)
  out.set(initialValue)
  out.set(secret, half)
  const block = new Uint8Array(blockSize)
  withSchedule(key, (schedule) => {
    for (let t = 1; t <= 6 * count; t++) {
      const at = half * (((t - 1) % count) + 1)
      block.set(out.subarray(0, half))
      block.set(out.subarray(at, at + half), half)
      engine().sm4Blocks(schedule, block, block)
      addCounter(block, t)
      out.set(block.subarray(0, half))
      out.set(block.subarray(half), at)
    }
  })
  return out
}

/** Unwraps what `sm4WrapKey` made; throws `gm.decrypt-failed` when the check value does not hold. */
export function sm4UnwrapKey(key: KeyBytes, wrapped: Uint8Array): Uint8Array<ArrayBuffer> {
  if (wrapped.length < 3 * half || wrapped.length % half !== 0 || wrapped.length > largestKey + half) {
    throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  }
  const count = wrapped.length / half - 1
  const out = Uint8Array.from(wrapped)
  const block = new Uint8Array(blockSize)
  withSchedule(key, (schedule) => {
    schedule.reverse()
    for (let t = 6 * count; t >= 1; t--) {
      const at = half * (((t - 1) % count) + 1)
      block.set(out.subarray(0, half))
      addCounter(block, t)
      block.set(out.subarray(at, at + half), half)
      engine().sm4Blocks(schedule, block, block)
      out.set(block.subarray(0, half))
      out.set(block.subarray(half), at)
    }
  })
  block.fill(0)
  if (!constantTimeEqual(out.subarray(0, half), initialValue)) {
    out.fill(0)
    throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  }
  return out.slice(half)
}
