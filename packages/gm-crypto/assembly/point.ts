import {
  add,
  FE,
  linear,
  loadBytes,
  multiply,
  square,
  squareTimes,
  storeBytes,
  subtract,
  copyElement,
} from './field'
import { isZero, reduceOnce } from './scalar'
import {
  CURVE_B,
  ONE,
  PRIME,
  RAW_ONE,
  RR_P,
  S3,
  T0,
  T1,
  T2,
  T3,
  T4,
  T5,
  T6,
  T7,
  T8,
  T9,
  V0,
  V1,
  V2,
  W2,
} from './slots'

// Points in Jacobian coordinates (X/Z², Y/Z³) where speed counts and no exceptional case can occur, in homogeneous ones
// (X/Z, Y/Z) with complete formulas where one can. docs/explanation/sm2-engine.md tells which is where and why.

/** Reads 32 bytes below p into Montgomery form. */
export function elementFromBytes(o: i32, at: i32): void {
  loadBytes(o, at)
  multiply(o, o, RR_P)
}

/** Writes the number below p that an element stands for. */
export function elementToBytes(at: i32, a: i32): void {
  multiply(W2, a, RAW_ONE)
  storeBytes(at, W2)
  reduceOnce(at, at, PRIME)
}

/** 1 when the element stands for 0. */
export function isZeroElement(a: i32): i32 {
  elementToBytes(S3, a)
  return isZero(S3)
}

// The powers both exponents begin with: V0 = a^(2³¹−1), V1 = a^(2³²−1), V2 = a^(2³⁰−1).
function onesPowers(a: i32): void {
  square(V0, a)
  multiply(V0, V0, a)
  copyElement(V2, V0)
  squareTimes(V0, V0, 2)
  multiply(V0, V0, V2)
  copyElement(V1, V0)
  squareTimes(V0, V0, 4)
  multiply(V0, V0, V1)
  copyElement(W2, V0)
  squareTimes(V0, V0, 8)
  multiply(V0, V0, W2)
  squareTimes(V0, V0, 8)
  multiply(V0, V0, W2)
  squareTimes(V0, V0, 4)
  multiply(V0, V0, V1)
  squareTimes(V0, V0, 2)
  multiply(V2, V0, V2)
  square(V0, V2)
  multiply(V0, V0, a)
  square(V1, V0)
  multiply(V1, V1, a)
}

// Appends to V0 the bit 0 and 128 bits 1: both exponents share them.
function sharedMiddle(): void {
  square(V0, V0)
  for (let i = 0; i < 4; i++) {
    squareTimes(V0, V0, 32)
    multiply(V0, V0, V1)
  }
}

/** o = a⁻¹ = a^(p−2); 0 for 0. `o` must not be `a`. */
export function invertElement(o: i32, a: i32): void {
  onesPowers(a)
  sharedMiddle()
  squareTimes(V0, V0, 64)
  multiply(V0, V0, V1)
  squareTimes(V0, V0, 30)
  multiply(V0, V0, V2)
  squareTimes(V0, V0, 2)
  multiply(o, V0, a)
}

/** o = a^((p+1)/4), the square root if there is one. `o` must not be `a`. */
export function rootElement(o: i32, a: i32): void {
  onesPowers(a)
  sharedMiddle()
  squareTimes(V0, V0, 32)
  multiply(V0, V0, a)
  squareTimes(V0, V0, 62)
  copyElement(o, V0)
}

/**
 * o = 2p in Jacobian coordinates (dbl-2001-b; no point of the curve has order two). The factors 2 of 4XY² and 8Y⁴ are
 * taken before the products, which reduce them; taken after, they would let the numbers grow from doubling to doubling.
 */
export function doublePoint(o: i32, p: i32): void {
  square(T0, p + 2 * FE)
  square(T1, p + FE)
  linear(T1, T1, 2, T1, 0)
  add(T2, p, p)
  multiply(T2, T2, T1)
  subtract(T3, p, T0)
  add(T4, p, T0)
  multiply(T3, T3, T4)
  linear(T3, T3, 3, T3, 0)
  add(T4, p + FE, p + FE)
  multiply(o + 2 * FE, T4, p + 2 * FE)
  square(T4, T3)
  linear(o, T4, 1, T2, -2)
  subtract(T2, T2, o)
  multiply(T2, T3, T2)
  square(T1, T1)
  linear(o + FE, T2, 1, T1, -2)
}

// The part both additions share: T0 = U2 − U1 = H, T1 = S2 − S1 = R; Z is done. `u` and `s` may be o's own X and Y.
function finishAddition(o: i32, u: i32, s: i32): void {
  square(T4, T0)
  multiply(T5, T0, T4)
  multiply(T4, u, T4)
  square(T6, T1)
  subtract(T6, T6, T5)
  linear(o, T6, 1, T4, -2)
  subtract(T4, T4, o)
  multiply(T4, T1, T4)
  multiply(T5, s, T5)
  linear(o + FE, T4, 1, T5, -1)
}

