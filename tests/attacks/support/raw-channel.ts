import type { Installation, LiveSystem } from '@anqu/conformance/system'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { createMessageClient, type ClientChannel } from '@anqu/message'

const serverName = 'anqu-channel-message'
const sealedType = 'application/vnd.anqu.sealed'

export type Sealed = { readonly path: string; readonly record: Uint8Array; readonly sequence: bigint }
export type RawResult = {
  readonly status: number
  readonly sealed: boolean
  readonly code: string | undefined
}

/** A channel with the keys of an installation whose every byte is in the hands of the attacker. */
export class RawChannel {
  readonly #app: Installation
  readonly #channel: ClientChannel

  constructor(app: Installation, channel: ClientChannel) {
    this.#app = app
    this.#channel = channel
  }

  static async open(system: LiveSystem, app: Installation): Promise<RawChannel> {
    const { anchors, clock } = system
    const client = createMessageClient({ anchors, serverName, instanceKey: app.key, clock })
    const octets = { 'content-type': 'application/octet-stream' }
    const hello = await app.post('/message/hello', client.hello(), octets)
    const { finish, channel } = client.finish(hello.body)
    await app.post('/message/finish', finish, octets)
    return new RawChannel(app, channel)
  }

  /** Text goes as it is, anything else as JSON. */
  seal(path: string, content: unknown): Sealed {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    return { path, ...this.#channel.seal(`POST ${path}`, utf8ToBytes(text)) }
  }

  async send(sealed: Sealed, path = sealed.path): Promise<RawResult> {
    const headers = { 'content-type': sealedType, 'anqu-channel': this.#channel.idHex }
    const answer = await this.#app.post(path, sealed.record, headers)
    const isSealed = (answer.headers['content-type'] ?? '').startsWith(sealedType)
    const text = isSealed ? this.#channel.open(`POST ${path}`, sealed.sequence, answer.body) : answer.body
    return { status: answer.status, sealed: isSealed, code: codeIn(bytesToUtf8(text)) }
  }

  post(path: string, content: unknown): Promise<RawResult> {
    return this.send(this.seal(path, content))
  }
}

/** The code of a refusal; undefined for an answer that is none. */
export function codeIn(text: string): string | undefined {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('error' in value)) return undefined
  const { error } = value
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}
