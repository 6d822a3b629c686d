import { GmCryptoError } from './errors.ts'

// One call of getRandomValues costs more than a signature's arithmetic should; small requests share a pool. What has
// been handed out is erased from the pool, so reading the pool later tells nothing about earlier output.
const poolSize = 2048
const largestPooled = 128
// The Web Crypto API refuses to fill more than this many bytes in one call.
const largestRequest = 65536
let pool: Uint8Array<ArrayBuffer> | undefined
let used = poolSize

function fill(bytes: Uint8Array<ArrayBuffer>): void {
  for (let at = 0; at < bytes.length; at += largestRequest) {
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + largestRequest))
  }
}

/** `length` bytes from the platform's cryptographic random source; the only source of randomness in the project. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new GmCryptoError('gm.argument', 'length must be a natural number')
  const out = new Uint8Array(length)
  if (length > largestPooled) {
    fill(out)
    return out
  }
  pool ??= new Uint8Array(poolSize)
  if (used + length > poolSize) {
    fill(pool)
    used = 0
  }
  out.set(pool.subarray(used, used + length))
  pool.fill(0, used, used + length)
  used += length
  return out
}
