import { bytesToHex } from '@anqu/encoding'
import { constantTimeEqual, GmCryptoError, type Sm2PrivateKey } from '@anqu/gm-crypto'
import { wipeChannelState } from './channel-state.ts'
import { checkFresh } from './clock.ts'
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
import { CHANNEL_ID_BYTES, HANDSHAKE_MS, NONCE_BYTES } from './limits.ts'
import { loadChannel, saveChannel, type Serving } from './serving.ts'

export async function answerHello(serving: Serving, bytes: Uint8Array): Promise<Uint8Array> {
  const { key, clock, store, limits, draws } = serving
  const hello = parseClientHello(bytes)
  const nowMs = clock.nowMs()
  checkFresh(hello.timestampMs, nowMs, limits.windowMs)
  if (hello.clientKey.equals(key.publicKey))
    throw new MessageError('message.malformed', 'the client offers the key of this server')
  // Twice the window: a hello dated ahead of this clock stays acceptable that long.
  if (!(await store.advance(`hello:${bytesToHex(hello.nonce)}`, 1n, 2 * limits.windowMs + 1)))
    throw new MessageError('message.replayed', 'a hello seen before')
  const ephemeral = draws.ephemeral()
  const channelId = draws.bytes(CHANNEL_ID_BYTES)
  const offer = writeServerOffer({
    channelId,
    nonce: draws.bytes(NONCE_BYTES),
    timestampMs: BigInt(nowMs),
    limits,
    ephemeral: ephemeral.publicKey,
    chain: serving.chain,
  })
  const keys = await agree(serving, { hello, ephemeral, transcript: transcriptHash(bytes, offer) })
  const expiresAtMs = nowMs + limits.channelMs
  const state = { ...keys, phase: 'half-open', clientKey: hello.clientKey.bytes, expiresAtMs } as const
  await saveChannel(store, bytesToHex(channelId), { state, ttlMs: HANDSHAKE_MS })
  const answer = new Uint8Array(offer.length + keys.serverConfirmation.length)
  answer.set(offer)
  answer.set(keys.serverConfirmation, offer.length)
  return answer
}

async function agree(
  serving: Serving,
  handshake: { hello: ClientHello; ephemeral: Sm2PrivateKey; transcript: Uint8Array },
): Promise<ChannelKeys> {
  const { hello, ephemeral, transcript } = handshake
  try {
    const agreed = await serving.agree({
      role: 'responder',
      peer: hello.clientKey,
      peerEphemeral: hello.ephemeral,
      selfId: SERVER_ID,
      peerId: CLIENT_ID,
      ephemeral,
      keyLength: AGREED_KEY_BYTES,
    })
    const tags = { serverTag: agreed.confirmSend, clientTag: agreed.confirmExpect }
    return deriveChannelKeys(agreed.key, transcript, tags)
  } catch (error) {
    if (error instanceof GmCryptoError && error.code === 'gm.agreement-failed')
      throw new MessageError('message.malformed', error.code)
    throw error
  } finally {
    ephemeral.wipe()
  }
}

export async function acceptFinish(serving: Serving, bytes: Uint8Array): Promise<Uint8Array> {
  const finish = parseClientFinish(bytes)
  const id = bytesToHex(finish.channelId)
  const state = await loadChannel(serving, id)
  try {
    if (state.phase !== 'half-open') throw new MessageError('message.replayed', 'the channel is open already')
    if (!constantTimeEqual(state.clientConfirmation, finish.confirmation))
      throw new MessageError('message.tampered', 'the client did not confirm the handshake')
    // Once over all processes: a late copy must not bring a closed channel back.
    if (!(await serving.store.advance(`finish:${id}`, 1n, HANDSHAKE_MS + 1)))
      throw new MessageError('message.replayed', 'the channel is open already')
  } catch (error) {
    wipeChannelState(state)
    throw error
  }
  state.clientConfirmation.fill(0)
  const ttlMs = state.expiresAtMs - serving.clock.nowMs()
  await saveChannel(serving.store, id, { state: { ...state, phase: 'open' }, ttlMs })
  return new Uint8Array(0)
}
