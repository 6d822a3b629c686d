import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { agreeWith, type ServerAgreement } from './agreement.ts'
import type { ChannelStore } from './channel-store.ts'
import type { Clock } from './clock.ts'
import { watchedDraws, type Draws } from './draws.ts'
import { checkLimits, DEFAULT_LIMITS, type ChannelLimits } from './limits.ts'
import { acceptFinish, answerHello } from './server-handshake.ts'
import { acceptRecord, type OpenedRecord } from './server-records.ts'
import type { Serving } from './serving.ts'

export interface MessageServerOptions {
  /** DER certificates, leaf first, without the root; the leaf certifies `key`. */
  readonly chain: readonly Uint8Array[]
  readonly key: Sm2PrivateKey
  /** Agrees with `key`; in this thread unless given. */
  readonly agree?: ServerAgreement
  readonly clock: Clock
  readonly store: ChannelStore
  readonly limits?: Partial<ChannelLimits>
}

/** Every refusal is a MessageError. */
export interface MessageServer {
  /** ClientHello in, ServerHello out; each hello is answered once. */
  hello(clientHello: Uint8Array): Promise<Uint8Array>
  /** Takes ClientFinish; from then on the channel carries records. The answer is empty. */
  finish(clientFinish: Uint8Array): Promise<Uint8Array>
  /** Opens one request, at most once over all callers and processes. `route` is what the request was sent to. */
  open(channelIdHex: string, route: string, record: Uint8Array): Promise<OpenedRecord>
  /** Ends a channel before its time (logout, a device that was released). */
  close(channelIdHex: string): Promise<void>
}

export function createMessageServer(options: MessageServerOptions): MessageServer {
  return messageServerDrawing(options, watchedDraws())
}

/** Not exported from the package: only vectors and tests choose their own randomness. */
export function messageServerDrawing(options: MessageServerOptions, draws: Draws): MessageServer {
  const [leaf] = options.chain
  if (leaf === undefined || !parseCertificate(leaf).publicKey.equals(options.key.publicKey))
    throw new Error('the first certificate of the chain does not certify the key')
  const { chain, key, clock, store, agree = agreeWith(key) } = options
  const limits = checkLimits({ ...DEFAULT_LIMITS, ...options.limits })
  const serving: Serving = { chain, key, agree, clock, store, limits, draws }
  return {
    hello: (bytes) => answerHello(serving, bytes),
    finish: (bytes) => acceptFinish(serving, bytes),
    open: (channelIdHex, route, record) => acceptRecord(serving, { channelIdHex, route, record }),
    close: (channelIdHex) => store.remove(channelIdHex),
  }
}
