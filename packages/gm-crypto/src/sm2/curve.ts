import { fromHex } from '../bytes.ts'

// The curve sm2p256v1 (GB/T 32918.5—2017, clause 4; OID 1.2.156.10197.1.301): y² = x³ + ax + b over the field of p.
export const pHex = 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff'
export const aHex = 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc'
export const bHex = '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'
export const nHex = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'
export const gxHex = '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7'
export const gyHex = 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'

/** Order of the base point, big-endian. */
export const orderBytes: Uint8Array = fromHex(nHex)
/** n − 1: the first value a private key must not have (1 + d must be invertible). */
export const orderMinusOne: Uint8Array = fromHex(nHex.slice(0, -2) + '22')
/** a‖b‖xG‖yG, hashed into Z (GB/T 32918.2, 5.5). */
export const curveParameters: Uint8Array = fromHex(aHex + bHex + gxHex + gyHex)
