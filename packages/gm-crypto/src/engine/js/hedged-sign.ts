import { isZero, lessThan } from '../../bytes.ts'
import { orderBytes } from '../../sm2/curve.ts'
import type { CurveEngine, SignInput } from '../engine.ts'
import { sm3Js } from './sm3-padding.ts'

function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const inner = new Uint8Array(64 + message.length).fill(0x36, 0, 64)
  const outer = new Uint8Array(96).fill(0x5c, 0, 64)
  for (const [i, byte] of key.entries()) {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  inner.set(message, 64)
  outer.set(sm3Js(inner), 64)
  const code = sm3Js(outer)
  inner.fill(0)
  outer.fill(0)
  return code
}

/**
 * Signs with a hedged nonce: k = HMAC-SM3 under 32 fresh random bytes of (private scalar ‖ digest ‖ counter), taken again
 * with the next counter in the rare case that it is not in 1 … n−1 or not usable. With a good random source k is uniform
 * to within 2⁻³²; with a broken or repeating one it still differs for every key and digest, so that two signatures do not
 * give the private key away (the idea of RFC 6979, 3.6). The WebAssembly engine derives the same nonces (assembly/nonce.ts).
 */
export function signHedged(
  signWithNonce: CurveEngine['signWithNonce'],
  { digest, scalar, inverse, random }: SignInput & { readonly random: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(65)
  message.set(scalar)
  message.set(digest, 32)
  for (;;) {
    const nonce = hmac(random, message)
    const usable = lessThan(nonce, orderBytes) && !isZero(nonce)
    const signature = usable ? signWithNonce({ digest, scalar, inverse, nonce }) : undefined
    nonce.fill(0)
    if (signature !== undefined) {
      message.fill(0)
      return signature
    }
    message[64] = (message[64] ?? 0) + 1
  }
}
