import { GmCryptoError, Sm2PrivateKey } from '@anqu/gm-crypto'
import type { CardRandom } from '../../runtime/card-random.ts'

/** A value outside [1, n−2] comes up about once in 2³² draws; sixteen in a row mean a broken source. */
const MAX_DRAWS = 16

/**
 * Key-generation layer (B-5.4.2): an SM2 private key from the card's own, tested random numbers (B-7.1-3, B-7.1-4;
 * GB/T 32918.1 §6.1). The caller wipes it.
 */
export function generatePrivateKey(random: CardRandom): Sm2PrivateKey {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const candidate = random.bytes(32)
    try {
      return Sm2PrivateKey.fromBytes(candidate)
    } catch (error) {
      if (!(error instanceof GmCryptoError)) throw error
    } finally {
      candidate.fill(0)
    }
  }
  throw new Error('no private key in range')
}
