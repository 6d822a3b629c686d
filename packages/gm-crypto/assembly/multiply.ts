import {
  ENTRY,
  FE,
  copyElement,
  linear,
  loadEntry,
  lookup,
  maskedCopy,
  multiply,
  negateIf,
  square,
  storeEntry,
  TABLES,
} from './field'
import {
  addAffine,
  addComplete,
  addPoint,
  doublePoint,
  invertElement,
  setAffine,
  toHomogeneous,
} from './point'
import { bitsAt, makeOdd } from './scalar'
import {
  ACC,
  BASE_X,
  BASE_Y,
  DOUBLE_POINT,
  ENTRY_POINT,
  INPUT_POINT,
  MULTIPLES,
  ONE,
  PRODUCTS,
  S0,
  T0,
  T1,
  W0,
  W1,
} from './slots'

/** Windows of a comb: 43 of 6 bits cover 258. */
const WINDOWS: i32 = 43
const ROW: i32 = 32 * ENTRY
/** Size of one comb table. */
export const TABLE_SIZE: i32 = WINDOWS * ROW

/** Brings the 32 Jacobian points of MULTIPLES to affine form with one inversion and writes them as a table row. */
function storeRow(row: i32): void {
  copyElement(PRODUCTS, MULTIPLES + 2 * FE)
  for (let i = 1; i < 32; i++)
    multiply(PRODUCTS + i * FE, PRODUCTS + (i - 1) * FE, MULTIPLES + (3 * i + 2) * FE)
  invertElement(W0, PRODUCTS + 31 * FE)
  for (let i = 31; i >= 0; i--) {
    const point = MULTIPLES + 3 * i * FE
    if (i > 0) multiply(W1, W0, PRODUCTS + (i - 1) * FE)
    else copyElement(W1, W0)
    multiply(W0, W0, point + 2 * FE)
    square(T0, W1)
    multiply(T1, point, T0)
    multiply(T0, T0, W1)
    multiply(T0, point + FE, T0)
    storeEntry(row + i * ENTRY, T1, T0)
  }
}

/** Writes the comb of a point in INPUT_POINT (Jacobian): row j holds the odd multiples 1, 3 … 63 of 2^(6j)·P. */
export function buildComb(table: i32): void {
  for (let j = 0; j < WINDOWS; j++) {
    for (let i = 0; i < 3; i++) copyElement(MULTIPLES + i * FE, INPUT_POINT + i * FE)
    doublePoint(DOUBLE_POINT, INPUT_POINT)
    for (let i = 1; i < 32; i++) addPoint(MULTIPLES + 3 * i * FE, MULTIPLES + 3 * (i - 1) * FE, DOUBLE_POINT)
    storeRow(table + j * ROW)
    for (let i = 0; i < 6; i++) doublePoint(INPUT_POINT, INPUT_POINT)
  }
}

/** The odd multiples 1, 3 … 511 of the base point, for verification: eight rows behind the comb of the base point. */
export const WIDE: i32 = TABLES + TABLE_SIZE
const WIDE_ROWS: i32 = 8

/** Place of the comb in slot 1, 2 …, or its end when called with the slot after it. */
export function tableAt(slot: i32): i32 {
  return WIDE + WIDE_ROWS * ROW + (slot - 1) * TABLE_SIZE
}

/** Writes both tables of the base point. */
export function buildBaseTables(): void {
  setAffine(INPUT_POINT, BASE_X, BASE_Y)
  buildComb(TABLES)
  setAffine(MULTIPLES, BASE_X, BASE_Y)
  setAffine(INPUT_POINT, BASE_X, BASE_Y)
  doublePoint(DOUBLE_POINT, INPUT_POINT)
  for (let j = 0; j < WIDE_ROWS; j++) {
    if (j > 0) addPoint(MULTIPLES, MULTIPLES + 93 * FE, DOUBLE_POINT)
    for (let i = 1; i < 32; i++) addPoint(MULTIPLES + 3 * i * FE, MULTIPLES + 3 * (i - 1) * FE, DOUBLE_POINT)
    storeRow(WIDE + j * ROW)
  }
}

