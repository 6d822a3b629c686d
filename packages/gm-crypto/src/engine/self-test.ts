import { constantTimeEqual, fromHex } from '../bytes.ts'
import { signature } from '../vectors/gbt-32918-5.ts'
import { sm3Examples } from '../vectors/gbt-32905.ts'
import { sm4Example } from '../vectors/gbt-32907.ts'
import type { Engine } from './engine.ts'
import { agreesWithNative } from './native-oracle.ts'

/**
 * Runs the standards' examples through an engine, and in Node compares SM3 and SM2 with the platform's own. True when all
 * hold: an engine that a miscompiling browser has broken is never put in use.
 */
export function passesSelfTest(engine: Engine): boolean {
  const block = fromHex(sm4Example.plaintext)
  engine.sm4Blocks(engine.sm4Schedule(fromHex(sm4Example.key)), block, block)
  if (!constantTimeEqual(block, fromHex(sm4Example.once))) return false
  for (const { message, hash } of sm3Examples) {
    if (!constantTimeEqual(engine.sm3(fromHex(message)), fromHex(hash))) return false
  }
  const scalar = fromHex(signature.d)
  const point = fromHex(signature.publicKey).subarray(1)
  if (!engine.isOnCurve(point) || !constantTimeEqual(engine.multiplyBase(scalar), point)) return false
  const input = {
    digest: fromHex(signature.e),
    scalar,
    inverse: engine.signingInverse(scalar),
    nonce: fromHex(signature.k),
  }
  const expected = fromHex(signature.r + signature.s)
  const made = engine.signWithNonce(input)
  if (made === undefined || !constantTimeEqual(made, expected)) return false
  expected[63] = (expected[63] ?? 0) ^ 1
  if (!engine.verify(input.digest, made, point) || engine.verify(input.digest, expected, point)) return false
  return agreesWithNative(engine)
}
