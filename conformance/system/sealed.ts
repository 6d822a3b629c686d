import { createMessageClient, type ClientChannel } from '@anqu/message'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import { jsonOf } from './http.ts'
import type { RawAnswer } from './interference.ts'
import type { LiveSystem } from './live-system.ts'

const octets = { 'content-type': 'application/octet-stream' }
const serverName = 'anqu-channel-message'

/** The message protocol by hand, byte for byte, for what no honest client would send. */
export type RawPeer = {
  readonly key: Sm2PrivateKey
  readonly channel: ClientChannel
  send(path: string, record: Uint8Array, channelId?: string): Promise<RawAnswer>
}

type PeerOptions = {
  readonly anchors?: readonly Certificate[]
  readonly serverName?: string
  readonly clock?: { nowMs(): number }
  readonly changeHello?: (bytes: Uint8Array) => Uint8Array
  readonly changeServerHello?: (bytes: Uint8Array) => Uint8Array
  readonly changeFinish?: (bytes: Uint8Array) => Uint8Array
}

const same = (bytes: Uint8Array): Uint8Array => bytes

export async function connectRaw(system: LiveSystem, options: PeerOptions = {}): Promise<RawPeer> {
  const key = Sm2PrivateKey.generate()
  const client = createMessageClient({
    anchors: options.anchors ?? system.anchors,
    serverName: options.serverName ?? serverName,
    instanceKey: key,
    clock: options.clock ?? system.clock,
  })
  const base = system.addresses['app'] ?? ''
  const post = (path: string, body: Uint8Array, headers: Readonly<Record<string, string>>) =>
    system.http({ url: `${base}${path}`, method: 'POST', headers, body })
  const hello = await post('/message/hello', (options.changeHello ?? same)(client.hello()), octets)
  if (hello.status !== 200) throw new HandshakeRefused(codeOf(hello))
  const { finish, channel } = client.finish((options.changeServerHello ?? same)(hello.body))
  const finished = await post('/message/finish', (options.changeFinish ?? same)(finish), octets)
  if (finished.status !== 200) throw new HandshakeRefused(codeOf(finished))
  return {
    key,
    channel,
    send: (path, record, channelId = channel.idHex) =>
      post(path, record, { 'content-type': 'application/vnd.anqu.sealed', 'anqu-channel': channelId }),
  }
}

export class HandshakeRefused extends Error {}

/** The code of a refusal outside the seal; `accepted` when the answer is none, whatever its body says. */
export function codeOf(answer: RawAnswer): string {
  if (answer.status < 400) return 'accepted'
  try {
    const body = jsonOf(answer) as { error?: { code?: unknown } } // read field by field below
    return String(body.error?.code ?? `status ${answer.status}`)
  } catch {
    return `status ${answer.status}`
  }
}

export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}
