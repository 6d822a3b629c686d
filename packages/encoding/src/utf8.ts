import { ParseError } from './parse-error.ts'

const encoder = new TextEncoder()
// ignoreBOM keeps a leading U+FEFF as data: otherwise two different byte strings would read as the same text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const loneSurrogate = /\p{Surrogate}/u

/** Throws ParseError when the text has an unpaired surrogate (it has no UTF-8 form, RFC 3629 section 3). */
export function utf8ToBytes(text: string, path = 'utf8'): Uint8Array {
  const found = loneSurrogate.exec(text)
  if (found) throw new ParseError(path, found.index, 'text without unpaired surrogates')
  return encoder.encode(text)
}

/** Throws ParseError on anything that is not well-formed UTF-8; keeps a byte order mark as a character. */
export function bytesToUtf8(bytes: Uint8Array, path = 'utf8'): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ParseError(path, 0, 'well-formed UTF-8')
  }
}
