/** Writes big-endian fields; grows as needed up to `limit` bytes. A value outside its field is a RangeError. */
export class ByteWriter {
  readonly #limit: number
  #buffer: Uint8Array
  #view: DataView
  #length = 0

  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit
    this.#buffer = new Uint8Array(Math.min(256, limit))
    this.#view = new DataView(this.#buffer.buffer)
  }

  get length(): number {
    return this.#length
  }

  #reserve(count: number): number {
    const at = this.#length
    const needed = at + count
    if (needed > this.#limit) throw new RangeError(`more than ${this.#limit} bytes written`)
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(needed, this.#buffer.length * 2)))
      grown.set(this.#buffer.subarray(0, at))
      this.#buffer = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = needed
    return at
  }

  u8(value: number): this {
    checkUnsigned(value, 0xff)
    // Reserve first: growing replaces the view.
    const at = this.#reserve(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    checkUnsigned(value, 0xffff)
    const at = this.#reserve(2)
    this.#view.setUint16(at, value)
    return this
  }

  u32(value: number): this {
    checkUnsigned(value, 0xffff_ffff)
    const at = this.#reserve(4)
    this.#view.setUint32(at, value)
    return this
  }

  u64(value: bigint): this {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`not a 64-bit number: ${value}`)
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, value)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
    return this
  }

  vector8(value: Uint8Array): this {
    return this.u8(value.length).bytes(value)
  }

  vector16(value: Uint8Array): this {
    return this.u16(value.length).bytes(value)
  }

  vector32(value: Uint8Array): this {
    return this.u32(value.length).bytes(value)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }
}

function checkUnsigned(value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum)
    throw new RangeError(`not in 0..${maximum}: ${value}`)
}
