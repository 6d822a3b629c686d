import { bytesToHex } from '@anqu/encoding'
import { constantTimeEqual, type SecretBytes, type Sm2PublicKey } from '@anqu/gm-crypto'
import { checkFresh, type Clock } from './clock.ts'
import type { Draws } from './draws.ts'
import { MessageError } from './errors.ts'
import { MESSAGE_TYPE, type ChannelLimits } from './limits.ts'
import { openRecord, parseRecordHeader, sealRecord } from './record.ts'

export interface ClientChannel {
  /** 32 lowercase hexadecimal digits; the value of the header `Anqu-Channel`. */
  readonly idHex: string
  /** The key the server proved to hold; tap pads are made for it. */
  readonly serverPublicKey: Sm2PublicKey
  /**
   * Seals one request under the next sequence number. Records must reach the server in this order, so send one and
   * wait for its answer before the next. Throws `message.unknown-channel` once the channel is expired.
   */
  seal(route: string, plaintext: Uint8Array): { record: Uint8Array; sequence: bigint }
  /** Opens the one answer to the request of that sequence number. */
  open(route: string, sequence: bigint, record: Uint8Array): Uint8Array
  /** True when time or count is used up and a new handshake is due. */
  expired(): boolean
  /** Overwrites the secrets; the channel is expired from here on. */
  close(): void
}

export interface ClientChannelParts {
  readonly channelId: Uint8Array
  readonly clientToServer: SecretBytes
  readonly serverToClient: SecretBytes
  readonly serverPublicKey: Sm2PublicKey
  readonly expiresAtMs: number
  readonly limits: ChannelLimits
  readonly clock: Clock
  readonly draws: Draws
}

/** A channel of an authenticated handshake. It cannot be copied or stored: two copies would use one key twice. */
export function createClientChannel(parts: ClientChannelParts): ClientChannel {
  const { channelId, limits, clock } = parts
  const unanswered = new Set<bigint>()
  let last = 0n
  let closed = false
  const over = (): boolean => closed || clock.nowMs() >= parts.expiresAtMs
  const usable = (): boolean => !over() && last < BigInt(limits.channelMessages)

  return {
    idHex: bytesToHex(channelId),
    serverPublicKey: parts.serverPublicKey,
    expired: () => !usable(),
    seal(route, plaintext) {
      if (!usable()) throw new MessageError('message.unknown-channel', 'the channel is expired')
      // Spent before it is used: a seal that fails must not leave its key to the next one.
      last += 1n
      const sequence = last
      const header = { type: MESSAGE_TYPE.request, channelId, sequence, timestampMs: BigInt(clock.nowMs()) }
      const record = parts.clientToServer.use((secret) =>
        sealRecord({ secret, route }, header, plaintext, parts.draws),
      )
      unanswered.add(sequence)
      return { record, sequence }
    },
    open(route, sequence, record) {
      if (over()) throw new MessageError('message.unknown-channel', 'the channel is expired')
      if (!unanswered.has(sequence))
        throw new MessageError('message.replayed', 'no request of this number awaits an answer')
      const header = parseRecordHeader(record, MESSAGE_TYPE.response)
      if (header.sequence !== sequence || !constantTimeEqual(header.channelId, channelId))
        throw new MessageError('message.tampered', 'an answer to another request')
      const plaintext = parts.serverToClient.use((secret) => openRecord({ secret, route }, header, record))
      checkFresh(header.timestampMs, clock.nowMs(), limits.windowMs)
      unanswered.delete(sequence)
      return plaintext
    },
    close() {
      closed = true
      parts.clientToServer.wipe()
      parts.serverToClient.wipe()
    },
  }
}
