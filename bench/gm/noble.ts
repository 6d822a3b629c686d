import { bytesToHex } from '@anqu/encoding'
import { weierstrass } from '@noble/curves/abstract/weierstrass.js'

const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
/** The SM2 curve on the arithmetic of @noble/curves, which has no SM2 of its own. */
const Point = weierstrass({
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
})

const number = (bytes: Uint8Array) => BigInt(`0x${bytesToHex(bytes)}`)

/** SM2 verification of a digest, all in the fastest calls. */
export function nobleVerify(publicKey: Uint8Array): (digest: Uint8Array, signature: Uint8Array) => boolean {
  const point = Point.fromBytes(publicKey)
  return (digest, signature) => {
    const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))]
    const sum = Point.BASE.multiplyUnsafe(s).add(point.multiplyUnsafe((r + s) % n))
    return (number(digest) + sum.toAffine().x) % n === r
  }
}
