import { getByte, loadBytes, multiplyN, setByte, storeBytes } from './field'
import { ORDER, ORDER_MINUS_TWO, RAW_ONE, RR_N, S3, W0, W1, ZERO } from './slots'

// Numbers modulo the order n as 32 big-endian bytes. Sums are taken byte by byte, which costs little next to the points;
// products go through the Montgomery kernel. Nothing here branches on a value.

/** 1 when a < b. */
export function lessThan(a: i32, b: i32): i32 {
  let borrow = 0
  for (let i = 31; i >= 0; i--) borrow = ((getByte(a + i) - getByte(b + i) - borrow) >> 8) & 1
  return borrow
}

/** 1 when all bytes are zero. */
export function isZero(a: i32): i32 {
  let any = 0
  for (let i = 0; i < 32; i++) any |= getByte(a + i)
  return ((any - 1) >> 8) & 1
}

/** o = a + (b when flag is 1) and the carry out. */
function addMasked(o: i32, a: i32, b: i32, flag: i32): i32 {
  const mask = -flag
  let carry = 0
  for (let i = 31; i >= 0; i--) {
    carry += getByte(a + i) + (getByte(b + i) & mask)
    setByte(o + i, carry & 255)
    carry >>= 8
  }
  return carry
}

/** o = a − (b when flag is 1) and the borrow out. */
function subtractMasked(o: i32, a: i32, b: i32, flag: i32): i32 {
  const mask = -flag
  let borrow = 0
  for (let i = 31; i >= 0; i--) {
    const value = getByte(a + i) - (getByte(b + i) & mask) - borrow
    setByte(o + i, value & 255)
    borrow = (value >> 8) & 1
  }
  return borrow
}

/** o = a, less one times b when a ≥ b. */
export function reduceOnce(o: i32, a: i32, b: i32): void {
  subtractMasked(o, a, b, 1 - lessThan(a, b))
}

/** o = a + b mod n, both below n. */
export function addN(o: i32, a: i32, b: i32): void {
  const carry = addMasked(o, a, b, 1)
  subtractMasked(o, o, ORDER, carry | (1 - lessThan(o, ORDER)))
}

/** o = a − b mod n, both below n. */
export function subtractN(o: i32, a: i32, b: i32): void {
  const borrow = subtractMasked(o, a, b, 1)
  addMasked(o, o, ORDER, borrow)
}

/** o = a + b without reduction; 1 when it does not fit into 256 bits. */
export function addRaw(o: i32, a: i32, b: i32): i32 {
  return addMasked(o, a, b, 1)
}

/** Writes the value of a Montgomery product, known to be in 0 … n, as the number below n. */
function storeReduced(o: i32, a: i32): void {
  storeBytes(o, a)
  reduceOnce(o, o, ORDER)
}

/** o = a·b mod n for any a and b below 2²⁵⁶. */
export function multiplyScalars(o: i32, a: i32, b: i32): void {
  loadBytes(W0, a)
  loadBytes(W1, b)
  multiplyN(W0, W0, RR_N)
  multiplyN(W1, W1, RR_N)
  multiplyN(W0, W0, W1)
  multiplyN(W0, W0, RAW_ONE)
  storeReduced(o, W0)
}

/** o = a⁻¹ mod n by Fermat: the exponent n − 2 is public, the branches depend on it alone. */
export function invertScalar(o: i32, a: i32): void {
  loadBytes(W0, a)
  multiplyN(W0, W0, RR_N)
  multiplyN(W1, RR_N, RAW_ONE)
  for (let i = 0; i < 256; i++) {
    multiplyN(W1, W1, W1)
    if (((getByte(ORDER_MINUS_TWO + (i >> 3)) >> (7 - (i & 7))) & 1) === 1) multiplyN(W1, W1, W0)
  }
  multiplyN(W1, W1, RAW_ONE)
  storeReduced(o, W1)
}

/** o = k when k is odd, n − k when it is even; returns 1 when it was even. No branch. */
export function makeOdd(o: i32, k: i32): i32 {
  const even = 1 - (getByte(k + 31) & 1)
  const mask = -even
  subtractMasked(S3, ORDER, k, 1)
  for (let i = 0; i < 32; i++) {
    const own = getByte(k + i)
    setByte(o + i, own ^ ((own ^ getByte(S3 + i)) & mask))
  }
  return even
}

/** `width` (at most 10) bits from bit `from` on; bits at or above 256 are zero. */
export function bitsAt(a: i32, from: i32, width: i32): i32 {
  const byte = from >> 3
  const low = byte < 32 ? getByte(a + 31 - byte) : 0
  const middle = byte < 31 ? getByte(a + 30 - byte) : 0
  const high = byte < 30 ? getByte(a + 29 - byte) : 0
  return (((high << 16) | (middle << 8) | low) >> (from & 7)) & ((1 << width) - 1)
}

/** 1 when 1 ≤ a < n. */
export function inRange(a: i32): i32 {
  return lessThan(a, ORDER) & lessThan(ZERO, a)
}
