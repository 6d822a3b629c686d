import { base64ToBytes, bytesToBase64 } from './base64.ts'
import { ParseError } from './parse-error.ts'

export interface PemBlock {
  readonly label: string
  readonly bytes: Uint8Array
}

const MAX_TEXT = 4 * 1024 * 1024
const BEGIN = /^-----BEGIN ([A-Z0-9](?:[A-Z0-9 -]{0,62}[A-Z0-9])?)-----$/

/** RFC 7468 section 3 (strict form), lines of 64 characters, ends with a line feed. */
export function encodePem(label: string, bytes: Uint8Array): string {
  if (!BEGIN.test(`-----BEGIN ${label}-----`)) throw new RangeError(`not a PEM label: ${label}`)
  const text = bytesToBase64(bytes)
  const lines: string[] = []
  for (let at = 0; at < text.length; at += 64) lines.push(text.slice(at, at + 64))
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/**
 * All blocks of a text, in order; text between blocks is skipped (RFC 7468 section 2). Header lines inside a block
 * are refused: they belong to the encrypted form of RFC 1421, which nobody here writes.
 */
export function parsePem(text: string, path = 'pem'): PemBlock[] {
  if (text.length > MAX_TEXT) throw new ParseError(path, 0, `at most ${MAX_TEXT} characters`)
  const blocks: PemBlock[] = []
  let label: string | undefined
  let body: string[] = []
  let offset = 0
  for (const rawLine of text.split('\n')) {
    const line = rawLine.trimEnd()
    if (label === undefined) {
      label = BEGIN.exec(line)?.[1]
      body = []
    } else if (line === `-----END ${label}-----`) {
      blocks.push({ label, bytes: base64ToBytes(body.join(''), `${path}.${label}`) })
      label = undefined
    } else {
      if (!/^[A-Za-z0-9+/=]{1,76}$/.test(line))
        throw new ParseError(path, offset, `base64 or the end of ${label}`)
      body.push(line)
    }
    offset += rawLine.length + 1
  }
  if (label !== undefined) throw new ParseError(path, offset, `the end of ${label}`)
  return blocks
}

/** The bytes of the only block, which must have this label. */
export function pemToBytes(text: string, label: string): Uint8Array {
  const [block, ...more] = parsePem(text)
  if (!block || block.label !== label || more.length > 0) throw new ParseError('pem', 0, `one block ${label}`)
  return block.bytes
}