/** o = p + (x, y), Jacobian plus affine. Gives Z = 0 when p = ±(x, y) or p is at infinity. */
export function addAffine(o: i32, p: i32, x: i32, y: i32): void {
  square(T4, p + 2 * FE)
  multiply(T0, x, T4)
  multiply(T4, T4, p + 2 * FE)
  multiply(T1, y, T4)
  subtract(T0, T0, p)
  subtract(T1, T1, p + FE)
  multiply(o + 2 * FE, p + 2 * FE, T0)
  finishAddition(o, p, p + FE)
}

/** o = p + q, both Jacobian. Gives Z = 0 when p = ±q or one of them is at infinity. */
export function addPoint(o: i32, p: i32, q: i32): void {
  square(T4, q + 2 * FE)
  multiply(T2, p, T4)
  multiply(T4, T4, q + 2 * FE)
  multiply(T3, p + FE, T4)
  square(T4, p + 2 * FE)
  multiply(T0, q, T4)
  multiply(T4, T4, p + 2 * FE)
  multiply(T1, q + FE, T4)
  subtract(T0, T0, T2)
  subtract(T1, T1, T3)
  multiply(T4, p + 2 * FE, q + 2 * FE)
  multiply(o + 2 * FE, T4, T0)
  finishAddition(o, T2, T3)
}

/** Jacobian to homogeneous coordinates, in place: (X·Z : Y : Z³). */
export function toHomogeneous(p: i32): void {
  multiply(p, p, p + 2 * FE)
  square(T0, p + 2 * FE)
  multiply(p + 2 * FE, p + 2 * FE, T0)
}

function sum(o: i32, a: i32, b: i32): void {
  linear(o, a, 1, b, 1)
}

function difference(o: i32, a: i32, b: i32): void {
  linear(o, a, 1, b, -1)
}

/**
 * o = p + q in homogeneous coordinates for every pair of points, infinity (0:1:0) and equal ones included: Renes,
 * Costello and Batina, "Complete addition formulas for prime order elliptic curves" (2015), algorithm 4.
 */
export function addComplete(o: i32, p: i32, q: i32): void {
  multiply(T0, p, q)
  multiply(T1, p + FE, q + FE)
  multiply(T2, p + 2 * FE, q + 2 * FE)
  sum(T3, p, p + FE)
  sum(T4, q, q + FE)
  multiply(T3, T3, T4)
  sum(T4, T0, T1)
  difference(T3, T3, T4)
  sum(T4, p + FE, p + 2 * FE)
  sum(T5, q + FE, q + 2 * FE)
  multiply(T4, T4, T5)
  sum(T5, T1, T2)
  difference(T4, T4, T5)
  sum(T5, p, p + 2 * FE)
  sum(T6, q, q + 2 * FE)
  multiply(T5, T5, T6)
  sum(T6, T0, T2)
  difference(T6, T5, T6)
  multiply(T7, CURVE_B, T2)
  difference(T5, T6, T7)
  linear(T5, T5, 3, T5, 0)
  // Not a step of the algorithm: brings the threefold sum back to the size of p, without which no bound holds.
  multiply(T5, T5, ONE)
  difference(T7, T1, T5)
  sum(T5, T1, T5)
  multiply(T6, CURVE_B, T6)
  linear(T2, T2, 3, T2, 0)
  difference(T6, T6, T2)
  difference(T6, T6, T0)
  linear(T6, T6, 3, T6, 0)
  linear(T0, T0, 3, T2, -1)
  multiply(T1, T4, T6)
  multiply(T2, T0, T6)
  multiply(T8, T5, T7)
  sum(o + FE, T8, T2)
  multiply(T9, T3, T5)
  difference(o, T9, T1)
  multiply(T9, T4, T7)
  multiply(T8, T3, T0)
  sum(o + 2 * FE, T9, T8)
}

/** Writes x and y (32 bytes each) of a homogeneous point that is not at infinity. */
export function homogeneousToBytes(x: i32, y: i32, p: i32): void {
  invertElement(T0, p + 2 * FE)
  multiply(T1, p, T0)
  elementToBytes(x, T1)
  multiply(T1, p + FE, T0)
  elementToBytes(y, T1)
}

/** o = x³ − 3x + b. */
export function curveEquation(o: i32, x: i32): void {
  square(T0, x)
  multiply(T0, T0, x)
  linear(T0, T0, 1, x, -3)
  linear(o, T0, 1, CURVE_B, 1)
}

export function setAffine(p: i32, x: i32, y: i32): void {
  copyElement(p, x)
  copyElement(p + FE, y)
  copyElement(p + 2 * FE, ONE)
}
