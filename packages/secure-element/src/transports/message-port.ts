import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { CardStorageError, type CardStorageErrorCode } from '../storage/card-storage.ts'
import { CardConnectionLost, transmitTogether, type CardConnection } from './card-connection.ts'
import {
  decodeFrames,
  encodeFrames,
  FrameKind,
  MOST_FRAMES,
  MOST_PARTS,
  type Frame,
} from './message-frames.ts'
import { SharedLane } from './shared-lane.ts'

const STORAGE_ERRORS: readonly CardStorageErrorCode[] = [
  'released',
  'damaged',
  'unavailable',
  'key-file-exposed',
]
const NOTHING: readonly Uint8Array[] = []

/** What a Worker, a worker's own scope and a MessagePort have in common. */
export interface MessageEndpoint {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

/**
 * Offers `card` at one end of a message channel; requests are answered in the order they came. A page that brings a shared lane
 * is served over it too.
 */
export function serveCard(endpoint: MessageEndpoint, card: CardConnection): void {
  let lane: SharedLane | undefined
  let inHand = 0
  const send = (replies: readonly Frame[]): void => {
    const message = encodeFrames(replies)
    // Waiting holds this thread, so only when all is answered, and for a page that is awake as well. It begins before the page
    // has the answer: what the page asks next finds this end waiting, or not.
    const mayListen = inHand === 0 && lane?.beginListening() === true
    const isSent = lane?.send(message) === true
    if (!isSent) endpoint.postMessage(message, [message.buffer])
    if (mayListen) serve(isSent ? lane?.listen() : lane?.hangUp())
  }
  const serve = (data: unknown): void => {
    const requests = decodeFrames(data)
    if (requests === undefined || !requests.every(isRequest)) return
    const done = together(requests.length, send)
    const settle = (reply: Frame): void => {
      inHand -= 1
      done(reply)
    }
    inHand += requests.length
    for (const request of requests) void answer(card, request).then(settle)
  }
  endpoint.addEventListener('message', ({ data }) => {
    lane ??= SharedLane.accept(data)
    lane?.beginTurn()
    serve(data)
  })
}

const isRequest = ({ kind }: Frame): boolean => kind === FrameKind.reset || kind === FrameKind.commands

/** What was asked in one message is answered in one, but nothing that is ready waits for what is slow. */
function together(expected: number, send: (replies: readonly Frame[]) => void): (reply: Frame) => void {
  let left = expected
  let ready: Frame[] = []
  const sendReady = (): void => {
    if (ready.length > 0) send(ready)
    ready = []
  }
  return (reply) => {
    ready.push(reply)
    left -= 1
    if (left === 0) sendReady()
    else if (ready.length === 1) setTimeout(sendReady)
  }
}

async function answer(card: CardConnection, { id, kind, parts }: Frame): Promise<Frame> {
  try {
    if (kind === FrameKind.commands) {
      const answers = transmitTogether(card, parts)
      return { id, kind: FrameKind.answers, parts: await answers.finally(() => wipe(parts)) }
    }
    await card.reset()
    return { id, kind: FrameKind.answers, parts: NOTHING }
  } catch (error) {
    const code = error instanceof CardStorageError ? error.code : 'failure'
    const detail = error instanceof Error ? error.message : 'unknown'
    return { id, kind: FrameKind.failure, parts: [utf8ToBytes(code), utf8ToBytes(detail)] }
  }
}

interface Waiting {
  readonly resolve: (apdus: readonly Uint8Array[]) => void
  readonly reject: (error: Error) => void
}

/** The other end: a card behind `endpoint`. */
export function connectCard(endpoint: MessageEndpoint): CardConnection {
  return new CardPort(endpoint)
}

/** As `connectCard`, for a way that can be told that its other end is gone. */
export class CardPort implements CardConnection {
  readonly #endpoint: MessageEndpoint
  readonly #lane: SharedLane | undefined
  readonly #waiting = new Map<number, Waiting>()
  #asked: Frame[] = []
  #last = 0
  #lost: Error | undefined

