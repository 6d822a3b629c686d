import { ParseError } from './parse-error.ts'
import { bytesToUtf8, utf8ToBytes } from './utf8.ts'

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`

function decodeTable(alphabet: string): Int16Array {
  const table = new Int16Array(128).fill(-1)
  for (let value = 0; value < alphabet.length; value++) table[alphabet.charCodeAt(value)] = value
  return table
}

const standardValues = decodeTable(STANDARD)
const urlSafeValues = decodeTable(URL_SAFE)

const standardDigits = utf8ToBytes(STANDARD)
const urlSafeDigits = utf8ToBytes(URL_SAFE)

function encode(bytes: Uint8Array, digits: Uint8Array, padding: string): string {
  const length = Math.ceil((bytes.length * 4) / 3)
  const text = new Uint8Array(length + 3)
  let at = 0
  for (let index = 0; index < bytes.length; index += 3) {
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0)
    text[at++] = digits[group >>> 18] ?? 0
    text[at++] = digits[(group >>> 12) & 63] ?? 0
    text[at++] = digits[(group >>> 6) & 63] ?? 0
    text[at++] = digits[group & 63] ?? 0
  }
  return bytesToUtf8(text.subarray(0, length)) + padding.repeat((4 - (length % 4)) % 4)
}

function decode(digits: string, values: Int16Array, path: string): Uint8Array {
  const tail = digits.length % 4
  if (tail === 1) throw new ParseError(path, digits.length, 'a whole number of base64 groups')
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4))
  let written = 0
  let bits = 0
  let pending = 0
  for (let index = 0; index < digits.length; index++) {
    const value = values[digits.charCodeAt(index)] ?? -1
    if (value < 0) throw new ParseError(path, index, 'a character of the base64 alphabet')
    pending = ((pending << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[written++] = (pending >>> bits) & 0xff
    }
  }
  // RFC 4648 section 3.5: bits without a byte must be zero, so that each byte string has one spelling only.
  if ((pending & ((1 << bits) - 1)) !== 0) throw new ParseError(path, digits.length - 1, 'zero padding bits')
  return bytes
}

/** RFC 4648 section 4, padded. */
export function bytesToBase64(bytes: Uint8Array): string {
  return encode(bytes, standardDigits, '=')
}

/** RFC 4648 section 4: padded and canonical, no white space. Throws ParseError otherwise. */
export function base64ToBytes(text: string, path = 'base64'): Uint8Array {
  if (text.length % 4 !== 0) throw new ParseError(path, text.length, 'padded base64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return decode(text.slice(0, text.length - padding), standardValues, path)
}

/** RFC 4648 section 5, without padding. */
export function bytesToBase64Url(bytes: Uint8Array): string {
  return encode(bytes, urlSafeDigits, '')
}

/** RFC 4648 section 5: canonical, without padding. Throws ParseError otherwise. */
export function base64UrlToBytes(text: string, path = 'base64url'): Uint8Array {
  return decode(text, urlSafeValues, path)
}
