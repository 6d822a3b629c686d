import { jsEngine, type Engine } from '@anqu/gm-crypto/engines'
import { hexToBytes } from '@anqu/encoding'
import { sm3 } from 'sm-crypto-v2'
import { order as n, Point, type CurvePoint } from '../gm/noble.ts'

// The engine of gm-crypto made of what npm had before it: curve arithmetic of @noble/curves (on which sm-crypto-v2, the
// quickest pure package, is built, in its quickest calls) and the SM3 of sm-crypto-v2. SM4 stays the JavaScript engine's:
// the packages offer no blocks to put in its place.

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const bytes32 = (value: bigint): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hexToBytes(value.toString(16).padStart(64, '0')))
const pointOf = (bytes: Uint8Array): CurvePoint => Point.fromBytes(Uint8Array.of(4, ...bytes))
const bytesOf = (point: CurvePoint): Uint8Array => point.toBytes(false).subarray(1)

function modInverse(value: bigint): bigint {
  let [a, b, x, y] = [value, n, 1n, 0n]
  while (a > 1n) {
    const q = b / a
    ;[a, b, x, y] = [b - q * a, a, y - q * x, x]
  }
  return ((x % n) + n) % n
}

const signWithNonce: Engine['signWithNonce'] = ({ digest, scalar, inverse, nonce }) => {
  const k = number(nonce)
  const r = (number(digest) + Point.BASE.multiply(k).toAffine().x) % n
  const s = (((k - r * number(scalar)) % n) * number(inverse)) % n
  if (r === 0n || r + k === n || s === 0n) return undefined
  const out = new Uint8Array(64)
  out.set(bytes32(r))
  out.set(bytes32((s + n) % n), 32)
  return out
}

const verify: Engine['verify'] = (digest, signature, point) => {
  const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))]
  const t = (r + s) % n
  if (r < 1n || r >= n || s < 1n || s >= n || t === 0n) return false
  const sum = Point.BASE.multiplyUnsafe(s).add(pointOf(point).multiplyUnsafe(t))
  return (number(digest) + sum.toAffine().x) % n === r
}

export const peerEngine: Engine = {
  ...jsEngine,
  multiplyBase: (scalar) => bytesOf(Point.BASE.multiply(number(scalar))),
  multiply: (scalar, point) => bytesOf(pointOf(point).multiply(number(scalar))),
  combine(point, scalar, other) {
    const sum = pointOf(point).add(pointOf(other).multiply(number(scalar)))
    return sum.is0() ? undefined : bytesOf(sum)
  },
  isOnCurve(point) {
    try {
      pointOf(point).assertValidity()
      return true
    } catch {
      return false
    }
  },
  signingInverse: (scalar) => bytes32(modInverse(number(scalar) + 1n)),
  multiplyAdd: (a, b, c) => bytes32((number(a) + number(b) * number(c)) % n),
  signWithNonce,
  sign(input) {
    for (let counter = 0; ; counter += 1) {
      const seed = [...input.random, ...input.scalar, ...input.digest, counter]
      const nonce = bytes32((number(hexToBytes(sm3(Uint8Array.from(seed)))) % (n - 1n)) + 1n)
      const signature = signWithNonce({ ...input, nonce })
      if (signature !== undefined) return signature
    }
  },
  verify,
  verifier: (point) => (digest, signature) => verify(digest, signature, point),
  sm3: (data) => Uint8Array.from(hexToBytes(sm3(data))),
}
