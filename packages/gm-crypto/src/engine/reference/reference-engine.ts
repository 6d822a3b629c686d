import { toBigInt, toBytes32 } from './bigint.ts'
import { GmCryptoError } from '../../errors.ts'
import type { CurveEngine, Engine } from '../engine.ts'
import { signHedged } from '../js/hedged-sign.ts'
import { symmetricJs } from '../js/symmetric.ts'
import {
  A,
  B,
  G,
  N,
  P,
  invert,
  isOnCurve,
  mod,
  pointFromBytes,
  pointToBytes,
  power,
  sumOfProducts,
  type Point,
} from './curve-bigint.ts'

function finite(point: Point): Uint8Array {
  const bytes = pointToBytes(point)
  if (bytes === undefined) throw new GmCryptoError('gm.argument', 'the scalar is a multiple of the order')
  return bytes
}

function verify(digest: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  const r = toBigInt(signature.subarray(0, 32))
  const s = toBigInt(signature.subarray(32))
  if (r < 1n || r >= N || s < 1n || s >= N) return false
  const t = (r + s) % N
  if (t === 0n) return false
  const sum = sumOfProducts([s, G], [t, pointFromBytes(point)])
  return sum !== undefined && (toBigInt(digest) + sum.x) % N === r
}

const signWithNonce: CurveEngine['signWithNonce'] = ({ digest, scalar, inverse, nonce }) => {
  const k = toBigInt(nonce)
  const point = sumOfProducts([k, G])
  if (point === undefined) return undefined
  const r = (toBigInt(digest) + point.x) % N
  if (r === 0n || r + k === N) return undefined
  const s = mod((k - r * toBigInt(scalar)) * toBigInt(inverse), N)
  if (s === 0n) return undefined
  const out = new Uint8Array(64)
  out.set(toBytes32(r))
  out.set(toBytes32(s), 32)
  return out
}

/** The engine tests compare the fast ones with. Slow, not constant-time. */
export const referenceEngine: Engine = {
  ...symmetricJs,
  name: 'reference',
  multiplyBase: (scalar) => finite(sumOfProducts([toBigInt(scalar), G])),
  multiply: (scalar, point) => finite(sumOfProducts([toBigInt(scalar), pointFromBytes(point)])),
  combine: (point, scalar, other) =>
    pointToBytes(sumOfProducts([1n, pointFromBytes(point)], [toBigInt(scalar), pointFromBytes(other)])),
  isOnCurve: (point) => isOnCurve(toBigInt(point.subarray(0, 32)), toBigInt(point.subarray(32))),
  decompress(xBytes, parity) {
    const x = toBigInt(xBytes)
    if (x >= P) return undefined
    const square = mod(x * x * x + A * x + B, P)
    const root = power(square, (P + 1n) / 4n, P)
    if ((root * root) % P !== square) return undefined
    return pointToBytes({ x, y: Number(root & 1n) === parity ? root : P - root })
  },
  signingInverse: (scalar) => toBytes32(invert(toBigInt(scalar) + 1n, N)),
  multiplyAdd: (a, b, c) => toBytes32((toBigInt(a) + toBigInt(b) * toBigInt(c)) % N),
  signWithNonce,
  sign: (input) => signHedged(signWithNonce, input),
  verify,
  verifier: (point) => (digest, signature) => verify(digest, signature, point),
}
