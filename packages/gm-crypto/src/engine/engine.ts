/**
 * The arithmetic under the public functions. Three engines implement it: WebAssembly, JavaScript on doubles, and a slow
 * BigInt reference that only tests use. Every argument has been checked by the caller: scalars are big-endian 32 bytes
 * in 1 … n−1, points are x‖y, 64 bytes, on the curve and not at infinity, unless said otherwise.
 *
 * "Constant time" below means: no branch, index or division depends on a secret.
 */
export interface Engine {
  readonly name: EngineName
  /** k·G; constant time. */
  multiplyBase(scalar: Uint8Array): Uint8Array
  /** k·P; constant time. */
  multiply(scalar: Uint8Array, point: Uint8Array): Uint8Array
  /** P + k·R for public values, `undefined` at infinity. */
  combine(point: Uint8Array, scalar: Uint8Array, other: Uint8Array): Uint8Array | undefined
  /** True when both coordinates are below p and satisfy the curve's equation; takes any 64 bytes. */
  isOnCurve(point: Uint8Array): boolean
  /** The point with this x and this parity of y, or `undefined`; takes any 32 bytes. */
  decompress(x: Uint8Array, parity: number): Uint8Array | undefined
  /** (1 + d)⁻¹ mod n for d in 1 … n−2; constant time. */
  signingInverse(scalar: Uint8Array): Uint8Array
  /** (a + b·c) mod n; constant time. Any values below 2²⁵⁶. */
  multiplyAdd(a: Uint8Array, b: Uint8Array, c: Uint8Array): Uint8Array
  /** r‖s for a given nonce, or `undefined` when it must be replaced (GB/T 32918.2, 6.1 A5 and A6); constant time. */
  signWithNonce(input: SignInput & { readonly nonce: Uint8Array }): Uint8Array<ArrayBuffer> | undefined
  /** r‖s with nonces derived from 32 random bytes, the scalar and the digest (src/engine/js/hedged-sign.ts); constant time. */
  sign(input: SignInput & { readonly random: Uint8Array }): Uint8Array<ArrayBuffer>
  /** GB/T 32918.2, 7.1 B1–B2 and B5–B7 with every refusal; takes any 64 bytes as the signature. */
  verify(digest: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean
  /** Prepares a table for a key that verifies often. */
  verifier(point: Uint8Array): (digest: Uint8Array, signature: Uint8Array) => boolean
  /** SM3 of `data` in one call. */
  sm3(data: Uint8Array): Uint8Array<ArrayBuffer>
  /** Finishes a hash whose state has taken `before` bytes (whole blocks, fewer than 2³²) with its last bytes. */
  sm3Finish(state: Int32Array, tail: Uint8Array, before: number): Uint8Array<ArrayBuffer>
  /** Takes whole 64-byte blocks into the eight state words. */
  sm3Blocks(state: Int32Array, blocks: Uint8Array): void
  /** Expands a 16-byte key into 32 round keys. */
  sm4Schedule(key: Uint8Array): Int32Array
  /** Encrypts (or, with reversed round keys, decrypts) whole 16-byte blocks, each by itself, into `output`. */
  sm4Blocks(schedule: Int32Array, input: Uint8Array, output: Uint8Array): void
  /** CBC encryption of whole blocks into `output`. */
  sm4CbcBlocks(schedule: Int32Array, iv: Uint8Array, input: Uint8Array, output: Uint8Array): void
  /** Adds the key stream of a 128-bit big-endian counter to `input`, any length, into `output`. */
  sm4Counter(schedule: Int32Array, counter: Uint8Array, input: Uint8Array, output: Uint8Array): void
  /** Continues GHASH in `state` (16 bytes) with `data`, padded with zeros to whole blocks. */
  ghash(hashKey: Uint8Array, state: Uint8Array, data: Uint8Array): void
}

/** The part of an engine that is about the curve. */
export type CurveEngine = Pick<
  Engine,
  | 'multiplyBase'
  | 'multiply'
  | 'combine'
  | 'isOnCurve'
  | 'decompress'
  | 'signingInverse'
  | 'multiplyAdd'
  | 'signWithNonce'
  | 'sign'
  | 'verify'
  | 'verifier'
>

/** The part of an engine that is about SM3, SM4 and GHASH. */
export type SymmetricEngine = Omit<Engine, 'name' | keyof CurveEngine>

export type EngineName = 'wasm' | 'js' | 'reference'

/** What a signature is computed from: digest e, private scalar d and (1+d)⁻¹. */
export interface SignInput {
  readonly digest: Uint8Array
  readonly scalar: Uint8Array
  readonly inverse: Uint8Array
}
