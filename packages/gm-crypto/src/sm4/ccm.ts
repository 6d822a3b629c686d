import { concat, constantTimeEqual, xor } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { blockSize, withSchedule } from './schedule.ts'

const none = new Uint8Array(0)

/** Settings of CCM: `aad` is authenticated but not encrypted; `tagLength` is 4, 6 … 16 bytes, 16 unless given. */
export interface CcmOptions {
  readonly aad?: Uint8Array
  readonly tagLength?: number
}

function pad(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / blockSize) * blockSize)
  out.set(bytes)
  return out
}

// NIST SP 800-38C, appendix A.2.2: the length of the associated data in 2, 6 or (beyond any array) 10 bytes.
function aadHeader(length: number): Uint8Array {
  if (length === 0) return none
  if (length < 0xff00) return Uint8Array.of(length >> 8, length & 255)
  const out = Uint8Array.of(0xff, 0xfe, 0, 0, 0, 0)
  new DataView(out.buffer).setUint32(2, length)
  return out
}

interface Frame {
  readonly nonce: Uint8Array
  readonly aad: Uint8Array
  readonly tagLength: number
}

function frame(nonce: Uint8Array, length: number, options: CcmOptions): Frame {
  const tagLength = options.tagLength ?? 16
  const aad = options.aad ?? none
  if (nonce.length < 7 || nonce.length > 13)
    throw new GmCryptoError('gm.length', 'a CCM nonce has 7 to 13 bytes')
  if (tagLength < 4 || tagLength > 16 || tagLength % 2 !== 0)
    throw new GmCryptoError('gm.length', 'the tag length is not allowed')
  if (aad.length > 0xffffffff || length >= 256 ** (15 - nonce.length)) {
    throw new GmCryptoError('gm.counter-overflow', 'the data is too long for this nonce')
  }
  return { nonce, aad, tagLength }
}

// NIST SP 800-38C, 6.1 steps 1–4: CBC-MAC over B₀, the associated data and the plaintext.
function mac(schedule: Int32Array, { nonce, aad, tagLength }: Frame, plaintext: Uint8Array): Uint8Array {
  const first = new Uint8Array(blockSize)
  const lengthBytes = 15 - nonce.length
  first[0] = (aad.length > 0 ? 0x40 : 0) | (((tagLength - 2) / 2) << 3) | (lengthBytes - 1)
  first.set(nonce, 1)
  for (let i = 0, rest = plaintext.length; i < lengthBytes; i++, rest = Math.floor(rest / 256))
    first[15 - i] = rest % 256
  const blocks = concat(first, pad(concat(aadHeader(aad.length), aad)), pad(plaintext))
  engine().sm4CbcBlocks(schedule, new Uint8Array(blockSize), blocks, blocks)
  return blocks.slice(-blockSize)
}

function counter(nonce: Uint8Array, value: number): Uint8Array {
  const out = new Uint8Array(blockSize)
  out[0] = 14 - nonce.length
  out.set(nonce, 1)
  out[15] = value
  return out
}

function maskedTag(schedule: Int32Array, parts: Frame, plaintext: Uint8Array): Uint8Array {
  const mask = counter(parts.nonce, 0)
  engine().sm4Blocks(schedule, mask, mask)
  return xor(mac(schedule, parts, plaintext), mask).slice(0, parts.tagLength)
}

/** Seals with SM4-CCM (RFC 8998, NIST SP 800-38C): ciphertext‖tag. `nonce` is 7–13 bytes, never used twice with a key. */
export function sm4CcmSeal(
  key: KeyBytes,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  options: CcmOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts = frame(nonce, plaintext.length, options)
  return withSchedule(key, (schedule) => {
    const out = new Uint8Array(plaintext.length + parts.tagLength)
    engine().sm4Counter(schedule, counter(nonce, 1), plaintext, out.subarray(0, plaintext.length))
    out.set(maskedTag(schedule, parts, plaintext), plaintext.length)
    return out
  })
}

/** Opens what `sm4CcmSeal` made with the same options; throws `gm.decrypt-failed` with no plaintext out. */
export function sm4CcmOpen(
  key: KeyBytes,
  nonce: Uint8Array,
  sealed: Uint8Array,
  options: CcmOptions = {},
): Uint8Array<ArrayBuffer> {
  const length = sealed.length - (options.tagLength ?? 16)
  const parts = frame(nonce, Math.max(length, 0), options)
  if (length < 0) throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
  return withSchedule(key, (schedule) => {
    const out = new Uint8Array(length)
    engine().sm4Counter(schedule, counter(nonce, 1), sealed.subarray(0, length), out)
    if (!constantTimeEqual(maskedTag(schedule, parts, out), sealed.subarray(length))) {
      out.fill(0)
      throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
    }
    return out
  })
}
