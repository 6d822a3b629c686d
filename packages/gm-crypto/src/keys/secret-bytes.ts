import { GmCryptoError } from '../errors.ts'
import { randomBytes } from '../random.ts'

/** What every secret of this package prints instead of its value. */
export const secretText = '[secret]'
/** The method that `console.log` and `util.inspect` of Node ask for. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/**
 * Bytes that must not be printed, logged or serialised by accident, and that can be erased.
 *
 * `use` lends the bytes for the duration of a call; the callback must not keep them. After `wipe` every use throws
 * `gm.wiped`. JavaScript cannot promise that no copy was made by the engine's garbage collector.
 */
export class SecretBytes {
  #bytes: Uint8Array
  #wiped = false

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Copies `bytes`; the caller may (and should) erase its own copy. */
  static from(bytes: Uint8Array): SecretBytes {
    return new SecretBytes(new Uint8Array(bytes))
  }

  /** `length` fresh random bytes. */
  static random(length: number): SecretBytes {
    return new SecretBytes(randomBytes(length))
  }

  /** Number of bytes; stays after `wipe`. */
  get length(): number {
    return this.#bytes.length
  }

  /** Calls `action` with the live bytes and returns its result. */
  use<T>(action: (bytes: Uint8Array) => T): T {
    if (this.#wiped) throw new GmCryptoError('gm.wiped', 'this secret has been wiped')
    return action(this.#bytes)
  }

  /** Overwrites the bytes with zeros. Safe to call twice. */
  wipe(): void {
    this.#bytes.fill(0)
    this.#wiped = true
  }

  toString(): string {
    return secretText
  }

  toJSON(): string {
    return secretText
  }

  [inspectSymbol](): string {
    return secretText
  }

  [Symbol.dispose](): void {
    this.wipe()
  }
}

/** A symmetric key as callers may hold it. */
export type KeyBytes = Uint8Array | SecretBytes

/** Lends the bytes of either form of a key. */
export function withKey<T>(key: KeyBytes, action: (bytes: Uint8Array) => T): T {
  return key instanceof SecretBytes ? key.use(action) : action(key)
}