/** ACC = k·G in homogeneous coordinates for k in 1 … n−1; constant time. */
export function combBase(k: i32): void {
  const even = makeOdd(S0, k)
  lookup(ENTRY_POINT, ENTRY_POINT + FE, TABLES + 42 * ROW, (bitsAt(S0, 252, 6) | 1) >> 1)
  setAffine(ACC, ENTRY_POINT, ENTRY_POINT + FE)
  for (let i = 41; i >= 0; i--) {
    const digit = (bitsAt(S0, 6 * i, 7) | 1) - 64
    const sign = (digit >> 31) & 1
    lookup(ENTRY_POINT, ENTRY_POINT + FE, TABLES + i * ROW, ((digit ^ -sign) + sign) >> 1)
    negateIf(ENTRY_POINT + FE, sign)
    // Only the last addition can meet its own operand (k = 70 or n − 70), so only it needs the complete formula.
    if (i > 0) addAffine(ACC, ACC, ENTRY_POINT, ENTRY_POINT + FE)
  }
  toHomogeneous(ACC)
  copyElement(ENTRY_POINT + 2 * FE, ONE)
  addComplete(ACC, ACC, ENTRY_POINT)
  negateIf(ACC + FE, even)
}

/** MULTIPLES = the first `count` odd multiples of INPUT_POINT, Jacobian. */
export function oddMultiples(count: i32): void {
  for (let i = 0; i < 3; i++) copyElement(MULTIPLES + i * FE, INPUT_POINT + i * FE)
  doublePoint(DOUBLE_POINT, INPUT_POINT)
  for (let i = 1; i < count; i++) addPoint(MULTIPLES + 3 * i * FE, MULTIPLES + 3 * (i - 1) * FE, DOUBLE_POINT)
}

function selectMultiple(index: i32): void {
  for (let i = 0; i < 16; i++) {
    const flag = (((i ^ index) - 1) >> 8) & 1
    for (let j = 0; j < 3; j++) maskedCopy(ENTRY_POINT + j * FE, MULTIPLES + (3 * i + j) * FE, flag)
  }
}

/** ACC = k·P in homogeneous coordinates, P affine in INPUT_POINT with Z = 1, k in 1 … n−1; constant time. */
export function multiplyPoint(k: i32): void {
  const even = makeOdd(S0, k)
  oddMultiples(16)
  // The topmost of the 52 digits is always 1.
  for (let i = 0; i < 3; i++) copyElement(ACC + i * FE, INPUT_POINT + i * FE)
  for (let i = 50; i >= 0; i--) {
    for (let j = 0; j < 5; j++) doublePoint(ACC, ACC)
    const digit = (bitsAt(S0, 5 * i, 6) | 1) - 32
    const sign = (digit >> 31) & 1
    selectMultiple(((digit ^ -sign) + sign) >> 1)
    negateIf(ENTRY_POINT + FE, sign)
    if (i > 0) addPoint(ACC, ACC, ENTRY_POINT)
  }
  toHomogeneous(ACC)
  toHomogeneous(ENTRY_POINT)
  addComplete(ACC, ACC, ENTRY_POINT)
  negateIf(ACC + FE, even)
}

/** ACC = ACC + digit·entry of a comb row, for public digits. */
export function addPublicEntry(row: i32, digit: i32): void {
  const size = digit < 0 ? -digit : digit
  loadEntry(ENTRY_POINT, ENTRY_POINT + FE, row + (size >> 1) * ENTRY)
  if (digit < 0) linear(ENTRY_POINT + FE, ENTRY_POINT + FE, -1, ENTRY_POINT + FE, 0)
  addAffine(ACC, ACC, ENTRY_POINT, ENTRY_POINT + FE)
}

/** Adds k·(point of the comb) to ACC for a public k, or starts ACC with it; Jacobian. Exceptional cases give Z = 0. */
export function addPublicComb(table: i32, k: i32, start: i32): void {
  const even = makeOdd(S0, k)
  for (let i = WINDOWS - 1; i >= 0; i--) {
    let digit = i === WINDOWS - 1 ? bitsAt(S0, 252, 6) | 1 : (bitsAt(S0, 6 * i, 7) | 1) - 64
    if (even === 1) digit = -digit
    if (start === 1 && i === WINDOWS - 1) {
      const size = digit < 0 ? -digit : digit
      loadEntry(ENTRY_POINT, ENTRY_POINT + FE, table + i * ROW + (size >> 1) * ENTRY)
      setAffine(ACC, ENTRY_POINT, ENTRY_POINT + FE)
      if (digit < 0) negateIf(ACC + FE, 1)
    } else addPublicEntry(table + i * ROW, digit)
  }
}
