import { ByteReader, ByteWriter, concatBytes, ParseError, utf8ToBytes } from '@anqu/encoding'
import {
  GmCryptoError,
  hkdfSm3,
  SecretBytes,
  sm2Exchange,
  Sm2PublicKey,
  sm3,
  sm4GcmOpen,
  sm4GcmSeal,
  type Sm2PrivateKey,
} from '@anqu/gm-crypto'
import type { ServerAgreement } from './agreement.ts'
import { watchedDraws, type Draws } from './draws.ts'
import { MessageError } from './errors.ts'
import { AGREED_KEY_BYTES, deriveRecordKey, wipeRecordKey } from './key-schedule.ts'
import { PUBLIC_KEY_BYTES } from './limits.ts'

export const TAP_LABEL = { secret: 'anqu-tap-pad/1 secret', tap: 'anqu-tap-pad/1 tap' } as const
const CLIENT_ID = 'anqu-tap-pad/1 client'
const SERVER_ID = 'anqu-tap-pad/1 server'
/** Keys of a keyboard are drawn into one picture; more cells than this are not a keyboard. */
const MAX_CELLS = 256
/** Taps of one pad, corrected ones included. */
export const MAX_TAPS = 64
const MAX_KEYBOARD_ID_BYTES = 64
const TAP_CONTENT_BYTES = 16
const TAP_BYTES = 1 + TAP_CONTENT_BYTES + 16
const SECRET_BYTES = 32

export interface SealingPad {
  /** Seals one tap, 33 bytes, at the moment it is made (B-7.5.5-2). `cellIndex` counts the cells of the picture from 0. */
  seal(cellIndex: number): Uint8Array
  /** Overwrites the key. */
  wipe(): void
}

export interface TapPad {
  /** 65 bytes to ask for a keyboard with. */
  readonly offer: Uint8Array
  /** Takes the server's ephemeral key and the keyboard the pad is for; once. */
  complete(answer: Uint8Array, keyboardId: string): SealingPad
}

/**
 * The client's half of a key for one keyboard (B-7.5.5-5: agreed by asymmetric algorithms, unique per transaction; the
 * static keys only authenticate the agreement). The client never learns what a cell means, so the secret is nowhere in
 * its memory (B-7.5.5-3).
 */
export function createTapPad(
  keys: { self: Sm2PrivateKey; server: Sm2PublicKey },
  draws: Draws = watchedDraws(),
): TapPad {
  const ephemeral = draws.ephemeral()
  const offer = ephemeral.publicKey.bytes.slice()
  let completed = false
  return {
    offer: offer.slice(),
    complete(answer, keyboardId) {
      if (completed) throw new Error('a tap pad serves one keyboard')
      completed = true
      const exchange = sm2Exchange({
        role: 'initiator',
        self: keys.self,
        peer: keys.server,
        selfId: CLIENT_ID,
        peerId: SERVER_ID,
        ephemeral,
      })
      try {
        const { key } = exchange.agree(ephemeralKey(answer), AGREED_KEY_BYTES)
        return createSealingPad(padSecret(key, { offer, answer, keyboardId }), keyboardId, draws)
      } catch (error) {
        throw asRefusal(error)
      } finally {
        ephemeral.wipe()
      }
    },
  }
}

function createSealingPad(bytes: Uint8Array, keyboardId: string, draws: Draws): SealingPad {
  const secret = SecretBytes.from(bytes)
  bytes.fill(0)
  let taps = 0
  return {
    seal(cellIndex) {
      if (!Number.isInteger(cellIndex) || cellIndex < 0 || cellIndex >= MAX_CELLS)
        throw new RangeError(`not a cell: ${cellIndex}`)
      if (taps >= MAX_TAPS) throw new RangeError(`a pad takes ${MAX_TAPS} taps`)
      const position = taps
      taps += 1
      // Random filling makes equal cells differ even to somebody who has the key of another tap (B-7.5.4-4).
      const content = concatBytes(Uint8Array.of(cellIndex), draws.bytes(TAP_CONTENT_BYTES - 1))
      const key = secret.use((value) => deriveRecordKey(value, TAP_LABEL.tap, BigInt(position)))
      const sealed = sm4GcmSeal(key.key, key.nonce, content, tapAssociated(keyboardId, position))
      content.fill(0)
      wipeRecordKey(key)
      return concatBytes(Uint8Array.of(position), sealed)
    },
    wipe: () => secret.wipe(),
  }
}

export interface TapOffer {
  /** Agrees with the server's certified key. */
  readonly agree: ServerAgreement
  readonly client: Sm2PublicKey
  /** What the client's pad offered. */
  readonly offer: Uint8Array
  /** ASCII, at most 64 characters, never used before. */
  readonly keyboardId: string
}

