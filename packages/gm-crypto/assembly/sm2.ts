import {
  ENTRY,
  FE,
  copyElement,
  linear,
  loadEntry,
  multiply,
  setByte,
  getByte,
  storeBytes,
  square,
  TABLES,
  writeConstants,
  wipeBytes,
  wipeElements,
} from './field'
import {
  addPublicComb,
  addPublicEntry,
  buildBaseTables,
  buildComb,
  combBase,
  multiplyPoint,
  oddMultiples,
  tableAt,
  WIDE,
} from './multiply'
import {
  addComplete,
  addPoint,
  curveEquation,
  doublePoint,
  elementFromBytes,
  elementToBytes,
  homogeneousToBytes,
  isZeroElement,
  rootElement,
  setAffine,
} from './point'
import {
  addN,
  addRaw,
  bitsAt,
  inRange,
  invertScalar,
  isZero,
  lessThan,
  multiplyScalars,
  reduceOnce,
  subtractN,
} from './scalar'
import {
  ACC,
  B0,
  B1,
  B2,
  B3,
  B4,
  B5,
  B6,
  BASE_X,
  BASE_Y,
  WIPED_BYTES_END,
  DIGITS_S,
  DIGITS_T,
  ENTRY_POINT,
  INPUT_POINT,
  MULTIPLES,
  ONE,
  ORDER,
  ORDER_MINUS_TWO,
  PRIME,
  RAW_N,
  RAW_P,
  RR_P,
  S1,
  S2,
  SCRATCH,
  WIPED_ELEMENTS,
  T0,
  T1,
  T2,
  V0,
  ZERO,
} from './slots'

// The functions the host calls. Arguments lie in B0, B1 … (32 bytes each), results are left there; see src/engine.

/** Writes all constants and the comb of the base point; to be called once. */
export function prepare(): void {
  writeConstants(RR_P, FE)
  storeBytes(ORDER, RAW_N)
  storeBytes(PRIME, RAW_P)
  wipeBytes(ZERO, 32)
  for (let i = 0; i < 32; i++) setByte(ORDER_MINUS_TWO + i, getByte(ORDER + i))
  setByte(ORDER_MINUS_TWO + 31, getByte(ORDER + 31) - 2)
  buildBaseTables()
}

/** Erases every argument and intermediate value; constants and tables stay. */
export function wipe(): void {
  wipeElements(SCRATCH, WIPED_ELEMENTS)
  wipeBytes(B0, WIPED_BYTES_END - B0)
}

/** (B4, B5) = B0·G. */
export function multiplyBase(): void {
  combBase(B0)
  homogeneousToBytes(B4, B5, ACC)
}

function loadPoint(p: i32, x: i32): void {
  elementFromBytes(p, x)
  elementFromBytes(p + FE, x + 32)
  copyElement(p + 2 * FE, ONE)
}

/** (B4, B5) = B0·(B2, B3). */
export function multiplyAny(): void {
  loadPoint(INPUT_POINT, B2)
  multiplyPoint(B0)
  homogeneousToBytes(B4, B5, ACC)
}

/** (B4, B5) = (B6, B7) + B0·(B2, B3); 0 when that is infinity. */
export function combine(): i32 {
  loadPoint(INPUT_POINT, B2)
  multiplyPoint(B0)
  loadPoint(ENTRY_POINT, B6)
  addComplete(ACC, ACC, ENTRY_POINT)
  if (isZeroElement(ACC + 2 * FE) === 1) return 0
  homogeneousToBytes(B4, B5, ACC)
  return 1
}

/** 1 when (B2, B3) is a point of the curve with both coordinates below p. */
export function isOnCurve(): i32 {
  if ((lessThan(B2, PRIME) & lessThan(B3, PRIME)) === 0) return 0
  loadPoint(INPUT_POINT, B2)
  curveEquation(T1, INPUT_POINT)
  square(T2, INPUT_POINT + FE)
  linear(T1, T1, 1, T2, -1)
  return isZeroElement(T1)
}

