import { ByteWriter } from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { parseMessage, readPublicKey } from './bounded-parse.ts'
import { MessageError } from './errors.ts'
import {
  CHANNEL_ID_BYTES,
  CONFIRMATION_BYTES,
  MAX_CERTIFICATE_BYTES,
  MAX_CHAIN_CERTIFICATES,
  MESSAGE_TYPE,
  NONCE_BYTES,
  PROTOCOL_VERSION,
  type ChannelLimits,
} from './limits.ts'

export const CLIENT_HELLO_BYTES = 172
export const CLIENT_FINISH_BYTES = 50
const MAX_SERVER_HELLO_BYTES = 168 + MAX_CHAIN_CERTIFICATES * (2 + MAX_CERTIFICATE_BYTES)

export interface ClientHello {
  readonly nonce: Uint8Array
  readonly timestampMs: bigint
  readonly clientKey: Sm2PublicKey
  readonly ephemeral: Sm2PublicKey
}

export function writeClientHello(hello: ClientHello): Uint8Array {
  return new ByteWriter(CLIENT_HELLO_BYTES)
    .u8(PROTOCOL_VERSION)
    .u8(MESSAGE_TYPE.clientHello)
    .bytes(hello.nonce)
    .u64(hello.timestampMs)
    .bytes(hello.clientKey.bytes)
    .bytes(hello.ephemeral.bytes)
    .finish()
}

export function parseClientHello(bytes: Uint8Array): ClientHello {
  const expected = { type: MESSAGE_TYPE.clientHello, name: 'ClientHello', maxBytes: CLIENT_HELLO_BYTES }
  return parseMessage(bytes, expected, (reader) => ({
    nonce: reader.bytes(NONCE_BYTES),
    timestampMs: reader.u64(),
    clientKey: readPublicKey(reader, 'client key'),
    ephemeral: readPublicKey(reader, 'client ephemeral'),
  }))
}

/** ServerHello without its last field, the confirmation, which is computed over all of this. */
export interface ServerOffer {
  readonly channelId: Uint8Array
  readonly nonce: Uint8Array
  readonly timestampMs: bigint
  readonly limits: ChannelLimits
  readonly ephemeral: Sm2PublicKey
  /** DER certificates, leaf first. */
  readonly chain: readonly Uint8Array[]
}

export function writeServerOffer(offer: ServerOffer): Uint8Array {
  if (offer.chain.length < 1 || offer.chain.length > MAX_CHAIN_CERTIFICATES)
    throw new RangeError(`a chain has 1 to ${MAX_CHAIN_CERTIFICATES} certificates`)
  const writer = new ByteWriter(MAX_SERVER_HELLO_BYTES)
    .u8(PROTOCOL_VERSION)
    .u8(MESSAGE_TYPE.serverHello)
    .bytes(offer.channelId)
    .bytes(offer.nonce)
    .u64(offer.timestampMs)
    .u32(offer.limits.channelMs)
    .u32(offer.limits.channelMessages)
    .u32(offer.limits.windowMs)
    .bytes(offer.ephemeral.bytes)
    .u8(offer.chain.length)
  for (const certificate of offer.chain) {
    if (certificate.length < 1 || certificate.length > MAX_CERTIFICATE_BYTES)
      throw new RangeError(`a certificate has 1 to ${MAX_CERTIFICATE_BYTES} bytes`)
    writer.vector16(certificate)
  }
  return writer.finish()
}

export interface ServerHello {
  readonly offer: ServerOffer
  /** The bytes the confirmation covers. */
  readonly offerBytes: Uint8Array
  readonly confirmation: Uint8Array
}

export function parseServerHello(bytes: Uint8Array): ServerHello {
  const expected = { type: MESSAGE_TYPE.serverHello, name: 'ServerHello', maxBytes: MAX_SERVER_HELLO_BYTES }
  return parseMessage(bytes, expected, (reader) => {
    const channelId = reader.bytes(CHANNEL_ID_BYTES)
    const nonce = reader.bytes(NONCE_BYTES)
    const timestampMs = reader.u64()
    const limits = { channelMs: reader.u32(), channelMessages: reader.u32(), windowMs: reader.u32() }
    if (Math.min(limits.channelMs, limits.channelMessages, limits.windowMs) < 1)
      throw new MessageError('message.malformed', 'a channel limit of zero')
    const ephemeral = readPublicKey(reader, 'server ephemeral')
    const count = reader.u8()
    if (count < 1 || count > MAX_CHAIN_CERTIFICATES)
      throw new MessageError('message.malformed', `a chain of ${count} certificates`)
    const chain: Uint8Array[] = []
    for (let index = 0; index < count; index += 1) chain.push(reader.vector16(MAX_CERTIFICATE_BYTES))
    const offerBytes = bytes.subarray(0, reader.offset)
    const confirmation = reader.bytes(CONFIRMATION_BYTES)
    return { offer: { channelId, nonce, timestampMs, limits, ephemeral, chain }, offerBytes, confirmation }
  })
}

export interface ClientFinish {
  readonly channelId: Uint8Array
  readonly confirmation: Uint8Array
}

export function writeClientFinish(finish: ClientFinish): Uint8Array {
  return new ByteWriter(CLIENT_FINISH_BYTES)
    .u8(PROTOCOL_VERSION)
    .u8(MESSAGE_TYPE.clientFinish)
    .bytes(finish.channelId)
    .bytes(finish.confirmation)
    .finish()
}

export function parseClientFinish(bytes: Uint8Array): ClientFinish {
  const expected = { type: MESSAGE_TYPE.clientFinish, name: 'ClientFinish', maxBytes: CLIENT_FINISH_BYTES }
  return parseMessage(bytes, expected, (reader) => ({
    channelId: reader.bytes(CHANNEL_ID_BYTES),
    confirmation: reader.bytes(CONFIRMATION_BYTES),
  }))
}
