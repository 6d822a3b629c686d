import { StatusWord } from './status-word.ts'

/** A response APDU: body and status word. */
export interface ResponseApdu {
  readonly data: Uint8Array
  readonly statusWord: number
}

/** @throws RangeError for fewer than two bytes: no card answers that. */
export function parseResponse(bytes: Uint8Array): ResponseApdu {
  const high = bytes[bytes.length - 2]
  const low = bytes[bytes.length - 1]
  if (high === undefined || low === undefined) throw new RangeError('response shorter than its status word')
  return { data: bytes.subarray(0, -2), statusWord: (high << 8) | low }
}

/** body ‖ SW1 ‖ SW2. */
export function encodeResponse(data: Uint8Array, statusWord: number): Uint8Array {
  const bytes = new Uint8Array(data.length + 2)
  bytes.set(data)
  bytes[data.length] = statusWord >> 8
  bytes[data.length + 1] = statusWord & 0xff
  return bytes
}

const NOTHING = new Uint8Array(0)

/** What an answer longer than Ne leaves behind for GET RESPONSE (ISO/IEC 7816-4 §5.3.4). */
export class ResponseBuffer {
  #rest: Uint8Array = NOTHING

  /** Gives at most `ne` bytes of `data` now and keeps the rest. */
  answer(data: Uint8Array, ne: number): Uint8Array {
    if (data.length <= ne) {
      this.clear()
      return encodeResponse(data, StatusWord.ok)
    }
    const now = data.subarray(0, ne)
    this.#rest = data.slice(ne)
    // SW2 = 00 says "256 or more".
    const hint = this.#rest.length > 255 ? 0 : this.#rest.length
    return encodeResponse(now, StatusWord.moreData | hint)
  }

  /** The next piece, or undefined when nothing waits. */
  next(ne: number): Uint8Array | undefined {
    if (this.#rest.length === 0) return undefined
    const waiting = this.#rest
    this.#rest = NOTHING
    return this.answer(waiting, ne)
  }

  /** Any other command forgets what was not fetched. */
  clear(): void {
    if (this.#rest.length === 0) return
    this.#rest.fill(0)
    this.#rest = NOTHING
  }
}
