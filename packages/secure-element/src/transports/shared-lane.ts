import type { MessageEndpoint } from './message-port.ts'
import { SharedSlot, SLOT_BYTES } from './shared-slot.ts'

/** How long the page waits for a request to be fetched: by then a worker has been woken, or has no processor. */
const FETCH_MS = 0.08
/** … and then for its answer. Its thread also draws, so one command holds it no longer than both. */
const ANSWER_MS = 0.25
/** The worker looks on for the next request this long after an answer, then sleeps: an app that asks nothing costs nothing. */
const LOOK_MS = 0.03
/** Other events of the worker wait as long; a message of the page ends it. */
const SLEEP_MS = 1
/** For so long neither end needs to have been in its event loop; then a message makes it go there. */
const TURN_MS = 8
/** Of the commands after one for which the page waited in vain, most when none was in time: there is no processor to spare. */
const MOST_SKIPPED = 15

/**
 * The short way between a page and its card worker, beside ordinary messages and with the same content: a slot each way in
 * shared memory, while both ends are awake. Waking a thread by a message costs more than a signature. What the lane does not
 * take goes by message: the first command after a pause, whatever is asked beside another command, what is too long, and what
 * the worker did not fetch in time. So no command depends on the lane.
 */
export class SharedLane {
  readonly #out: SharedSlot
  readonly #in: SharedSlot
  #turnBeganMs = 0
  #skip = 0
  #skipsAfter = 0

  private constructor(memory: SharedArrayBuffer, end: 'page' | 'worker') {
    const [toWorker, toPage] = [new SharedSlot(memory, 0), new SharedSlot(memory, SLOT_BYTES)]
    this.#out = end === 'page' ? toWorker : toPage
    this.#in = end === 'page' ? toPage : toWorker
  }

  /** The page's end, where browsers allow shared memory: on a page isolated from other origins. Otherwise there is none. */
  static offer(worker: MessageEndpoint): SharedLane | undefined {
    if (!globalThis.crossOriginIsolated) return undefined
    const memory = new SharedArrayBuffer(2 * SLOT_BYTES)
    worker.postMessage(memory, [])
    return new SharedLane(memory, 'page')
  }

  /** The worker's end, if a message offers one. */
  static accept(data: unknown): SharedLane | undefined {
    if (typeof SharedArrayBuffer === 'undefined' || !(data instanceof SharedArrayBuffer)) return undefined
    return data.byteLength === 2 * SLOT_BYTES ? new SharedLane(data, 'worker') : undefined
  }

  /** A message came: this thread has been in its event loop. */
  beginTurn(): void {
    this.#turnBeganMs = performance.now()
  }

  /** Whether the other end has the message. If not, it must go by `postMessage`; the other end has been told so. */
  send(message: Uint8Array): boolean {
    if (this.#out.put(message)) return true
    this.dismiss()
    return false
  }

  /** A message goes by `postMessage`: the other end need not wait here for one. */
  dismiss(): void {
    this.#out.dismiss()
  }

  /** Page: from now on the answer may come here; `hear` or `hangUp` follows before this thread returns to its event loop. */
  beginHearing(): boolean {
    const now = performance.now()
    // Its own code has not asked anything for so long: nothing has been held up.
    if (now > this.#turnBeganMs + 2 * TURN_MS) this.#turnBeganMs = now
    if (now > this.#turnBeganMs + TURN_MS) return false
    if (this.#skip > 0) {
      this.#skip -= 1
      return false
    }
    this.#in.open()
    return true
  }

  /** Worker: the same for the next request; `listen` or `hangUp` follows. */
  beginListening(): boolean {
    if (performance.now() > this.#turnBeganMs + TURN_MS) return false
    this.#in.open()
    return true
  }

  /** Page: the answer, if it comes soon. */
  hear(): Uint8Array | undefined {
    if (this.#out.spinUntilFetched(FETCH_MS)) this.#in.spin(ANSWER_MS)
    const answer = this.#in.close()
    this.#skip = answer === undefined ? Math.min(2 * this.#skipsAfter + 1, MOST_SKIPPED) : 0
    this.#skipsAfter = answer === undefined ? this.#skip : this.#skipsAfter >> 1
    return answer
  }

  /** Worker: the next request, if it comes soon. */
  listen(): Uint8Array | undefined {
    this.#in.spin(LOOK_MS)
    return this.#in.sleep(SLEEP_MS)
  }

  /** What has come, without waiting. */
  hangUp(): Uint8Array | undefined {
    return this.#in.close()
  }

  /** Page: takes the request back if the worker has not begun to read it. */
  withdraw(): boolean {
    return this.#out.withdraw()
  }
}
