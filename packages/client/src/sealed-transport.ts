import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import type { Sm2PrivateKey, Sm2PublicKey } from '@anqu/gm-crypto'
import { createMessageClient, type ClientChannel } from '@anqu/message'
import type { Certificate } from '@anqu/pki'
import { ConnectionLost, Refused, refusedFrom } from './refused.ts'

/** What carries bytes to the server: `fetch`, in the browser as it is, in Node with a cookie jar around it. */
export type Carrier = (
  path: string,
  request: { body: Uint8Array; headers: Readonly<Record<string, string>> },
) => Promise<{ status: number; type: string; body: Uint8Array }>

export type TransportOptions = {
  readonly carrier: Carrier
  /** Roots the server's certificate must lead to. */
  readonly anchors: readonly Certificate[]
  readonly serverName: string
  readonly instanceKey: Sm2PrivateKey
  readonly clock: { nowMs(): number }
}

/** Size of what went over the wire, for whoever wants to show it. */
export type Traffic = { readonly path: string; readonly sentBytes: number; readonly receivedBytes: number }

export type SealedTransport = {
  /** Sends one request inside a sealed message and opens the answer. Requests of one client go one after the other. */
  send(path: string, body: unknown): Promise<unknown>
  /** The server's certified key, after the first handshake. */
  serverKey(): Promise<Sm2PublicKey>
  onTraffic(listener: (traffic: Traffic) => void): void
}

const sealedType = 'application/vnd.anqu.sealed'

/** Keeps a channel of the message protocol open and renews it before its limits (A-9.2-3). */
export function createSealedTransport(options: TransportOptions): SealedTransport {
  let channel: ClientChannel | undefined
  let queue: Promise<unknown> = Promise.resolve()
  let listener: (traffic: Traffic) => void = () => undefined

  const exchange: Carrier = async (path, request) => {
    const answer = await options.carrier(path, request).catch((error: unknown) => {
      throw new ConnectionLost(error)
    })
    listener({ path, sentBytes: request.body.length, receivedBytes: answer.body.length })
    return answer
  }

  const open = async (): Promise<ClientChannel> => {
    const client = createMessageClient(options)
    const post = async (path: string, body: Uint8Array): Promise<Uint8Array> => {
      const answer = await exchange(path, { body, headers: { 'content-type': 'application/octet-stream' } })
      if (answer.status !== 200) throw refusalIn(answer.body)
      return answer.body
    }
    const { finish, channel: opened } = client.finish(await post('/message/hello', client.hello()))
    await post('/message/finish', finish)
    return opened
  }

  const live = async (): Promise<ClientChannel> => {
    if (channel === undefined || channel.expired()) channel = await open()
    return channel
  }

  const once = async (path: string, body: unknown): Promise<unknown> => {
    const used = await live()
    const route = `POST ${path}`
    const { record, sequence } = used.seal(route, utf8ToBytes(JSON.stringify(body)))
    const answer = await exchange(path, {
      body: record,
      headers: { 'content-type': sealedType, 'anqu-channel': used.idHex },
    })
    if (!answer.type.startsWith(sealedType)) throw refusalIn(answer.body)
    const value: unknown = JSON.parse(bytesToUtf8(used.open(route, sequence, answer.body)))
    const refused = refusedFrom(value)
    if (refused !== undefined) throw refused
    return value
  }

  const send = async (path: string, body: unknown): Promise<unknown> => {
    try {
      return await once(path, body)
    } catch (error) {
      // The server no longer knows the channel, so it has not read the message either: a new channel, once.
      if (!(error instanceof Refused) || error.code !== 'message.unknown-channel') throw error
      channel = undefined
      return once(path, body)
    }
  }

  return {
    send(path, body) {
      const result = queue.then(() => send(path, body))
      queue = result.catch(() => undefined)
      return result
    },
    async serverKey() {
      const result = queue.then(live)
      queue = result.catch(() => undefined)
      return (await result).serverPublicKey
    },
    onTraffic(given) {
      listener = given
    },
  }
}

/** An answer outside the seal is believed only as far as it refuses. */
function refusalIn(body: Uint8Array): Error {
  try {
    return refusedFrom(JSON.parse(bytesToUtf8(body))) ?? new ConnectionLost('an answer outside the seal')
  } catch (error) {
    return new ConnectionLost(error)
  }
}
