import { randomBytes } from '@anqu/gm-crypto'

/** A source of random bytes: gm-crypto's by default; tests put a failing one here. */
export type RandomSource = (length: number) => Uint8Array

const REPETITION_CUTOFF = 5
const WINDOW = 512
const PROPORTION_CUTOFF = 17
const POWER_UP_BYTES = 2500
const POWER_UP_BITS_LOW = 9_500
const POWER_UP_BITS_HIGH = 10_500

export class RandomFailure extends Error {
  constructor(test: string) {
    super(`random source failed its ${test} test`)
    this.name = 'RandomFailure'
  }
}

/**
 * The card's random numbers: made inside (B-7.2-10) and watched. At power-up the monobit test runs over 20,000 bits; then
 * every byte passes the repetition-count and adaptive-proportion tests of SP 800-90B §4.4 (8 bits of entropy a byte,
 * false alarm about 2⁻³⁰). After one failure the source never gives bytes again.
 */
export class CardRandom {
  readonly #source: RandomSource
  #failed: string | undefined
  #last = -1
  #run = 0
  #windowFirst = -1
  #windowSeen = 0
  #windowHits = 0

  constructor(source: RandomSource = randomBytes) {
    this.#source = source
    this.#powerUpTest()
  }

  /** @throws RandomFailure when the source looks stuck or biased. */
  bytes(length: number): Uint8Array {
    if (this.#failed !== undefined) throw new RandomFailure(this.#failed)
    const bytes = this.#source(length)
    for (const byte of bytes) this.#watch(byte)
    return bytes
  }

  #watch(byte: number): void {
    this.#run = byte === this.#last ? this.#run + 1 : 1
    this.#last = byte
    if (this.#run >= REPETITION_CUTOFF) this.#fail('repetition')
    if (this.#windowSeen === 0) this.#windowFirst = byte
    else if (byte === this.#windowFirst) this.#windowHits += 1
    if (this.#windowHits >= PROPORTION_CUTOFF) this.#fail('proportion')
    this.#windowSeen += 1
    if (this.#windowSeen < WINDOW) return
    this.#windowSeen = 0
    this.#windowHits = 0
  }

  #powerUpTest(): void {
    let ones = 0
    for (const byte of this.bytes(POWER_UP_BYTES))
      for (let bits = byte; bits !== 0; bits >>= 1) ones += bits & 1
    if (ones < POWER_UP_BITS_LOW || ones > POWER_UP_BITS_HIGH) this.#fail('monobit')
  }

  #fail(test: string): never {
    this.#failed = test
    throw new RandomFailure(test)
  }
}