/**
 * The server's half: `answer` (65 bytes) goes to the client with the picture, `state` (32 bytes, secret) is kept until
 * the taps come and then destroyed. Throws `message.malformed` for an offer that is no point of the curve.
 */
export async function acceptTapOffer(
  request: TapOffer,
  draws: Draws = watchedDraws(),
): Promise<{ answer: Uint8Array; state: Uint8Array }> {
  const ephemeral = draws.ephemeral()
  const answer = ephemeral.publicKey.bytes.slice()
  const { agree, client, offer, keyboardId } = request
  try {
    const { key } = await agree({
      role: 'responder',
      peer: client,
      peerEphemeral: ephemeralKey(offer),
      selfId: SERVER_ID,
      peerId: CLIENT_ID,
      ephemeral,
      keyLength: AGREED_KEY_BYTES,
    })
    return { answer, state: padSecret(key, { offer, answer, keyboardId }) }
  } catch (error) {
    throw asRefusal(error)
  } finally {
    ephemeral.wipe()
  }
}

export interface SealedTaps {
  /** What `acceptTapOffer` gave for this keyboard. */
  readonly state: Uint8Array
  readonly keyboardId: string
  readonly taps: readonly Uint8Array[]
  /** How many cells the keyboard has; a tap beside them is refused. */
  readonly cells: number
}

/**
 * The cells tapped, in order. Positions must rise; a gap is a tap the user took back. The caller lets each keyboard be
 * opened once and overwrites the array. Throws `message.tampered` if any tap is not exactly what the pad made.
 */
export function openTaps(sealed: SealedTaps): number[] {
  const cells: number[] = []
  let last = -1
  if (sealed.taps.length > MAX_TAPS) throw new MessageError('message.tampered', 'more taps than a pad makes')
  for (const tap of sealed.taps) {
    const { position, cell } = openTap(sealed, tap)
    if (position <= last) throw new MessageError('message.tampered', 'taps out of order')
    last = position
    cells.push(cell)
  }
  return cells
}

function openTap(sealed: SealedTaps, tap: Uint8Array): { position: number; cell: number } {
  const position = tap[0]
  if (tap.length !== TAP_BYTES || position === undefined || position >= MAX_TAPS)
    throw new MessageError('message.tampered', 'not a tap')
  const key = deriveRecordKey(sealed.state, TAP_LABEL.tap, BigInt(position))
  try {
    const content = sm4GcmOpen(
      key.key,
      key.nonce,
      tap.subarray(1),
      tapAssociated(sealed.keyboardId, position),
    )
    const cell = new ByteReader(content).u8()
    content.fill(0)
    if (cell < sealed.cells) return { position, cell }
  } catch (error) {
    if (!(error instanceof GmCryptoError || error instanceof ParseError)) throw error
  } finally {
    wipeRecordKey(key)
  }
  throw new MessageError('message.tampered', 'a tap did not open')
}

function ephemeralKey(bytes: Uint8Array): Sm2PublicKey {
  if (bytes.length !== PUBLIC_KEY_BYTES)
    throw new MessageError('message.malformed', 'an ephemeral key of another length')
  return Sm2PublicKey.fromBytes(bytes)
}

/** A peer's key that is no point, or leads to infinity, makes its message malformed. */
function asRefusal(error: unknown): unknown {
  const ofPeer =
    error instanceof GmCryptoError && ['gm.agreement-failed', 'gm.invalid-public-key'].includes(error.code)
  return ofPeer ? new MessageError('message.malformed', error.code) : error
}

function padSecret(
  key: Uint8Array,
  binding: { offer: Uint8Array; answer: Uint8Array; keyboardId: string },
): Uint8Array {
  const salt = sm3(concatBytes(binding.offer, binding.answer, keyboardIdBytes(binding.keyboardId)))
  const secret = hkdfSm3(key, { salt, info: utf8ToBytes(TAP_LABEL.secret), length: SECRET_BYTES })
  key.fill(0)
  return secret
}

function keyboardIdBytes(keyboardId: string): Uint8Array {
  const bytes = utf8ToBytes(keyboardId)
  if (bytes.length < 1 || bytes.length > MAX_KEYBOARD_ID_BYTES)
    throw new MessageError('message.malformed', 'a keyboard id of an impossible length')
  return bytes
}

/** The keyboard and the place among the taps: a tap cannot be moved to another entry or another place. */
function tapAssociated(keyboardId: string, position: number): Uint8Array {
  return new ByteWriter(1 + MAX_KEYBOARD_ID_BYTES).u8(position).bytes(keyboardIdBytes(keyboardId)).finish()
}
