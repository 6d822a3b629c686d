import { fromHex } from './bytes.ts'

/** Hexadecimal text to bytes and back; test material only. */
export const hex = fromHex

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
