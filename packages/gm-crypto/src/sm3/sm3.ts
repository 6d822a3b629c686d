import { engine } from '../engine/current.ts'
import { sm3Initial } from '../engine/js/sm3-padding.ts'
import { GmCryptoError } from '../errors.ts'

const blockSize = 64
/** Length of an SM3 hash in bytes. */
export const SM3_LENGTH = 32

/** SM3 over data that arrives in pieces (GB/T 32905—2016). One object makes one hash. */
export class Sm3 {
  readonly #state = Int32Array.from(sm3Initial)
  readonly #tail = new Uint8Array(blockSize)
  #tailLength = 0
  #total = 0
  #done = false

  /** Adds `data`. Returns the object itself, so that calls can be chained. */
  update(data: Uint8Array): this {
    if (this.#done) throw new GmCryptoError('gm.argument', 'this hash is finished')
    this.#total += data.length
    let at = 0
    if (this.#tailLength > 0) {
      at = Math.min(blockSize - this.#tailLength, data.length)
      this.#tail.set(data.subarray(0, at), this.#tailLength)
      this.#tailLength += at
      if (this.#tailLength < blockSize) return this
      engine().sm3Blocks(this.#state, this.#tail)
      this.#tailLength = 0
    }
    const whole = at + Math.floor((data.length - at) / blockSize) * blockSize
    if (whole > at) engine().sm3Blocks(this.#state, data.subarray(at, whole))
    this.#tail.set(data.subarray(whole))
    this.#tailLength = data.length - whole
    return this
  }

  /** Finishes and returns the 32 bytes; the object holds nothing afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    if (this.#done) throw new GmCryptoError('gm.argument', 'this hash is finished')
    this.#done = true
    const tail = this.#tail.subarray(0, this.#tailLength)
    const out = engine().sm3Finish(this.#state, tail, this.#total - this.#tailLength)
    this.#state.fill(0)
    this.#tail.fill(0)
    return out
  }

  /** An independent copy of the state so far: lets a shared prefix (Z, an HMAC pad) be hashed once. */
  clone(): Sm3 {
    if (this.#done) throw new GmCryptoError('gm.argument', 'this hash is finished')
    const copy = new Sm3()
    copy.#state.set(this.#state)
    copy.#tail.set(this.#tail)
    copy.#tailLength = this.#tailLength
    copy.#total = this.#total
    return copy
  }

  /** Erases what has been taken in. */
  wipe(): void {
    this.#state.fill(0)
    this.#tail.fill(0)
    this.#done = true
  }
}

/** SM3 of `data` in one go: 32 bytes (GB/T 32905—2016). */
export function sm3(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return engine().sm3(data)
}
