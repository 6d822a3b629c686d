// Memory layout and field primitives of the WebAssembly engine: elements are nine 29-bit limbs in 64-bit lanes, ten lanes
// apart. The JavaScript engine has the same module over a Float64Array (src/engine/js/field.ts).
import { linear } from './kernel'

export { linear, multiply, multiplyN, square, squareTimes, writeConstants } from './kernel'

/** Distance between two field elements. */
export const FE: i32 = 80
/** Distance between two affine points of a comb table: twenty 32-bit limbs. */
export const ENTRY: i32 = 80
/** Where field elements live. */
export const ELEMENTS: i32 = 1024
/** Where byte strings live. */
export const BYTES: i32 = 16384
/** Where comb tables live; the first is that of the base point. */
export const TABLES: i32 = 132096

const LIMBS: i32 = 9
const BITS: i32 = 29

// inline
export function getByte(at: i32): i32 {
  return load<u8>(at)
}

// inline
export function setByte(at: i32, value: i32): void {
  store<u8>(at, value)
}

// Sums are taken limb by limb: vectors were measured to be no faster, because the products beside them read single limbs.

/** o = a + b without carries. */
// inline
export function add(o: i32, a: i32, b: i32): void {
  store<i64>(o, load<i64>(a) + load<i64>(b))
  store<i64>(o, load<i64>(a, 8) + load<i64>(b, 8), 8)
  store<i64>(o, load<i64>(a, 16) + load<i64>(b, 16), 16)
  store<i64>(o, load<i64>(a, 24) + load<i64>(b, 24), 24)
  store<i64>(o, load<i64>(a, 32) + load<i64>(b, 32), 32)
  store<i64>(o, load<i64>(a, 40) + load<i64>(b, 40), 40)
  store<i64>(o, load<i64>(a, 48) + load<i64>(b, 48), 48)
  store<i64>(o, load<i64>(a, 56) + load<i64>(b, 56), 56)
  store<i64>(o, load<i64>(a, 64) + load<i64>(b, 64), 64)
}

/** o = a − b without carries. */
// inline
export function subtract(o: i32, a: i32, b: i32): void {
  store<i64>(o, load<i64>(a) - load<i64>(b))
  store<i64>(o, load<i64>(a, 8) - load<i64>(b, 8), 8)
  store<i64>(o, load<i64>(a, 16) - load<i64>(b, 16), 16)
  store<i64>(o, load<i64>(a, 24) - load<i64>(b, 24), 24)
  store<i64>(o, load<i64>(a, 32) - load<i64>(b, 32), 32)
  store<i64>(o, load<i64>(a, 40) - load<i64>(b, 40), 40)
  store<i64>(o, load<i64>(a, 48) - load<i64>(b, 48), 48)
  store<i64>(o, load<i64>(a, 56) - load<i64>(b, 56), 56)
  store<i64>(o, load<i64>(a, 64) - load<i64>(b, 64), 64)
}

// inline
export function copyElement(o: i32, a: i32): void {
  store<i64>(o, load<i64>(a))
  store<i64>(o, load<i64>(a, 8), 8)
  store<i64>(o, load<i64>(a, 16), 16)
  store<i64>(o, load<i64>(a, 24), 24)
  store<i64>(o, load<i64>(a, 32), 32)
  store<i64>(o, load<i64>(a, 40), 40)
  store<i64>(o, load<i64>(a, 48), 48)
  store<i64>(o, load<i64>(a, 56), 56)
  store<i64>(o, load<i64>(a, 64), 64)
}

/** o = a when flag is 1, o when it is 0; no branch. */
export function maskedCopy(o: i32, a: i32, flag: i32): void {
  const mask = i64x2.splat(-(<i64>flag))
  for (let i = 0; i < FE; i += 16) v128.store(o + i, v128.bitselect(v128.load(a + i), v128.load(o + i), mask))
}

