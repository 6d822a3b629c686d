import { GmCryptoError } from '../errors.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const labelForm = /^[A-Z0-9](?:[A-Z0-9 ]*[A-Z0-9])?$/

// Branch-free in the digit's value, so that encoding a private key does not leave its digits in the cache as a table
// look-up would: each range adds its own offset by a mask.
function digitOf(value: number): number {
  let code = value + 65
  code += ((25 - value) >> 8) & 6
  code -= ((51 - value) >> 8) & 75
  code -= ((61 - value) >> 8) & 15
  code += ((62 - value) >> 8) & 3
  return code
}

function encode(bytes: Uint8Array): string {
  let out = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const digits = Math.min(4, bytes.length - at + 1)
    for (let i = 0; i < 4; i++)
      out += i < digits ? String.fromCharCode(digitOf((group >> (18 - 6 * i)) & 63)) : '='
  }
  return out
}

function malformed(): GmCryptoError {
  return new GmCryptoError('gm.malformed', 'not the PEM text expected here')
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (text.length === 0 || text.length % 4 !== 0) throw malformed()
  const out = new Uint8Array((text.length / 4) * 3 - padding)
  for (let at = 0, to = 0; at < text.length; at += 4) {
    let group = 0
    for (let i = 0; i < 4; i++) {
      const isPadding = at + i >= text.length - padding
      const value = isPadding ? 0 : alphabet.indexOf(text.charAt(at + i))
      if (value < 0) throw malformed()
      group = (group << 6) | value
    }
    for (let i = 0; i < 3; i++, to++) {
      const byte = (group >> (16 - 8 * i)) & 255
      if (to < out.length) out[to] = byte
      else if (byte !== 0) throw malformed()
    }
  }
  return out
}

/** PEM text with 64 characters a line (RFC 7468). `label` is for example `PRIVATE KEY`. */
export function toPem(label: string, encoded: Uint8Array): string {
  if (!labelForm.test(label)) throw new GmCryptoError('gm.argument', 'not a PEM label')
  const lines = encode(encoded).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** Reads exactly one PEM block with this label; throws `gm.malformed`. Text around the block is refused. */
export function fromPem(pem: string, label: string): Uint8Array<ArrayBuffer> {
  const lines = pem.trim().split(/\r?\n/)
  if (lines.shift() !== `-----BEGIN ${label}-----` || lines.pop() !== `-----END ${label}-----`)
    throw malformed()
  return decode(lines.join(''))
}
