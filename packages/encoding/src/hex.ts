import { ParseError } from './parse-error.ts'

const byteToHex: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

/** Lower-case hexadecimal, two digits a byte. */
export function bytesToHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byteToHex[byte]
  return text
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  if (code >= 65 && code <= 70) return code - 55
  return -1
}

/** Accepts both letter cases; throws ParseError on an odd length and on any other character. */
export function hexToBytes(text: string, path = 'hex'): Uint8Array {
  if (text.length % 2 !== 0) throw new ParseError(path, text.length, 'an even number of hexadecimal digits')
  const bytes = new Uint8Array(text.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    const high = nibble(text.charCodeAt(index * 2))
    const low = nibble(text.charCodeAt(index * 2 + 1))
    if (high < 0 || low < 0) throw new ParseError(path, index * 2, 'hexadecimal digits')
    bytes[index] = high * 16 + low
  }
  return bytes
}