/** B3 = the y of parity `parity` for x in B2; 0 when there is none. */
export function decompress(parity: i32): i32 {
  if (lessThan(B2, PRIME) === 0) return 0
  elementFromBytes(INPUT_POINT, B2)
  curveEquation(T1, INPUT_POINT)
  copyElement(INPUT_POINT + 2 * FE, T1)
  rootElement(INPUT_POINT + FE, INPUT_POINT + 2 * FE)
  square(T2, INPUT_POINT + FE)
  linear(T1, INPUT_POINT + 2 * FE, 1, T2, -1)
  if (isZeroElement(T1) === 0) return 0
  elementToBytes(B3, INPUT_POINT + FE)
  if ((getByte(B3 + 31) & 1) !== parity) {
    linear(INPUT_POINT + FE, INPUT_POINT + FE, -1, INPUT_POINT + FE, 0)
    elementToBytes(B3, INPUT_POINT + FE)
  }
  return (getByte(B3 + 31) & 1) === parity ? 1 : 0
}

/** B1 = (1 + B0)⁻¹ mod n. */
export function signingInverse(): void {
  wipeBytes(S1, 32)
  setByte(S1 + 31, 1)
  addN(S2, B0, S1)
  invertScalar(B1, S2)
}

/** B3 = B0 + B1·B2 mod n. */
export function multiplyAdd(): void {
  multiplyScalars(S1, B1, B2)
  reduceOnce(S2, B0, ORDER)
  addN(B3, S1, S2)
}

/** r in B4 and s in B5 from digest B0, scalar B1, its inverse B2 and nonce B3; 0 when another nonce is needed. */
export function sign(): i32 {
  combBase(B3)
  homogeneousToBytes(B4, B5, ACC)
  reduceOnce(S1, B4, ORDER)
  reduceOnce(S2, B0, ORDER)
  addN(B4, S1, S2)
  addN(S1, B4, B3)
  multiplyScalars(S2, B4, B1)
  subtractN(S2, B3, S2)
  multiplyScalars(B5, S2, B2)
  return 1 - (isZero(B4) | isZero(S1) | isZero(B5))
}

function setDigit(at: i32, digit: i32): void {
  const value = digit + 32768
  setByte(at, value >> 8)
  setByte(at + 1, value & 255)
}

function getDigit(digits: i32, bit: i32): i32 {
  const at = digits + 2 * bit
  return ((getByte(at) << 8) | getByte(at + 1)) - 32768
}

/** Width-w non-adjacent form of a public scalar, one digit a bit. */
function recode(digits: i32, k: i32, width: i32): void {
  for (let i = 0; i <= 256; i++) setDigit(digits + 2 * i, 0)
  let carry = 0
  for (let bit = 0; bit <= 256;) {
    if (bitsAt(k, bit, 1) === carry) {
      bit++
      continue
    }
    let word = bitsAt(k, bit, width) + carry
    carry = (word >> (width - 1)) & 1
    word -= carry << width
    setDigit(digits + 2 * bit, word)
    bit += width
  }
}

function addMultiple(digit: i32): void {
  const point = MULTIPLES + 3 * ((digit < 0 ? -digit : digit) >> 1) * FE
  if (digit > 0) {
    addPoint(ACC, ACC, point)
    return
  }
  copyElement(ENTRY_POINT, point)
  linear(ENTRY_POINT + FE, point + FE, -1, point + FE, 0)
  copyElement(ENTRY_POINT + 2 * FE, point + 2 * FE)
  addPoint(ACC, ACC, ENTRY_POINT)
}

/** ACC = s·G + t·P by interleaved non-adjacent forms, Jacobian, P in INPUT_POINT; exceptional cases give Z = 0. */
function sumOfProducts(s: i32, t: i32): void {
  recode(DIGITS_S, s, 10)
  recode(DIGITS_T, t, 5)
  oddMultiples(8)
  let top = 256
  while (getDigit(DIGITS_T, top) === 0) top--
  const first = getDigit(DIGITS_T, top)
  // The topmost digit of a positive number is positive.
  for (let i = 0; i < 3; i++) copyElement(ACC + i * FE, MULTIPLES + (3 * (first >> 1) + i) * FE)
  let higher = 256
  while (higher > top && getDigit(DIGITS_S, higher) === 0) higher--
  if (higher > top) {
    startAtBase(higher)
    for (let bit = higher - 1; bit >= top; bit--) {
      doublePoint(ACC, ACC)
      addDigit(bit)
    }
    addMultiple(first)
  } else addDigit(top)
  for (let bit = top - 1; bit >= 0; bit--) {
    doublePoint(ACC, ACC)
    addDigit(bit)
    const digit = getDigit(DIGITS_T, bit)
    if (digit !== 0) addMultiple(digit)
  }
}

