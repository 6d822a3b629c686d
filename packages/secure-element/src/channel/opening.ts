import { ByteWriter, concatBytes } from '@anqu/encoding'
import type { CommandApdu } from '../apdu/command.ts'
import { requireStatus, StatusWord } from '../apdu/status-word.ts'
import { BLOCK_LENGTH } from './block-cipher.ts'
import { ChannelSession, LEVELS } from './channel-session.ts'
import type { KeySet } from './key-set.ts'
import {
  CARD_CHALLENGE_LENGTH,
  deriveScp02Keys,
  predictedChallenge,
  scp02Cryptogram,
  unwrapScp02Key,
} from './scp02.ts'
import { SCP02_LEVELS, Scp02Session } from './scp02-session.ts'
import type { ChannelKeyStore } from './secure-channel.ts'
import { deriveCardChallenge, deriveCryptogram, deriveSessionKeys } from './session-keys.ts'

/** The card's side of an open session, whichever protocol it is of. */
export interface SecureSession {
  readonly level: number
  checkOpening(command: CommandApdu): Promise<CommandApdu>
  unwrapCommand(command: CommandApdu): Promise<CommandApdu>
  wrapResponse(data: Uint8Array, statusWord: number): Promise<Uint8Array>
  wipe(): void
}

/** What a card has said about itself, and waits for the host to prove. */
export interface Opening {
  readonly keySet: KeySet
  readonly sequence: number
  /** To INITIALIZE UPDATE. */
  readonly answer: Uint8Array
  readonly hostCryptogram: Uint8Array
  readonly levels: readonly number[]
  session(level: number): SecureSession
  unwrapKey(wrapped: Uint8Array): Promise<Uint8Array>
}

/** i: pseudo-random card challenge, R-MAC and R-encryption supported (Amendment D table 5-1). */
const SCP03 = Uint8Array.of(0x03, 0x70)
const SCP02 = 0x02
const PREDICTED = 0x40
/** SCP02 counts in two bytes; past them its session keys would come again. */
const LAST_SCP02_SEQUENCE = 0xffff

export async function prepareScp03(
  keySet: KeySet,
  hostChallenge: Uint8Array,
  store: ChannelKeyStore,
): Promise<Opening> {
  const { version, cipher, keys } = keySet
  const { sequence, aid, diversification } = store
  const counter = new ByteWriter(3)
    .u8(sequence >> 16)
    .u16(sequence & 0xffff)
    .finish()
  const challenge = await deriveCardChallenge(cipher, keys.encryption, counter, aid)
  const context = concatBytes(hostChallenge, challenge)
  const sessionKeys = await deriveSessionKeys(cipher, keys, context)
  const cryptogram = await deriveCryptogram(cipher, sessionKeys.mac, 'card', context)
  const header = concatBytes(Uint8Array.of(version), SCP03)
  return {
    keySet,
    sequence,
    answer: concatBytes(diversification, header, challenge, cryptogram, counter),
    hostCryptogram: await deriveCryptogram(cipher, sessionKeys.mac, 'host', context),
    levels: LEVELS,
    session: (level) => new ChannelSession(cipher, sessionKeys, level),
    unwrapKey: (wrapped) => cipher.decrypt(keys.data, new Uint8Array(BLOCK_LENGTH), wrapped),
  }
}

/** @throws StatusError 6985 when the counter of this protocol is used up. */
export async function prepareScp02(
  keySet: KeySet,
  hostChallenge: Uint8Array,
  store: ChannelKeyStore,
): Promise<Opening> {
  const { version, cipher, keys } = keySet
  const { sequence, aid, diversification } = store
  requireStatus(sequence <= LAST_SCP02_SEQUENCE, StatusWord.conditionsNotSatisfied)
  const counter = new ByteWriter(2).u16(sequence).finish()
  const sessionKeys = await deriveScp02Keys(cipher, keys, counter)
  const isPredicted = ((store.scp02?.parameter ?? 0) & PREDICTED) !== 0
  const card = isPredicted
    ? await predictedChallenge(cipher, sessionKeys.mac, aid)
    : store.random(CARD_CHALLENGE_LENGTH)
  const challenges = { host: hostChallenge, sequence: counter, card }
  const cryptogram = await scp02Cryptogram(cipher, sessionKeys.encryption, 'card', challenges)
  return {
    keySet,
    sequence,
    answer: concatBytes(diversification, Uint8Array.of(version, SCP02), counter, card, cryptogram),
    hostCryptogram: await scp02Cryptogram(cipher, sessionKeys.encryption, 'host', challenges),
    levels: SCP02_LEVELS,
    session: (level) => new Scp02Session(cipher, sessionKeys, level),
    unwrapKey: (wrapped) => unwrapScp02Key(cipher, sessionKeys.data, wrapped),
  }
}