/** Limbs of a 32-byte big-endian number. */
export function loadBytes(o: i32, at: i32): void {
  let bits = 0
  let value: i64 = 0
  let limb = 0
  for (let i = 31; i >= 0; i--) {
    value |= (<i64>load<u8>(at + i)) << bits
    bits += 8
    if (bits >= BITS) {
      store<i64>(o + 8 * limb, value & 0x1fffffff)
      value >>= BITS
      bits -= BITS
      limb++
    }
  }
  store<i64>(o + 8 * limb, value)
}

/** 32 big-endian bytes of an element whose limbs are carried and whose value is in 0 … 2²⁵⁶−1. */
export function storeBytes(at: i32, a: i32): void {
  let bits = 0
  let value: i64 = 0
  let limb = 0
  for (let i = 31; i >= 0; i--) {
    if (bits < 8 && limb < LIMBS) {
      value |= load<i64>(a + 8 * limb) << bits
      bits += BITS
      limb++
    }
    store<u8>(at + i, <u8>value)
    value >>= 8
    bits -= 8
  }
}

/** Writes an affine point into a comb table. */
export function storeEntry(entry: i32, x: i32, y: i32): void {
  for (let i = 0; i < LIMBS; i++) {
    store<i32>(entry + 4 * i, <i32>load<i64>(x + 8 * i))
    store<i32>(entry + 40 + 4 * i, <i32>load<i64>(y + 8 * i))
  }
}

/** Reads the entry a public index names. */
export function loadEntry(x: i32, y: i32, entry: i32): void {
  unpack(
    x,
    y,
    v128.load(entry),
    v128.load(entry, 16),
    v128.load(entry, 32),
    v128.load(entry, 48),
    v128.load(entry, 64),
  )
}

// inline
function unpack(x: i32, y: i32, a: v128, b: v128, c: v128, d: v128, e: v128): void {
  v128.store(x, i64x2.extend_low_i32x4_s(a))
  v128.store(x, i64x2.extend_high_i32x4_s(a), 16)
  v128.store(x, i64x2.extend_low_i32x4_s(b), 32)
  v128.store(x, i64x2.extend_high_i32x4_s(b), 48)
  v128.store(x, i64x2.extend_low_i32x4_s(c), 64)
  v128.store(y, i64x2.extend_high_i32x4_s(c))
  v128.store(y, i64x2.extend_low_i32x4_s(d), 16)
  v128.store(y, i64x2.extend_high_i32x4_s(d), 32)
  v128.store(y, i64x2.extend_low_i32x4_s(e), 48)
  v128.store(y, i64x2.extend_high_i32x4_s(e), 64)
}

/** Reads entry `index` of 32 by looking at all of them: the memory touched does not depend on the index. */
export function lookup(x: i32, y: i32, table: i32, index: i32): void {
  const wanted = i32x4.splat(index)
  let a = i32x4.splat(0)
  let b = i32x4.splat(0)
  let c = i32x4.splat(0)
  let d = i32x4.splat(0)
  let e = i32x4.splat(0)
  for (let i = 0; i < 32; i++) {
    const at = table + i * ENTRY
    const mask = i32x4.eq(wanted, i32x4.splat(i))
    a = v128.or(a, v128.and(v128.load(at), mask))
    b = v128.or(b, v128.and(v128.load(at, 16), mask))
    c = v128.or(c, v128.and(v128.load(at, 32), mask))
    d = v128.or(d, v128.and(v128.load(at, 48), mask))
    e = v128.or(e, v128.and(v128.load(at, 64), mask))
  }
  unpack(x, y, a, b, c, d, e)
}

/** Carries the limbs of `o` and changes its sign when flag is 1; no branch. */
export function negateIf(o: i32, flag: i32): void {
  linear(o, o, 1 - 2 * flag, o, 0)
}

/** Zeros `count` elements from `at` on. */
export function wipeElements(at: i32, count: i32): void {
  memory.fill(at, 0, count * FE)
}

/** Zeros `count` bytes from `at` on. */
export function wipeBytes(at: i32, count: i32): void {
  memory.fill(at, 0, count)
}
