/** Of one message; a longer one goes as an ordinary message. */
export const SLOT_CAPACITY = 8192
const [STATE, LENGTH] = [0, 1]
const HEADER = 8
export const SLOT_BYTES = HEADER + SLOT_CAPACITY
/** So many looks between two at the clock, which costs as much as all of them. */
const LOOKS = 16

/**
 * `open`: the receiver waits in a loop. `full`: a message is there. `taken`: the receiver copies it. Who may touch the bytes
 * follows from this one word: the sender in `open` and `closed`, the receiver in `taken`, nobody in `full`.
 */
const State = { closed: 0, open: 1, full: 2, taken: 3 } as const

/**
 * Room for one message from one thread to one other, in memory of both. It takes a message only while the receiver waits for
 * it, so none lies here that nobody comes for, and what it does not take its sender sends as an ordinary message.
 *
 * The bytes are written before and read after an atomic operation on the state, which orders them between the threads.
 */
export class SharedSlot {
  readonly #words: Int32Array
  readonly #area: Uint8Array

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(memory, offset, HEADER / 4)
    this.#area = new Uint8Array(memory, offset + HEADER, SLOT_CAPACITY)
  }

  /** Sender: whether the receiver has it. If not, nothing of it is left here. */
  put(message: Uint8Array): boolean {
    if (message.length > SLOT_CAPACITY || Atomics.load(this.#words, STATE) !== State.open) return false
    this.#area.set(message)
    Atomics.store(this.#words, LENGTH, message.length)
    if (this.#step(State.open, State.full)) {
      Atomics.notify(this.#words, STATE)
      return true
    }
    this.#area.fill(0, 0, message.length)
    return false
  }

  /** Sender: takes back what the receiver has not begun to read; false when there is no such thing. */
  withdraw(): boolean {
    if (!this.#step(State.full, State.closed)) return false
    this.#area.fill(0)
    return true
  }

  /** Sender: something comes by another way, so the receiver is to stop waiting here. */
  dismiss(): void {
    if (this.#step(State.open, State.closed)) Atomics.notify(this.#words, STATE)
  }

  /** Receiver: from now on a message can be put here. */
  open(): void {
    this.#step(State.closed, State.open)
  }

  /** Sender: waits in a loop for the receiver to fetch what was put here; whether nothing is left to fetch. */
  spinUntilFetched(limitMs: number): boolean {
    return this.#spinWhile(State.full, limitMs)
  }

  /** Receiver: waits in a loop for a message. */
  spin(limitMs: number): void {
    this.#spinWhile(State.open, limitMs)
  }

  /** Receiver: waits asleep, which a page may not, and closes. */
  sleep(limitMs: number): Uint8Array | undefined {
    Atomics.wait(this.#words, STATE, State.open, limitMs)
    return this.close()
  }

  /** Receiver: takes no more; gives what is there already. */
  close(): Uint8Array | undefined {
    if (this.#step(State.open, State.closed) || !this.#step(State.full, State.taken)) return undefined
    const message = this.#copy()
    Atomics.store(this.#words, STATE, State.closed)
    return message
  }

  /**
   * The sender may be hostile and write on while this end reads: the length is read once and bounded, the bytes are copied once,
   * and only the copy, which nobody else can reach, is ever parsed. Nothing stays behind, as it may hold a PIN.
   */
  #copy(): Uint8Array | undefined {
    const length = Atomics.load(this.#words, LENGTH)
    const isPossible = length >= 0 && length <= SLOT_CAPACITY
    const message = isPossible ? this.#area.slice(0, length) : undefined
    this.#area.fill(0, 0, isPossible ? length : SLOT_CAPACITY)
    return message
  }

  #step(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, STATE, from, to) === from
  }

  /** Holds its thread until the state is another one; false when that took too long. */
  #spinWhile(state: number, limitMs: number): boolean {
    const end = performance.now() + limitMs
    do {
      for (let look = 0; look < LOOKS; look++) {
        if (Atomics.load(this.#words, STATE) !== state) return true
        pause()
      }
    } while (performance.now() < end)
    return false
  }
}

/** Leaves the processor to its other half; the newest browsers and Node have it. */
function pause(): void {
  // Not in TypeScript's library for this target.
  ;(Atomics as { pause?(): void }).pause?.()
}
