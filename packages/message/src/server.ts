import { bytesToHex } from '@anqu/encoding'
import {
  constantTimeEqual,
  GmCryptoError,
  sm2Exchange,
  Sm2PublicKey,
  type Sm2PrivateKey,
} from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { parseChannelState, writeChannelState, type ChannelState } from './channel-state.ts'
import type { ChannelStore } from './channel-store.ts'
import { checkFresh, type Clock } from './clock.ts'
import { randomDraws, type Draws } from './draws.ts'
import { MessageError } from './errors.ts'
import { parseClientFinish, parseClientHello, writeServerOffer, type ClientHello } from './hello-messages.ts'
import {
  AGREED_KEY_BYTES,
  CLIENT_ID,
  deriveChannelKeys,
  SERVER_ID,
  transcriptHash,
  type ChannelKeys,
} from './key-schedule.ts'
import {
  CHANNEL_ID_BYTES,
  checkLimits,
  DEFAULT_LIMITS,
  HANDSHAKE_MS,
  MESSAGE_TYPE,
  NONCE_BYTES,
  type ChannelLimits,
} from './limits.ts'
import { openRecord, parseRecordHeader, sealRecord } from './record.ts'

export interface MessageServerOptions {
  /** DER certificates, leaf first, without the root; the leaf certifies `key`. */
  readonly chain: readonly Uint8Array[]
  readonly key: Sm2PrivateKey
  readonly clock: Clock
  readonly store: ChannelStore
  readonly limits?: Partial<ChannelLimits>
}

/** A genuine request, seen for the first time. */
export interface OpenedRecord {
  readonly plaintext: Uint8Array
  readonly sequence: bigint
  /** The key this client proved to hold in the handshake. */
  readonly clientKey: Sm2PublicKey
  /** Seals the answer. Once only: a second answer would need the same key. */
  seal(plaintext: Uint8Array): Uint8Array
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
  return messageServerDrawing(options, randomDraws)
}

interface Serving extends MessageServerOptions {
  readonly bounds: ChannelLimits
  readonly draws: Draws
}

/** Not exported from the package: only vectors and tests choose their own randomness. */
export function messageServerDrawing(options: MessageServerOptions, draws: Draws): MessageServer {
  const [leaf] = options.chain
  if (leaf === undefined || !parseCertificate(leaf).publicKey.equals(options.key.publicKey))
    throw new Error('the first certificate of the chain does not certify the key')
  const serving: Serving = {
    ...options,
    bounds: checkLimits({ ...DEFAULT_LIMITS, ...options.limits }),
    draws,
  }
  return {
    hello: (bytes) => answerHello(serving, bytes),
    finish: (bytes) => acceptFinish(serving, bytes),
    open: (channelIdHex, route, record) => acceptRecord(serving, { channelIdHex, route, record }),
    close: (channelIdHex) => options.store.remove(channelIdHex),
  }
}

async function answerHello(serving: Serving, bytes: Uint8Array): Promise<Uint8Array> {
  const { key, clock, store, bounds, draws } = serving
  const hello = parseClientHello(bytes)
  const nowMs = clock.nowMs()
  checkFresh(hello.timestampMs, nowMs, bounds.windowMs)
  if (hello.clientKey.equals(key.publicKey))
    throw new MessageError('message.malformed', 'the client offers the key of this server')
  // Twice the window: a hello dated ahead of this clock stays acceptable that long.
  if (!(await store.advance(`hello:${bytesToHex(hello.nonce)}`, 1n, 2 * bounds.windowMs + 1)))
    throw new MessageError('message.replayed', 'a hello seen before')
  const ephemeral = draws.ephemeral()
  const channelId = draws.bytes(CHANNEL_ID_BYTES)
  const offer = writeServerOffer({
    channelId,
    nonce: draws.bytes(NONCE_BYTES),
    timestampMs: BigInt(nowMs),
    limits: bounds,
    ephemeral: ephemeral.publicKey,
    chain: serving.chain,
  })
  const keys = agree(serving, { hello, ephemeral, transcript: transcriptHash(bytes, offer) })
  const state = { ...keys, clientKey: hello.clientKey.bytes, expiresAtMs: nowMs + bounds.channelMs }
  await save(store, bytesToHex(channelId), { ...state, phase: 'half-open' }, HANDSHAKE_MS)
  const answer = new Uint8Array(offer.length + keys.serverConfirmation.length)
  answer.set(offer)
  answer.set(keys.serverConfirmation, offer.length)
  return answer
}

