import { toBigInt, toBytes32 } from './bigint.ts'
import { bHex, gxHex, gyHex, nHex, pHex } from '../../sm2/curve.ts'

// A slow, plain implementation in the words of GB/T 32918.1. It is not constant-time and is never used outside tests:
// its purpose is to be easy to check by eye, so that the fast engines can be held equal to it.

export const P = BigInt(`0x${pHex}`)
export const N = BigInt(`0x${nHex}`)
export const A = P - 3n
export const B = BigInt(`0x${bHex}`)

/** An affine point, or `undefined` for infinity. */
export type Point = { readonly x: bigint; readonly y: bigint } | undefined
export const G: Point = { x: BigInt(`0x${gxHex}`), y: BigInt(`0x${gyHex}`) }

export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** Inverse by the extended Euclidean algorithm; `value` must not be divisible by the prime `modulus`. */
export function invert(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, mod(value, modulus), 0n, 1n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1] = [r1, r0 - quotient * r1]
    ;[t0, t1] = [t1, t0 - quotient * t1]
  }
  return mod(t0, modulus)
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let b = mod(base, modulus), e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus
  }
  return result
}

export function isOnCurve(x: bigint, y: bigint): boolean {
  return x < P && y < P && mod(y * y - (x * x * x + A * x + B), P) === 0n
}

// Jacobian coordinates (X/Z², Y/Z³) save the inversions; Z = 0 is infinity.
type Jacobian = readonly [bigint, bigint, bigint]
const infinity: Jacobian = [1n, 1n, 0n]

function double([x, y, z]: Jacobian): Jacobian {
  if (z === 0n || y === 0n) return infinity
  const z2 = (z * z) % P
  const y2 = (y * y) % P
  const s = (4n * x * y2) % P
  const m = (3n * (x - z2) * (x + z2)) % P
  const x3 = mod(m * m - 2n * s, P)
  return [x3, mod(m * (s - x3) - 8n * y2 * y2, P), (2n * y * z) % P]
}

function add(left: Jacobian, right: Jacobian): Jacobian {
  const [x1, y1, z1] = left
  const [x2, y2, z2] = right
  if (z1 === 0n) return right
  if (z2 === 0n) return left
  const z1z1 = (z1 * z1) % P
  const z2z2 = (z2 * z2) % P
  const u1 = (x1 * z2z2) % P
  const u2 = (x2 * z1z1) % P
  const s1 = (y1 * z2 * z2z2) % P
  const s2 = (y2 * z1 * z1z1) % P
  const h = mod(u2 - u1, P)
  const r = mod(s2 - s1, P)
  if (h === 0n) return r === 0n ? double(left) : infinity
  const h2 = (h * h) % P
  const h3 = (h * h2) % P
  const v = (u1 * h2) % P
  const x3 = mod(r * r - h3 - 2n * v, P)
  return [x3, mod(r * (v - x3) - s1 * h3, P), (z1 * z2 * h) % P]
}

function fromAffine(point: Point): Jacobian {
  return point === undefined ? infinity : [point.x, point.y, 1n]
}

function toAffine([x, y, z]: Jacobian): Point {
  if (z === 0n) return undefined
  const zi = invert(z, P)
  const zi2 = (zi * zi) % P
  return { x: (x * zi2) % P, y: (y * zi2 * zi) % P }
}

/** Σ kᵢ·Pᵢ, all doublings shared. */
export function sumOfProducts(...terms: readonly (readonly [bigint, Point])[]): Point {
  let sum = infinity
  const bases = terms.map(([scalar, point]) => [scalar, fromAffine(point)] as const)
  for (let bit = 256n; bit >= 0n; bit--) {
    sum = double(sum)
    for (const [scalar, base] of bases) if ((scalar >> bit) & 1n) sum = add(sum, base)
  }
  return toAffine(sum)
}

export function pointFromBytes(bytes: Uint8Array): Point {
  return { x: toBigInt(bytes.subarray(0, 32)), y: toBigInt(bytes.subarray(32, 64)) }
}

export function pointToBytes(point: Point): Uint8Array | undefined {
  if (point === undefined) return undefined
  const out = new Uint8Array(64)
  out.set(toBytes32(point.x))
  out.set(toBytes32(point.y), 32)
  return out
}
