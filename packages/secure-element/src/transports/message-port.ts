import { CardStorageError, type CardStorageErrorCode } from '../storage/card-storage.ts'
import { CardConnectionLost, transmitTogether, type CardConnection } from './card-connection.ts'

const LARGEST_GROUP = 64
/** Of one message. */
const MOST_REQUESTS = 64

/** What a Worker, a worker's own scope and a MessagePort have in common. */
export interface MessageEndpoint {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

type Request =
  | { readonly kind: 'transmit'; readonly id: number; readonly apdus: readonly Uint8Array[] }
  | { readonly kind: 'reset'; readonly id: number }

interface Reply {
  readonly id: number
  readonly apdus?: readonly Uint8Array[]
  readonly error?: { readonly code: CardStorageErrorCode | 'failure'; readonly detail: string }
}

/** Offers `card` at one end of a message channel; requests are answered in the order they came. */
export function serveCard(endpoint: MessageEndpoint, card: CardConnection): void {
  endpoint.addEventListener('message', ({ data }) => {
    if (!Array.isArray(data) || data.length > MOST_REQUESTS || !data.every(isRequest)) return
    const done = together(data.length, (replies) => endpoint.postMessage(replies))
    for (const request of data) void answer(card, request).then(done)
  })
}

/** What was asked in one message is answered in one, but nothing that is ready waits for what is slow. */
function together(expected: number, send: (replies: readonly Reply[]) => void): (reply: Reply) => void {
  let left = expected
  let ready: Reply[] = []
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
  readonly #waiting = new Map<number, Waiting>()
  #asked: Request[] = []
  #last = 0
  #lost: Error | undefined

  constructor(endpoint: MessageEndpoint) {
    this.#endpoint = endpoint
    endpoint.addEventListener('message', ({ data }) => {
      if (Array.isArray(data)) for (const reply of data.filter(isReply)) this.#settle(reply)
    })
  }

  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    const [answer] = await this.#transmit([apdu])
    return answer ?? new Uint8Array(0)
  }

  /** One message for the whole group: a signature is one way there and back, not three. */
  async transmitAll(apdus: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return [...(await this.#transmit(apdus))]
  }

  async reset(): Promise<void> {
    await this.#ask({ kind: 'reset', id: ++this.#last })
  }

  /** Ends what waits and whatever is asked from now on. */
  fail(error: Error): void {
    this.#lost = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #transmit(apdus: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return this.#ask({ kind: 'transmit', id: ++this.#last, apdus })
  }

  #ask(request: Request): Promise<readonly Uint8Array[]> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost)
    const isAlone = this.#waiting.size === 0
    const answered = new Promise<readonly Uint8Array[]>((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject })
    })
    if (isAlone) this.#endpoint.postMessage([request])
    else this.#postLater(request)
    return answered
  }

  /** What is asked at the same moment, while the card works, goes in one message. */
  #postLater(request: Request): void {
    // Its sender may wipe or reuse the commands before they are posted.
    const own = request.kind === 'reset' ? request : { ...request, apdus: request.apdus.map(copy) }
    if (this.#asked.push(own) === 1) queueMicrotask(() => this.#post())
    else if (this.#asked.length === MOST_REQUESTS) this.#post()
  }

  #post(): void {
    if (this.#asked.length > 0) this.#endpoint.postMessage(this.#asked)
    for (const request of this.#asked) if (request.kind === 'transmit') wipe(request.apdus)
    this.#asked = []
  }

  #settle(reply: Reply): void {
    const call = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if (reply.error !== undefined) call?.reject(errorOf(reply.error))
    else call?.resolve(reply.apdus ?? [])
  }
}

const copy = (apdu: Uint8Array): Uint8Array => apdu.slice()

/** This side's copies, one of which may hold a PIN. */
function wipe(apdus: readonly Uint8Array[]): void {
  for (const apdu of apdus) apdu.fill(0)
}

async function answer(card: CardConnection, request: Request): Promise<Reply> {
  const { id } = request
  try {
    if (request.kind === 'transmit') {
      const { apdus } = request
      const answers = transmitTogether(card, apdus)
      return { id, apdus: await answers.finally(() => wipe(apdus)) }
    }
    await card.reset()
    return { id, apdus: [] }
  } catch (error) {
    // Class instances do not survive structured cloning; their code and text do.
    const code = error instanceof CardStorageError ? error.code : 'failure'
    return { id, error: { code, detail: error instanceof Error ? error.message : 'unknown' } }
  }
}

function errorOf(error: NonNullable<Reply['error']>): Error {
  return error.code === 'failure'
    ? new CardConnectionLost(error.detail)
    : new CardStorageError(error.code, error.detail)
}

function isRequest(data: unknown): data is Request {
  if (!hasId(data) || !('kind' in data)) return false
  if (data.kind === 'reset') return true
  if (data.kind !== 'transmit' || !('apdus' in data) || !Array.isArray(data.apdus)) return false
  return data.apdus.length <= LARGEST_GROUP && data.apdus.every((apdu) => apdu instanceof Uint8Array)
}

function isReply(data: unknown): data is Reply {
  return hasId(data) && !('kind' in data)
}

function hasId(data: unknown): data is { id: number } {
  return typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'number'
}
