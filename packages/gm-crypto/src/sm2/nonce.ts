import { isZero, lessThan } from '../bytes.ts'
import { randomBytes } from '../random.ts'
import { HmacSm3 } from '../sm3/hmac-sm3.ts'
import { orderBytes } from './curve.ts'

/**
 * Nonces for one signature, hedged: HMAC-SM3 under fresh random bytes of (private key‖digest). With a good random
 * source k is uniform; with a broken or repeating one k still differs for every key and digest, so that the private key
 * cannot be computed from two signatures (the idea of RFC 6979, 3.6 and of draft-irtf-cfrg-det-sigs-with-noise).
 */
export function hedgedNonces(scalar: Uint8Array, digest: Uint8Array): () => Uint8Array {
  const random = randomBytes(32)
  const extract = new HmacSm3(random)
  const key = extract.mac(scalar, digest)
  extract.wipe()
  random.fill(0)
  const expand = new HmacSm3(key)
  key.fill(0)
  let counter = 0
  return () => {
    for (;;) {
      const candidate = expand.mac(Uint8Array.of(counter >> 8, counter & 255))
      counter++
      if (lessThan(candidate, orderBytes) && !isZero(candidate)) return candidate
    }
  }
}
