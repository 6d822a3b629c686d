import { equalBytes } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'

/** Every random value the protocol draws, in one place, so that test vectors can fix them. */
export interface Draws {
  bytes(length: number): Uint8Array
  ephemeral(): Sm2PrivateKey
}

/** SP 800-90B 4.4.1 with 8 bits of entropy a byte: a false alarm about once in 2⁶⁴ bytes. */
const REPETITION_CUTOFF = 9
/** FIPS 140-2 4.9.2: no block may come twice in a row. */
const BLOCK_BYTES = 8

export class RandomFailure extends Error {
  constructor() {
    super('the random source repeats itself')
    this.name = 'RandomFailure'
  }
}

/** Random values of a source that is watched (B-7.5.4-2): after it has repeated itself once, it gives nothing any more. */
export function watchedDraws(source: (length: number) => Uint8Array = randomBytes): Draws {
  let failed = false
  let lastBlock: Uint8Array = new Uint8Array(0)
  const watched = (bytes: Uint8Array): void => {
    const block = bytes.slice(0, BLOCK_BYTES)
    failed ||= isStuck(bytes) || (block.length === BLOCK_BYTES && equalBytes(block, lastBlock))
    if (failed) throw new RandomFailure()
    lastBlock = block
  }
  return {
    bytes(length) {
      const bytes = source(length)
      watched(bytes)
      return bytes
    },
    ephemeral() {
      // The key is drawn where its bytes stay; what the source gives at that moment is judged beside it.
      watched(source(2 * BLOCK_BYTES))
      return Sm2PrivateKey.generate()
    },
  }
}

function isStuck(bytes: Uint8Array): boolean {
  let run = 0
  let last = -1
  for (const byte of bytes) {
    run = byte === last ? run + 1 : 1
    last = byte
    if (run >= REPETITION_CUTOFF) return true
  }
  return false
}