function agree(
  serving: Serving,
  handshake: { hello: ClientHello; ephemeral: Sm2PrivateKey; transcript: Uint8Array },
): ChannelKeys {
  const { hello, ephemeral, transcript } = handshake
  try {
    const exchange = sm2Exchange({
      role: 'responder',
      self: serving.key,
      peer: hello.clientKey,
      selfId: SERVER_ID,
      peerId: CLIENT_ID,
      ephemeral,
    })
    const agreed = exchange.agree(hello.ephemeral, AGREED_KEY_BYTES)
    const tags = { serverTag: agreed.confirmSend, clientTag: agreed.confirmExpect }
    return deriveChannelKeys(agreed.key, transcript, tags)
  } catch (error) {
    if (error instanceof GmCryptoError) throw new MessageError('message.malformed', error.code)
    throw error
  } finally {
    ephemeral.wipe()
  }
}

async function save(store: ChannelStore, id: string, state: ChannelState, ttlMs: number): Promise<void> {
  const bytes = writeChannelState(state)
  await store.put(id, bytes, ttlMs)
  for (const secret of [bytes, state.clientToServer, state.serverToClient, state.clientConfirmation])
    secret.fill(0)
}

async function load(serving: Serving, id: string): Promise<ChannelState> {
  const bytes = /^[0-9a-f]{32}$/.test(id) ? await serving.store.get(id) : undefined
  if (bytes !== undefined) {
    const state = parseChannelState(bytes)
    if (serving.clock.nowMs() < state.expiresAtMs) return state
  }
  throw new MessageError('message.unknown-channel', 'no such channel, or an expired one')
}

async function acceptFinish(serving: Serving, bytes: Uint8Array): Promise<Uint8Array> {
  const finish = parseClientFinish(bytes)
  const id = bytesToHex(finish.channelId)
  const state = await load(serving, id)
  if (state.phase !== 'half-open') throw new MessageError('message.replayed', 'the channel is open already')
  if (!constantTimeEqual(state.clientConfirmation, finish.confirmation))
    throw new MessageError('message.tampered', 'the client did not confirm the handshake')
  // Once over all processes: a late copy must not bring a closed channel back.
  if (!(await serving.store.advance(`finish:${id}`, 1n, HANDSHAKE_MS + 1)))
    throw new MessageError('message.replayed', 'the channel is open already')
  state.clientConfirmation.fill(0)
  await save(serving.store, id, { ...state, phase: 'open' }, state.expiresAtMs - serving.clock.nowMs())
  return new Uint8Array(0)
}

async function acceptRecord(
  serving: Serving,
  request: { channelIdHex: string; route: string; record: Uint8Array },
): Promise<OpenedRecord> {
  const { clock, store, bounds } = serving
  const { channelIdHex, route, record } = request
  const header = parseRecordHeader(record, MESSAGE_TYPE.request)
  const state = await load(serving, channelIdHex)
  if (state.phase !== 'open')
    throw new MessageError('message.unknown-channel', 'the handshake is not finished')
  if (bytesToHex(header.channelId) !== channelIdHex)
    throw new MessageError('message.tampered', 'a record of another channel')
  const { sequence } = header
  const plaintext = openRecord({ secret: state.clientToServer, route }, header, record)
  state.clientToServer.fill(0)
  const nowMs = clock.nowMs()
  if (sequence < 1n || sequence > BigInt(bounds.channelMessages))
    throw new MessageError('message.unknown-channel', 'the channel has carried its last record')
  checkFresh(header.timestampMs, nowMs, bounds.windowMs)
  // After authentication, so that nobody else can use numbers up; kept longer than the channel can live.
  if (!(await store.advance(channelIdHex, sequence, bounds.channelMs + HANDSHAKE_MS)))
    throw new MessageError('message.replayed', `record ${sequence} is not after the last one`)
  return {
    plaintext,
    sequence,
    clientKey: Sm2PublicKey.fromBytes(state.clientKey),
    seal: answerOnce(serving, { channelId: header.channelId.slice(), sequence, route, state }),
  }
}

function answerOnce(
  serving: Serving,
  request: { channelId: Uint8Array; sequence: bigint; route: string; state: ChannelState },
): (plaintext: Uint8Array) => Uint8Array {
  const { channelId, sequence, route, state } = request
  let answered = false
  return (plaintext) => {
    if (answered) throw new Error('this request was answered already')
    answered = true
    const timestampMs = BigInt(serving.clock.nowMs())
    const header = { type: MESSAGE_TYPE.response, channelId, sequence, timestampMs }
    try {
      return sealRecord({ secret: state.serverToClient, route }, header, plaintext, serving.draws)
    } finally {
      state.serverToClient.fill(0)
    }
  }
}