// ACC = the topmost digit of s times G.
function startAtBase(bit: i32): void {
  const digit = getDigit(DIGITS_S, bit)
  loadEntry(ENTRY_POINT, ENTRY_POINT + FE, WIDE + (digit >> 1) * ENTRY)
  setAffine(ACC, ENTRY_POINT, ENTRY_POINT + FE)
}

// ACC = ACC + G times the digit of s at this bit.
function addDigit(bit: i32): void {
  const digit = getDigit(DIGITS_S, bit)
  if (digit !== 0) addPublicEntry(WIDE, digit)
}

/** The same sum with complete formulas, homogeneous: slow, for the inputs on which the fast one met an exceptional case. */
function sumOfProductsComplete(s: i32, t: i32): void {
  wipeElements(ACC, 3)
  copyElement(ACC + FE, ONE)
  loadPoint(INPUT_POINT, B3)
  setAffine(ENTRY_POINT, BASE_X, BASE_Y)
  for (let bit = 255; bit >= 0; bit--) {
    addComplete(ACC, ACC, ACC)
    if (bitsAt(s, bit, 1) === 1) addComplete(ACC, ACC, ENTRY_POINT)
    if (bitsAt(t, bit, 1) === 1) addComplete(ACC, ACC, INPUT_POINT)
  }
}

/** Step B4: S1 = t = r + s; 0 when r or s is out of range or t = 0. */
function readSignature(): i32 {
  if ((inRange(B1) & inRange(B2)) === 0) return 0
  addN(S1, B1, B2)
  return 1 - isZero(S1)
}

/** Is x(ACC) ≡ r − e mod n? `power` is Z² (Jacobian) or Z (homogeneous). */
function matches(power: i32): i32 {
  reduceOnce(S2, B0, ORDER)
  subtractN(S2, B1, S2)
  copyElement(V0, power)
  for (let round = 0; round < 2; round++) {
    elementFromBytes(T0, S2)
    multiply(T0, T0, V0)
    linear(T0, T0, 1, ACC, -1)
    if (isZeroElement(T0) === 1) return 1
    // x may also be r − e + n when that is still below p.
    if (addRaw(S2, S2, ORDER) === 1 || lessThan(S2, PRIME) === 0) return 0
  }
  return 0
}

function finishVerification(): i32 {
  if (isZeroElement(ACC + 2 * FE) === 1) {
    sumOfProductsComplete(B2, S1)
    if (isZeroElement(ACC + 2 * FE) === 1) return 0
    return matches(ACC + 2 * FE)
  }
  square(T2, ACC + 2 * FE)
  return matches(T2)
}

/** 1 when r (B1), s (B2) sign the digest B0 under the point (B3, B4), which must be on the curve. */
export function verify(): i32 {
  if (readSignature() === 0) return 0
  loadPoint(INPUT_POINT, B3)
  sumOfProducts(B2, S1)
  return finishVerification()
}

/** Writes the comb of the point (B3, B4) into table `slot`; slot 0 is that of the base point. */
export function buildTable(slot: i32): void {
  loadPoint(INPUT_POINT, B3)
  buildComb(tableAt(slot))
}

/** `verify` with the table of the same point. */
export function verifyWithTable(slot: i32): i32 {
  if (readSignature() === 0) return 0
  addPublicComb(TABLES, B2, 1)
  addPublicComb(tableAt(slot), S1, 0)
  return finishVerification()
}

/** End of table `slot` (0: the tables of the base point), so that the host can see to the memory. */
export function tableEnd(slot: i32): i32 {
  return tableAt(slot + 1)
}
