/**
 * Digits of a PIN for the secure element, on their way to it. The element compares the PIN itself, so the digits must
 * pass through this process once: they live in bytes that are overwritten, never in a string (A-7.6-2).
 */
export class PinBuffer {
  readonly length: number
  #digits: Uint8Array
  #count = 0

  constructor(length: number) {
    this.length = length
    this.#digits = new Uint8Array(length)
  }

  get count(): number {
    return this.#count
  }

  /** Appends a digit; true when the PIN is complete. */
  push(digit: number): boolean {
    if (this.#count < this.length && Number.isInteger(digit) && digit >= 0 && digit <= 9) {
      this.#digits[this.#count] = 0x30 + digit
      this.#count += 1
    }
    return this.#count === this.length
  }

  erase(): void {
    if (this.#count === 0) return
    this.#count -= 1
    this.#digits[this.#count] = 0
  }

  /** Hands out a copy as ASCII digits and wipes itself; whoever takes it wipes the copy. */
  take(): Uint8Array {
    const copy = this.#digits.slice(0, this.#count)
    this.wipe()
    return copy
  }

  wipe(): void {
    this.#digits.fill(0)
    this.#count = 0
  }

  toJSON(): string {
    return '[secret]'
  }
}
