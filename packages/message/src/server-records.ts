import { bytesToHex } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import { wipeChannelState, type ChannelState } from './channel-state.ts'
import { checkFresh } from './clock.ts'
import { MessageError } from './errors.ts'
import { HANDSHAKE_MS, MESSAGE_TYPE } from './limits.ts'
import { openRecord, parseRecordHeader, sealRecord, type RecordHeader } from './record.ts'
import { loadChannel, type Serving } from './serving.ts'

/** A genuine request, seen for the first time. */
export interface OpenedRecord {
  readonly plaintext: Uint8Array
  readonly sequence: bigint
  /** The key this client proved to hold in the handshake. */
  readonly clientKey: Sm2PublicKey
  /** Seals the answer. Once only: a second answer would need the same key. */
  seal(plaintext: Uint8Array): Uint8Array
}

interface Received {
  readonly channelIdHex: string
  readonly route: string
  readonly record: Uint8Array
}

export async function acceptRecord(serving: Serving, received: Received): Promise<OpenedRecord> {
  const { channelIdHex, route, record } = received
  const header = parseRecordHeader(record, MESSAGE_TYPE.request)
  const state = await loadChannel(serving, channelIdHex)
  try {
    const plaintext = openWith(state, received, header)
    await acceptOnce(serving, channelIdHex, header)
    return {
      plaintext,
      sequence: header.sequence,
      clientKey: Sm2PublicKey.fromBytes(state.clientKey),
      seal: answerOnce(serving, { ...header, channelId: header.channelId.slice() }, { route, state }),
    }
  } catch (error) {
    wipeChannelState(state)
    throw error
  }
}

function openWith(state: ChannelState, received: Received, header: RecordHeader): Uint8Array {
  if (state.phase !== 'open')
    throw new MessageError('message.unknown-channel', 'the handshake is not finished')
  if (bytesToHex(header.channelId) !== received.channelIdHex)
    throw new MessageError('message.tampered', 'a record of another channel')
  const { route, record } = received
  const plaintext = openRecord({ secret: state.clientToServer, route }, header, record)
  state.clientToServer.fill(0)
  return plaintext
}

/** Comes after authentication: nobody else can use numbers up, and nobody else learns what is old and what is not. */
async function acceptOnce(serving: Serving, channelIdHex: string, header: RecordHeader): Promise<void> {
  const { clock, store, limits } = serving
  const { sequence } = header
  if (sequence < 1n || sequence > BigInt(limits.channelMessages))
    throw new MessageError('message.unknown-channel', 'the channel has carried its last record')
  checkFresh(header.timestampMs, clock.nowMs(), limits.windowMs)
  // Remembered longer than the channel can live.
  if (!(await store.advance(channelIdHex, sequence, limits.channelMs + HANDSHAKE_MS)))
    throw new MessageError('message.replayed', `record ${sequence} is not after the last one`)
}

function answerOnce(
  serving: Serving,
  request: RecordHeader,
  context: { route: string; state: ChannelState },
): (plaintext: Uint8Array) => Uint8Array {
  const { channelId, sequence } = request
  const { route, state } = context
  let answered = false
  return (plaintext) => {
    if (answered) throw new Error('this request was answered already')
    answered = true
    const timestampMs = BigInt(serving.clock.nowMs())
    const header = { type: MESSAGE_TYPE.response, channelId, sequence, timestampMs }
    try {
      return sealRecord({ secret: state.serverToClient, route }, header, plaintext, serving.draws)
    } finally {
      wipeChannelState(state)
    }
  }
}
