import { engine } from '../engine/current.ts'
import { GmCryptoError, requireLength } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { blockSize, withSchedule } from './schedule.ts'

/**
 * SM4-CBC with PKCS#7 padding (GB/T 17964—2021). `iv` is 16 unpredictable bytes. Gives no protection against change:
 * for new designs use GCM.
 */
export function sm4CbcEncrypt(key: KeyBytes, iv: Uint8Array, plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
  requireLength(iv, blockSize, 'the initial vector')
  const padding = blockSize - (plaintext.length % blockSize)
  const padded = new Uint8Array(plaintext.length + padding)
  padded.set(plaintext)
  padded.fill(padding, plaintext.length)
  const out = new Uint8Array(padded.length)
  withSchedule(key, (schedule) => engine().sm4CbcBlocks(schedule, iv, padded, out))
  padded.fill(0)
  return out
}

/**
 * Undoes `sm4CbcEncrypt`. Throws `gm.decrypt-failed` for a wrong length or padding. The padding is checked without
 * branching on it, but the refusal itself is an oracle: authenticate a CBC ciphertext before it comes here.
 */
export function sm4CbcDecrypt(
  key: KeyBytes,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array<ArrayBuffer> {
  requireLength(iv, blockSize, 'the initial vector')
  const length = ciphertext.length
  if (length === 0 || length % blockSize !== 0)
    throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  const out = new Uint8Array(length)
  withSchedule(key, (schedule) => {
    schedule.reverse()
    engine().sm4Blocks(schedule, ciphertext, out)
  })
  for (let i = 0; i < length; i++) {
    const previous = i < blockSize ? iv[i] : ciphertext[i - blockSize]
    out[i] = (out[i] ?? 0) ^ (previous ?? 0)
  }
  const padding = out[length - 1] ?? 0
  let wrong = ((padding - 1) >> 8) | ((blockSize - padding) >> 8)
  for (let i = 0; i < blockSize; i++) {
    const inside = (i - padding) >> 8
    wrong |= inside & ((out[length - 1 - i] ?? 0) ^ padding)
  }
  if (wrong !== 0) {
    out.fill(0)
    throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  }
  return out.slice(0, length - padding)
}
