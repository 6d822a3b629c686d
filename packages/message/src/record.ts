import { ByteReader, ByteWriter, concatBytes, ParseError, utf8ToBytes } from '@anqu/encoding'
import { GmCryptoError, sm4GcmOpen, sm4GcmSeal } from '@anqu/gm-crypto'
import type { Draws } from './draws.ts'
import { MessageError } from './errors.ts'
import { deriveRecordKey, LABEL, wipeRecordKey } from './key-schedule.ts'
import {
  CHANNEL_ID_BYTES,
  MAX_PLAINTEXT_BYTES,
  MAX_ROUTE_BYTES,
  MESSAGE_TYPE,
  PROTOCOL_VERSION,
} from './limits.ts'

export const RECORD_HEADER_BYTES = 34
const TAG_BYTES = 16
const LENGTH_BYTES = 4
/** Content grows to a multiple of this, so that its exact length does not show. */
const BLOCK_BYTES = 64
/** At least this much random padding (B-7.5.4-4). */
const MIN_PADDING_BYTES = 8
const MAX_RECORD_BYTES =
  RECORD_HEADER_BYTES + LENGTH_BYTES + MAX_PLAINTEXT_BYTES + MIN_PADDING_BYTES + BLOCK_BYTES + TAG_BYTES

export type RecordType = typeof MESSAGE_TYPE.request | typeof MESSAGE_TYPE.response

export interface RecordHeader {
  readonly type: RecordType
  readonly channelId: Uint8Array
  readonly sequence: bigint
  readonly timestampMs: bigint
}

/** Header, route and secret of one direction: what both ends must hold alike to seal and open a record. */
export interface RecordContext {
  readonly secret: Uint8Array
  readonly route: string
}

function routeBytes(route: string): Uint8Array {
  const bytes = utf8ToBytes(route)
  if (bytes.length < 1 || bytes.length > MAX_ROUTE_BYTES)
    throw new MessageError('message.malformed', `a route of ${bytes.length} bytes`)
  return bytes
}

/** Never call twice with one (secret, sequence): the key is fixed by them. The callers enforce it. */
export function sealRecord(
  context: RecordContext,
  header: RecordHeader,
  plaintext: Uint8Array,
  draws: Draws,
): Uint8Array {
  if (plaintext.length > MAX_PLAINTEXT_BYTES)
    throw new MessageError('message.malformed', `more than ${MAX_PLAINTEXT_BYTES} bytes to seal`)
  const route = routeBytes(context.route)
  const headerBytes = new ByteWriter(RECORD_HEADER_BYTES)
    .u8(PROTOCOL_VERSION)
    .u8(header.type)
    .bytes(header.channelId)
    .u64(header.sequence)
    .u64(header.timestampMs)
    .finish()
  const used = LENGTH_BYTES + plaintext.length
  const padded = new Uint8Array(Math.ceil((used + MIN_PADDING_BYTES) / BLOCK_BYTES) * BLOCK_BYTES)
  new DataView(padded.buffer).setUint32(0, plaintext.length)
  padded.set(plaintext, LENGTH_BYTES)
  padded.set(draws.bytes(padded.length - used), used)
  const recordKey = deriveRecordKey(context.secret, LABEL.record, header.sequence)
  const sealed = sm4GcmSeal(recordKey.key, recordKey.nonce, padded, concatBytes(headerBytes, route))
  wipeRecordKey(recordKey)
  padded.fill(0)
  return concatBytes(headerBytes, sealed)
}

/** Reads the header; says nothing about whether it is genuine. */
export function parseRecordHeader(record: Uint8Array, type: RecordType): RecordHeader {
  if (record.length > MAX_RECORD_BYTES)
    throw new MessageError('message.malformed', `a record of ${record.length} bytes`)
  const content = record.length - RECORD_HEADER_BYTES - TAG_BYTES
  if (content < BLOCK_BYTES || content % BLOCK_BYTES !== 0)
    throw new MessageError('message.malformed', `a record of ${record.length} bytes`)
  const reader = new ByteReader(record, 'record')
  if (reader.u8() !== PROTOCOL_VERSION)
    throw new MessageError('message.malformed', 'record of an unknown version')
  if (reader.u8() !== type) throw new MessageError('message.malformed', 'record of another direction')
  const channelId = reader.bytes(CHANNEL_ID_BYTES)
  return { type, channelId, sequence: reader.u64(), timestampMs: reader.u64() }
}

/**
 * The content of a genuine record, as bytes of its own.
 * @throws MessageError `message.tampered` for whatever is wrong with tag, route, channel, header or padding.
 */
export function openRecord(context: RecordContext, header: RecordHeader, record: Uint8Array): Uint8Array {
  const associated = concatBytes(record.subarray(0, RECORD_HEADER_BYTES), routeBytes(context.route))
  const recordKey = deriveRecordKey(context.secret, LABEL.record, header.sequence)
  try {
    const padded = sm4GcmOpen(
      recordKey.key,
      recordKey.nonce,
      record.subarray(RECORD_HEADER_BYTES),
      associated,
    )
    const reader = new ByteReader(padded, 'content')
    const content = reader.vector32(padded.length - LENGTH_BYTES - MIN_PADDING_BYTES).slice()
    padded.fill(0)
    return content
  } catch (error) {
    if (error instanceof GmCryptoError || error instanceof ParseError)
      throw new MessageError('message.tampered', 'a record did not open')
    throw error
  } finally {
    wipeRecordKey(recordKey)
  }
}
