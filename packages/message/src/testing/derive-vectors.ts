import { bytesToHex, ByteReader, ByteWriter, concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { hkdfSm3Expand, sm2Exchange, Sm2PrivateKey, sm3 } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { parseChannelState } from '../channel-state.ts'
import { messageClientDrawing } from '../client.ts'
import type { Draws } from '../draws.ts'
import { parseServerHello } from '../hello-messages.ts'
import {
  AGREED_KEY_BYTES,
  CLIENT_ID,
  deriveRecordKey,
  LABEL,
  SERVER_ID,
  transcriptHash,
} from '../key-schedule.ts'
import { RECORD_HEADER_BYTES } from '../record.ts'
import { createMemoryChannelStore } from '../memory-channel-store.ts'
import { messageServerDrawing } from '../server.ts'
import { agreeWith } from '../agreement.ts'
import { acceptTapOffer, createTapPad, openTaps, TAP_LABEL } from '../tap-pad.ts'
import { keyNamed, ROUTE, SERVER_NAME, START_MS, TestClock, text } from './test-parties.ts'
import { LEAF_HEX, ROOT_HEX } from './vector-certificates.ts'

export type Vectors = Record<string, Record<string, string | number>>

const KEYBOARD_ID = '019bbfa1-0000-7000-8000-000000000001'

/** Draws that are the same in every run: draw i of a side is HKDF-SM3-Expand(SM3(name of the side), i as one byte). */
function fixedDraws(side: string): Draws {
  let drawn = 0
  const seed = sm3(utf8ToBytes(`anqu-message/1 vectors ${side}`))
  return {
    bytes(length) {
      drawn += 1
      return hkdfSm3Expand(seed, Uint8Array.of(drawn), length)
    },
    ephemeral: () => keyNamed(`${side} ephemeral`),
  }
}

const keyHex = (key: Sm2PrivateKey): string => bytesToHex(key.exportBytes())

/** Runs the real client and server with fixed keys, time and draws and writes down every value on the way. */
export async function deriveVectors(): Promise<Vectors> {
  const clock = new TestClock()
  const store = createMemoryChannelStore(clock)
  const key = keyNamed(SERVER_NAME)
  const instanceKey = keyNamed('client instance')
  const anchors = [parseCertificate(hexToBytes(ROOT_HEX))]
  const client = messageClientDrawing(
    { anchors, serverName: SERVER_NAME, instanceKey, clock },
    fixedDraws('client'),
  )
  const chain = [hexToBytes(LEAF_HEX)]
  const server = messageServerDrawing({ chain, key, clock, store }, fixedDraws('server'))

  const clientHello = client.hello()
  const serverHello = await server.hello(clientHello)
  const { finish, channel } = client.finish(serverHello)
  const state = parseChannelState((await store.get(channel.idHex)) ?? new Uint8Array(0))
  await server.finish(finish)
  const { offerBytes, confirmation } = parseServerHello(serverHello)
  clock.pass(1500)
  const request = channel.seal(ROUTE, text('{"amountFen":"12800"}'))
  const opened = await server.open(channel.idHex, ROUTE, request.record)
  clock.pass(20)
  const response = opened.seal(text('{"state":"done"}'))
  channel.open(ROUTE, request.sequence, response)

  return {
    inputs: {
      serverName: SERVER_NAME,
      timeMs: START_MS,
      anchor: ROOT_HEX,
      serverCertificate: LEAF_HEX,
      serverPrivateKey: keyHex(key),
      clientInstancePrivateKey: keyHex(instanceKey),
      clientEphemeralPrivateKey: keyHex(keyNamed('client ephemeral')),
      serverEphemeralPrivateKey: keyHex(keyNamed('server ephemeral')),
    },
    handshake: {
      clientHello: bytesToHex(clientHello),
      transcript: bytesToHex(transcriptHash(clientHello, offerBytes)),
      ...agreementVector({ key, instanceKey }),
      serverConfirmation: bytesToHex(confirmation),
      serverHello: bytesToHex(serverHello),
      clientConfirmation: bytesToHex(finish.subarray(-32)),
      clientFinish: bytesToHex(finish),
      channelId: channel.idHex,
    },
    secrets: {
      clientToServer: bytesToHex(state.clientToServer),
      serverToClient: bytesToHex(state.serverToClient),
    },
    request: recordVector(state.clientToServer, request.record, '{"amountFen":"12800"}'),
    response: recordVector(state.serverToClient, response, '{"state":"done"}'),
    tapPad: await tapPadVector(key, instanceKey),
  }
}

function agreementVector(keys: { key: Sm2PrivateKey; instanceKey: Sm2PrivateKey }): Record<string, string> {
  const { key, confirmSend, confirmExpect } = sm2Exchange({
    role: 'responder',
    self: keys.key,
    peer: keys.instanceKey.publicKey,
    selfId: SERVER_ID,
    peerId: CLIENT_ID,
    ephemeral: keyNamed('server ephemeral'),
  }).agree(keyNamed('client ephemeral').publicKey, AGREED_KEY_BYTES)
  return {
    agreedKey: bytesToHex(key),
    serverTag: bytesToHex(confirmSend),
    clientTag: bytesToHex(confirmExpect),
  }
}

function recordVector(secret: Uint8Array, record: Uint8Array, plaintext: string): Record<string, string> {
  const header = record.subarray(0, RECORD_HEADER_BYTES)
  const sequence = new ByteReader(header.subarray(18)).u64()
  const { key, nonce } = deriveRecordKey(secret, LABEL.record, sequence)
  return {
    route: ROUTE,
    plaintext,
    key: bytesToHex(key),
    nonce: bytesToHex(nonce),
    associatedData: bytesToHex(concatBytes(header, utf8ToBytes(ROUTE))),
    record: bytesToHex(record),
  }
}

async function tapPadVector(server: Sm2PrivateKey, client: Sm2PrivateKey): Promise<Record<string, string>> {
  const pad = createTapPad({ self: client, server: server.publicKey }, fixedDraws('tap client'))
  const request = {
    agree: agreeWith(server),
    client: client.publicKey,
    offer: pad.offer,
    keyboardId: KEYBOARD_ID,
  }
  const { answer, state } = await acceptTapOffer(request, fixedDraws('tap server'))
  const sealing = pad.complete(answer, KEYBOARD_ID)
  const taps = [sealing.seal(3), sealing.seal(3)]
  if (openTaps({ state, keyboardId: KEYBOARD_ID, taps, cells: 12 }).join() !== '3,3')
    throw new Error('the taps of the vectors do not open')
  const second = deriveRecordKey(state, TAP_LABEL.tap, 1n)
  const secondInfo = new ByteWriter().bytes(utf8ToBytes(TAP_LABEL.tap)).u64(1n).finish()
  return {
    keyboardId: KEYBOARD_ID,
    clientEphemeralPrivateKey: keyHex(keyNamed('tap client ephemeral')),
    serverEphemeralPrivateKey: keyHex(keyNamed('tap server ephemeral')),
    offer: bytesToHex(pad.offer),
    answer: bytesToHex(answer),
    state: bytesToHex(state),
    firstTapOfCell3: bytesToHex(taps[0] ?? new Uint8Array(0)),
    secondTapOfCell3: bytesToHex(taps[1] ?? new Uint8Array(0)),
    secondTapInfo: bytesToHex(secondInfo),
    secondTapKey: bytesToHex(second.key),
    secondTapNonce: bytesToHex(second.nonce),
  }
}

const LINE = 96

/** The vectors as the specification shows them. */
export function printVectors(vectors: Vectors): string {
  const lines: string[] = []
  for (const [group, values] of Object.entries(vectors)) {
    lines.push(`[${group}]`)
    for (const [name, value] of Object.entries(values)) {
      const shown = String(value)
      if (shown.length <= LINE) lines.push(`${name} = ${shown}`)
      else lines.push(`${name} =`, ...(shown.match(/.{1,96}/g) ?? []).map((part) => `  ${part}`))
    }
    lines.push('')
  }
  return lines.join('\n').trimEnd()
}
