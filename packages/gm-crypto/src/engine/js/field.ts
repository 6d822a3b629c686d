/* oxlint-disable typescript/no-non-null-assertion -- indexes are fixed slots of a memory of fixed size */
import { linear } from './generated/kernel.ts'
import { bytes, F, tables } from './memory.ts'

// Field primitives over twelve 22-bit limbs in doubles: the counterpart of assembly/field.ts.

export { linear, multiply, multiplyN, square, squareTimes, writeConstants } from './generated/kernel.ts'

/** Distance between two field elements. */
export const FE = 12
/** Distance between two affine points of a comb table. */
export const ENTRY = 24
export const ELEMENTS = 0
export const BYTES = 0
export const TABLES = 0

const BITS = 22
const BASE = 2 ** BITS

export function getByte(at: number): number {
  return bytes[at]!
}

export function setByte(at: number, value: number): void {
  bytes[at] = value
}

/** o = a + b without carries. */
export function add(o: number, a: number, b: number): void {
  for (let i = 0; i < FE; i++) F[o + i] = F[a + i]! + F[b + i]!
}

/** o = a − b without carries. */
export function subtract(o: number, a: number, b: number): void {
  for (let i = 0; i < FE; i++) F[o + i] = F[a + i]! - F[b + i]!
}

export function copyElement(o: number, a: number): void {
  for (let i = 0; i < FE; i++) F[o + i] = F[a + i]!
}

/** o = a when flag is 1, o when it is 0; no branch. */
export function maskedCopy(o: number, a: number, flag: number): void {
  for (let i = 0; i < FE; i++) F[o + i] = F[o + i]! + flag * (F[a + i]! - F[o + i]!)
}

/** Limbs of a 32-byte big-endian number. */
export function loadBytes(o: number, at: number): void {
  let bits = 0
  let value = 0
  let limb = 0
  for (let i = 31; i >= 0; i--) {
    value |= bytes[at + i]! << bits
    bits += 8
    if (bits >= BITS) {
      F[o + limb] = value & (BASE - 1)
      value >>= BITS
      bits -= BITS
      limb++
    }
  }
  F[o + limb] = value
}

/** 32 big-endian bytes of an element whose limbs are carried and whose value is in 0 … 2²⁵⁶−1. */
export function storeBytes(at: number, a: number): void {
  let bits = 0
  let value = 0
  let limb = 0
  for (let i = 31; i >= 0; i--) {
    if (bits < 8 && limb < FE) {
      value |= F[a + limb]! << bits
      bits += BITS
      limb++
    }
    bytes[at + i] = value
    value >>= 8
    bits -= 8
  }
}

/** Writes an affine point into a comb table. */
export function storeEntry(entry: number, x: number, y: number): void {
  for (let i = 0; i < FE; i++) {
    tables[entry + i] = F[x + i]!
    tables[entry + FE + i] = F[y + i]!
  }
}

/** Reads the entry a public index names. */
export function loadEntry(x: number, y: number, entry: number): void {
  for (let i = 0; i < FE; i++) {
    F[x + i] = tables[entry + i]!
    F[y + i] = tables[entry + FE + i]!
  }
}

const found = new Int32Array(ENTRY)

/** Reads entry `index` of 32 by looking at all of them: the memory touched does not depend on the index. */
export function lookup(x: number, y: number, table: number, index: number): void {
  found.fill(0)
  for (let i = 0; i < 32; i++) {
    const mask = ((i ^ index) - 1) >> 8
    const at = table + i * ENTRY
    for (let j = 0; j < ENTRY; j++) found[j] = found[j]! | (tables[at + j]! & mask)
  }
  for (let i = 0; i < FE; i++) {
    F[x + i] = found[i]!
    F[y + i] = found[FE + i]!
  }
  found.fill(0)
}

/** Carries the limbs of `o` and changes its sign when flag is 1; no branch. */
export function negateIf(o: number, flag: number): void {
  linear(o, o, 1 - 2 * flag, o, 0)
}

/** Zeros `count` elements from `at` on. */
export function wipeElements(at: number, count: number): void {
  F.fill(0, at, at + count * FE)
}

/** Zeros `count` bytes from `at` on. */
export function wipeBytes(at: number, count: number): void {
  bytes.fill(0, at, at + count)
}
