import { CardStorageError, type CardStorageErrorCode } from '../storage/card-storage.ts'
import { CardConnectionLost, transmitTogether, type CardConnection } from './card-connection.ts'

const LARGEST_GROUP = 64

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
    if (!isRequest(data)) return
    void answer(card, data).then((reply) => endpoint.postMessage(reply))
  })
}

/** The other end: a card behind `endpoint`. */
export function connectCard(endpoint: MessageEndpoint): CardConnection {
  const waiting = new Map<
    number,
    { resolve: (apdus: readonly Uint8Array[]) => void; reject: (error: Error) => void }
  >()
  let last = 0
  endpoint.addEventListener('message', ({ data }) => {
    if (!isReply(data)) return
    const call = waiting.get(data.id)
    waiting.delete(data.id)
    if (data.error !== undefined) call?.reject(errorOf(data.error))
    else call?.resolve(data.apdus ?? [])
  })
  const ask = (build: (id: number) => Request): Promise<readonly Uint8Array[]> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      endpoint.postMessage(build(id))
    })
  return {
    transmit: async (apdu) => {
      const [answer] = await ask((id) => ({ kind: 'transmit', id, apdus: [apdu] }))
      return answer ?? new Uint8Array(0)
    },
    // One message for the whole group: a signature is one way there and back, not three.
    transmitAll: async (apdus) => [...(await ask((id) => ({ kind: 'transmit', id, apdus })))],
    reset: async () => {
      await ask((id) => ({ kind: 'reset', id }))
    },
  }
}

async function answer(card: CardConnection, request: Request): Promise<Reply> {
  const { id } = request
  try {
    if (request.kind === 'transmit') {
      const { apdus } = request
      const answers = transmitTogether(card, apdus)
      // This side's copies, one of which may hold a PIN.
      return { id, apdus: await answers.finally(() => apdus.forEach((apdu) => apdu.fill(0))) }
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