  constructor(endpoint: MessageEndpoint, lane?: SharedLane) {
    this.#endpoint = endpoint
    this.#lane = lane
    endpoint.addEventListener('message', ({ data }) => {
      lane?.beginTurn()
      this.#receive(data)
    })
  }

  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    const [answer] = await this.#ask(FrameKind.commands, [apdu])
    return answer ?? new Uint8Array(0)
  }

  /** One message for the whole group: a signature is one way there and back, not three. */
  async transmitAll(apdus: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return [...(await this.#ask(FrameKind.commands, apdus))]
  }

  async reset(): Promise<void> {
    await this.#ask(FrameKind.reset, NOTHING)
  }

  /** Ends what waits and whatever is asked from now on. */
  fail(error: Error): void {
    this.#lost = error
    this.#lane?.withdraw()
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #ask(kind: Frame['kind'], parts: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost)
    if (parts.length > MOST_PARTS)
      return Promise.reject(new RangeError(`more than ${MOST_PARTS} commands in a group`))
    const isAlone = this.#waiting.size === 0
    const id = (this.#last = (this.#last + 1) >>> 0)
    const answered = new Promise<readonly Uint8Array[]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
    })
    if (isAlone) this.#postAlone({ id, kind, parts })
    else this.#postLater({ id, kind, parts: parts.map(copy) })
    return answered
  }

  /** Only one that is alone may take the lane: it cannot overtake another. */
  #postAlone(request: Frame): void {
    const message = encodeFrames([request])
    if (this.#lane?.beginHearing() !== true) return this.#transfer(message)
    const isSent = this.#lane.send(message)
    if (!isSent) this.#transfer(message)
    queueMicrotask(() => this.#hear(isSent ? message : undefined))
  }

  /** Whoever asks more at the same moment has other things to do than to wait for the first answer. */
  #hear(request: Uint8Array<ArrayBuffer> | undefined): void {
    const isAlone = this.#waiting.size === 1
    const answer = isAlone ? this.#lane?.hear() : this.#lane?.hangUp()
    if (request && isAlone && answer === undefined && this.#lane?.withdraw() === true) this.#transfer(request)
    else request?.fill(0)
    this.#receive(answer)
  }

  /** What is asked at the same moment, while the card works, goes in one message; its sender may reuse the bytes before. */
  #postLater(request: Frame): void {
    if (this.#asked.push(request) === 1) queueMicrotask(() => this.#post())
    else if (this.#asked.length === MOST_FRAMES) this.#post()
  }

  #post(): void {
    if (this.#asked.length > 0) this.#transfer(encodeFrames(this.#asked))
    for (const { parts } of this.#asked) wipe(parts)
    this.#asked = []
  }

  #transfer(message: Uint8Array<ArrayBuffer>): void {
    this.#lane?.dismiss()
    this.#endpoint.postMessage(message, [message.buffer])
  }

  #receive(data: unknown): void {
    for (const reply of decodeFrames(data) ?? []) if (!isRequest(reply)) this.#settle(reply)
  }

  #settle({ id, kind, parts }: Frame): void {
    const call = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (kind === FrameKind.failure) call?.reject(errorOf(parts.map((part) => bytesToUtf8(part))))
    else call?.resolve(parts.map(copy))
  }
}

const copy = (apdu: Uint8Array): Uint8Array => apdu.slice()

/** This side's copies, one of which may hold a PIN. */
function wipe(apdus: readonly Uint8Array[]): void {
  for (const apdu of apdus) apdu.fill(0)
}

function errorOf([code = '', detail = '']: readonly string[]): Error {
  const known = STORAGE_ERRORS.find((name) => name === code)
  return known === undefined ? new CardConnectionLost(detail) : new CardStorageError(known, detail)
}
