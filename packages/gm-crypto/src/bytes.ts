/** Joins byte strings into a new one. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/**
 * Compares without telling by its duration where two byte strings differ. Lengths are public: different lengths give
 * `false` at once.
 */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

/** `a` XOR `b`, over the length of `a`. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) out[i] = (a[i] ?? 0) ^ (b[i] ?? 0)
  return out
}

/** Reads an even number of hexadecimal digits; meant for constants of this package, not for input from outside. */
export function fromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** True when every byte is zero, in a time that depends on the length only. */
export function isZero(bytes: Uint8Array): boolean {
  let any = 0
  for (const byte of bytes) any |= byte
  return any === 0
}

/** Compares two big-endian numbers of equal length: true when `a < b`. Takes the same time for all values. */
export function lessThan(a: Uint8Array, b: Uint8Array): boolean {
  let borrow = 0
  for (let i = a.length - 1; i >= 0; i--) borrow = (((a[i] ?? 0) - (b[i] ?? 0) - borrow) >> 8) & 1
  return borrow === 1
}
