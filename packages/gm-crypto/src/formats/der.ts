import { concat, fromHex } from '../bytes.ts'
import { GmCryptoError } from '../errors.ts'

// A small strict DER reader and writer for the structures of this package, which depends on no other. Definite, minimal
// lengths only; integers minimal; every structure must be consumed to its last byte.

export const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
} as const

function malformed(): GmCryptoError {
  return new GmCryptoError('gm.malformed', 'the encoding is not the DER structure expected here')
}

/** Reads the elements of one constructed value in order. Every method throws `gm.malformed`. */
export class DerReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The tag of the next element, or -1 at the end. */
  peek(): number {
    return this.#bytes[this.#at] ?? -1
  }

  /** Content of the next element, which must have this tag. */
  read(tag: number): Uint8Array {
    if (this.peek() !== tag) throw malformed()
    let length = this.#byte(this.#at + 1)
    let start = this.#at + 2
    if (length >= 0x80) {
      const count = length - 0x80
      if (count < 1 || count > 3) throw malformed()
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + this.#byte(start + i)
      start += count
      if (length < 0x80 || length < 256 ** (count - 1)) throw malformed()
    }
    if (start + length > this.#bytes.length) throw malformed()
    this.#at = start + length
    return this.#bytes.subarray(start, start + length)
  }

  #byte(at: number): number {
    const byte = this.#bytes[at]
    if (byte === undefined) throw malformed()
    return byte
  }

  sequence(): DerReader {
    return new DerReader(this.read(tags.sequence))
  }

  /** A natural number as bytes without leading zeros; negative and non-minimal encodings are refused. */
  natural(): Uint8Array {
    const content = this.read(tags.integer)
    const [first, second] = content
    if (first === undefined || first >= 0x80) throw malformed()
    if (first !== 0 || content.length === 1) return content
    if (second === undefined || second < 0x80) throw malformed()
    return content.subarray(1)
  }

  /** A natural number that fits in 32 bytes, padded with zeros. */
  natural32(): Uint8Array {
    const content = this.natural()
    if (content.length > 32) throw malformed()
    const out = new Uint8Array(32)
    out.set(content, 32 - content.length)
    return out
  }

  /** A natural number up to 2³¹ − 1. */
  small(): number {
    const content = this.natural()
    if (content.length > 4) throw malformed()
    let value = 0
    for (const byte of content) value = value * 256 + byte
    return value
  }

  /** A BIT STRING of whole bytes. */
  bits(): Uint8Array {
    const content = this.read(tags.bits)
    if (content[0] !== 0) throw malformed()
    return content.subarray(1)
  }

  /** The content bytes of an OBJECT IDENTIFIER in hexadecimal. */
  oid(): string {
    let hex = ''
    for (const byte of this.read(tags.oid)) hex += byte.toString(16).padStart(2, '0')
    return hex
  }

  expectOid(hex: string): void {
    if (this.oid() !== hex) throw malformed()
  }

  expectNull(): void {
    if (this.read(tags.null).length !== 0) throw malformed()
  }

  /** Refuses trailing bytes. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed()
  }
}

/** One element: tag, minimal length, the joined contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = concat(...contents)
  const { length } = content
  let header: number[]
  if (length < 0x80) header = [tag, length]
  else if (length < 0x100) header = [tag, 0x81, length]
  else if (length < 0x10000) header = [tag, 0x82, length >> 8, length & 255]
  else header = [tag, 0x83, length >> 16, (length >> 8) & 255, length & 255]
  if (length > 0xffffff) throw new GmCryptoError('gm.length', 'too long for this encoding')
  return Uint8Array.from(concat(Uint8Array.from(header), content))
}

/** A natural number from big-endian bytes of any length. */
export function derNatural(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const minimal = bytes.subarray(start)
  return (minimal[0] ?? 0) >= 0x80 ? der(tags.integer, Uint8Array.of(0), minimal) : der(tags.integer, minimal)
}

export function derSmall(value: number): Uint8Array {
  return derNatural(Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255))
}

export function derOid(hex: string): Uint8Array {
  return der(tags.oid, fromHex(hex))
}

export function derBits(bytes: Uint8Array): Uint8Array {
  return der(tags.bits, Uint8Array.of(0), bytes)
}
