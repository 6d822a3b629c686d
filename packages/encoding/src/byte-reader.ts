import { ParseError } from './parse-error.ts'

/** Reads big-endian fields from a byte string. Returned byte strings are views, not copies. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #view: DataView | undefined
  readonly #path: string
  #offset = 0

  constructor(bytes: Uint8Array, path = 'bytes') {
    this.#bytes = bytes
    this.#path = path
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  /** Made when the first number of more than a byte is read: most short messages have none. */
  #wide(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes
    this.#view ??= new DataView(buffer, byteOffset, byteLength)
    return this.#view
  }

  #take(length: number, what: string): number {
    if (length > this.remaining) throw new ParseError(this.#path, this.#offset, what)
    const at = this.#offset
    this.#offset += length
    return at
  }

  u8(): number {
    // `#take` has checked that it is there.
    return this.#bytes[this.#take(1, 'an 8-bit number')] ?? 0
  }

  u16(): number {
    return this.#wide().getUint16(this.#take(2, 'a 16-bit number'))
  }

  u32(): number {
    return this.#wide().getUint32(this.#take(4, 'a 32-bit number'))
  }

  u64(): bigint {
    return this.#wide().getBigUint64(this.#take(8, 'a 64-bit number'))
  }

  /** Exactly `length` bytes. */
  bytes(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`not a byte count: ${length}`)
    const at = this.#take(length, `${length} bytes`)
    return this.#bytes.subarray(at, at + length)
  }

  /** A byte string after its own 8-bit length. */
  vector8(maximum = 0xff): Uint8Array {
    return this.#vector(this.u8(), maximum)
  }

  /** A byte string after its own 16-bit length. */
  vector16(maximum = 0xffff): Uint8Array {
    return this.#vector(this.u16(), maximum)
  }

  /** A byte string after its own 32-bit length; the caller states how long it may be. */
  vector32(maximum: number): Uint8Array {
    return this.#vector(this.u32(), maximum)
  }

  #vector(length: number, maximum: number): Uint8Array {
    if (length > maximum) throw new ParseError(this.#path, this.#offset, `at most ${maximum} bytes`)
    return this.bytes(length)
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining)
  }

  /** Refuses bytes that nobody asked for. */
  end(): void {
    if (this.remaining !== 0) throw new ParseError(this.#path, this.#offset, 'no further bytes')
  }
}
