import { constantTimeEqual, GmCryptoError, SecretBytes, sm2Exchange } from '@anqu/gm-crypto'
import type { Sm2PrivateKey, Sm2PublicKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import { createClientChannel, type ClientChannel } from './client-channel.ts'
import { checkFresh, type Clock } from './clock.ts'
import { watchedDraws, type Draws } from './draws.ts'
import { MessageError } from './errors.ts'
import { parseServerHello, writeClientFinish, writeClientHello, type ServerHello } from './hello-messages.ts'
import {
  AGREED_KEY_BYTES,
  CLIENT_ID,
  deriveChannelKeys,
  SERVER_ID,
  transcriptHash,
  type ChannelKeys,
} from './key-schedule.ts'
import { DEFAULT_LIMITS, NONCE_BYTES, type ChannelLimits } from './limits.ts'
import { trustedServerKey } from './server-certificate.ts'

export interface MessageClientOptions {
  /** Roots the server's certificate must lead to; shipped with the client. */
  readonly anchors: readonly Certificate[]
  /** A name that must stand among the alternative names of the server's certificate. */
  readonly serverName: string
  /** The key of this client instance; the server knows the client by it. */
  readonly instanceKey: Sm2PrivateKey
  readonly clock: Clock
}

export interface MessageClient {
  /** Starts a handshake: bytes for `POST /message/hello`. A hello that was not finished is forgotten. */
  hello(): Uint8Array
  /**
   * Takes the server's answer, once per hello. `finish` goes to `POST /message/finish` before the first record.
   * @throws MessageError `message.untrusted-server`, `message.tampered`, `message.stale` or `message.malformed`.
   */
  finish(serverHello: Uint8Array): { finish: Uint8Array; channel: ClientChannel }
}

interface Started {
  readonly hello: Uint8Array
  readonly ephemeral: Sm2PrivateKey
  readonly atMs: number
}

export function createMessageClient(options: MessageClientOptions): MessageClient {
  return messageClientDrawing(options, watchedDraws())
}

/** Not exported from the package: only vectors and tests choose their own randomness. */
export function messageClientDrawing(options: MessageClientOptions, draws: Draws): MessageClient {
  let started: Started | undefined
  return {
    hello() {
      started?.ephemeral.wipe()
      const ephemeral = draws.ephemeral()
      const atMs = options.clock.nowMs()
      const hello = writeClientHello({
        nonce: draws.bytes(NONCE_BYTES),
        timestampMs: BigInt(atMs),
        clientKey: options.instanceKey.publicKey,
        ephemeral: ephemeral.publicKey,
      })
      started = { hello, ephemeral, atMs }
      return hello.slice()
    },
    finish(bytes) {
      if (started === undefined) throw new Error('finish() needs a hello() of its own')
      const handshake = started
      started = undefined
      try {
        return finishHandshake(options, handshake, { bytes, draws })
      } finally {
        handshake.ephemeral.wipe()
      }
    },
  }
}

function finishHandshake(
  options: MessageClientOptions,
  started: Started,
  answer: { bytes: Uint8Array; draws: Draws },
): { finish: Uint8Array; channel: ClientChannel } {
  const nowMs = options.clock.nowMs()
  const serverHello = parseServerHello(answer.bytes)
  const { offer } = serverHello
  const serverPublicKey = trustedServerKey(options, offer.chain, nowMs)
  const keys = agree(options.instanceKey, started, { serverHello, serverPublicKey })
  // Only now is the rest of the hello known to come from the server.
  checkFresh(offer.timestampMs, nowMs, DEFAULT_LIMITS.windowMs)
  const channelId = offer.channelId.slice()
  const channel = createClientChannel({
    channelId,
    clientToServer: SecretBytes.from(keys.clientToServer),
    serverToClient: SecretBytes.from(keys.serverToClient),
    serverPublicKey,
    // Counted from before the server began, so that the client gives a channel up first.
    expiresAtMs: started.atMs + Math.min(offer.limits.channelMs, DEFAULT_LIMITS.channelMs),
    limits: strictest(offer.limits),
    clock: options.clock,
    draws: answer.draws,
  })
  keys.clientToServer.fill(0)
  keys.serverToClient.fill(0)
  const finish = writeClientFinish({ channelId, confirmation: keys.clientConfirmation })
  return { finish, channel }
}

function agree(
  instanceKey: Sm2PrivateKey,
  started: Started,
  answer: { serverHello: ServerHello; serverPublicKey: Sm2PublicKey },
): ChannelKeys {
  const { serverHello, serverPublicKey } = answer
  if (serverPublicKey.equals(instanceKey.publicKey))
    throw new MessageError('message.untrusted-server', 'the server holds the key of this client')
  const exchange = sm2Exchange({
    role: 'initiator',
    self: instanceKey,
    peer: serverPublicKey,
    selfId: CLIENT_ID,
    peerId: SERVER_ID,
    ephemeral: started.ephemeral,
  })
  try {
    const agreed = exchange.agree(serverHello.offer.ephemeral, AGREED_KEY_BYTES)
    const transcript = transcriptHash(started.hello, serverHello.offerBytes)
    const tags = { serverTag: agreed.confirmExpect, clientTag: agreed.confirmSend }
    const keys = deriveChannelKeys(agreed.key, transcript, tags)
    if (constantTimeEqual(keys.serverConfirmation, serverHello.confirmation)) return keys
    keys.clientToServer.fill(0)
    keys.serverToClient.fill(0)
  } catch (error) {
    if (!(error instanceof GmCryptoError)) throw error
  }
  throw new MessageError('message.tampered', 'the server did not confirm the handshake')
}

/** A server may shorten what the client allows, never lengthen it. */
function strictest(offered: ChannelLimits): ChannelLimits {
  return {
    channelMs: Math.min(offered.channelMs, DEFAULT_LIMITS.channelMs),
    channelMessages: Math.min(offered.channelMessages, DEFAULT_LIMITS.channelMessages),
    windowMs: Math.min(offered.windowMs, DEFAULT_LIMITS.windowMs),
  }
}
