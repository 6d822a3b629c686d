import { CardStorageError, type CardStorageErrorCode } from '../storage/card-storage.ts'
import { CardConnectionLost, type CardConnection } from './card-connection.ts'

/** What a Worker, a worker's own scope and a MessagePort have in common. */
export interface MessageEndpoint {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

type Request =
  | { readonly kind: 'transmit'; readonly id: number; readonly apdu: Uint8Array }
  | { readonly kind: 'reset'; readonly id: number }

interface Reply {
  readonly id: number
  readonly apdu?: Uint8Array
  readonly error?: { readonly code: CardStorageErrorCode | 'failure'; readonly detail: string }
}

/** Offers `card` at one end of a message channel; requests are answered in the order they came. */
export function serveCard(endpoint: MessageEndpoint, card: CardConnection): void {
  endpoint.addEventListener('message', ({ data }) => {
    if (!isRequest(data)) return
    void answer(card, data).then((reply) => endpoint.postMessage(reply))
  })
}

/** The other end: a card behind `endpoint`. */
export function connectCard(endpoint: MessageEndpoint): CardConnection {
  const waiting = new Map<number, { resolve: (apdu: Uint8Array) => void; reject: (error: Error) => void }>()
  let last = 0
  endpoint.addEventListener('message', ({ data }) => {
    if (!isReply(data)) return
    const call = waiting.get(data.id)
    waiting.delete(data.id)
    if (data.error !== undefined) call?.reject(errorOf(data.error))
    else call?.resolve(data.apdu ?? new Uint8Array(0))
  })
  const ask = (build: (id: number) => Request): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      endpoint.postMessage(build(id))
    })
  return {
    transmit: (apdu) => ask((id) => ({ kind: 'transmit', id, apdu })),
    reset: async () => {
      await ask((id) => ({ kind: 'reset', id }))
    },
  }
}

async function answer(card: CardConnection, request: Request): Promise<Reply> {
  const { id } = request
  try {
    if (request.kind === 'transmit') {
      // This side's copy, which may hold a PIN.
      return { id, apdu: await card.transmit(request.apdu).finally(() => request.apdu.fill(0)) }
    }
    await card.reset()
    return { id, apdu: new Uint8Array(0) }
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
  return (
    data.kind === 'reset' || (data.kind === 'transmit' && 'apdu' in data && data.apdu instanceof Uint8Array)
  )
}

function isReply(data: unknown): data is Reply {
  return hasId(data) && !('kind' in data)
}

function hasId(data: unknown): data is { id: number } {
  return typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'number'
}
