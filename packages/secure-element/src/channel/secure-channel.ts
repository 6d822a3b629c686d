import { ByteWriter, concatBytes } from '@anqu/encoding'
import { constantTimeEqual } from '@anqu/gm-crypto'
import type { CommandApdu } from '../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import { BLOCK_LENGTH } from './block-cipher.ts'
import { ChannelSession, LEVELS } from './channel-session.ts'
import type { KeySet } from './key-set.ts'
import { deriveCardChallenge, deriveCryptogram, deriveSessionKeys, type SessionKeys } from './session-keys.ts'

/** Where the card's side of the channel finds its keys and its sequence counter. */
export interface ChannelKeyStore {
  /** Identifier of the security domain that holds the keys. */
  readonly aid: Uint8Array
  /** Ten bytes that tell cards apart when keys are diversified. */
  readonly diversification: Uint8Array
  /** The set of that version; version 0 asks for the default one. */
  keySet(version: number): KeySet | undefined
  readonly sequence: number
  /** Stores the next sequence number. */
  advance(): Promise<void>
}

const CHALLENGE_LENGTH = 8
const FULL_LEVEL = 0x33
const PROTOCOL = 0x03
/** i: pseudo-random card challenge, R-MAC and R-encryption supported (Amendment D table 5-1). */
const PROTOCOL_PARAMETER = 0x70

/** What the card's own parts may ask of the session a command came over. */
export interface SessionView {
  /** A key that came under the session's data encryption key. */
  unwrapKey(wrapped: Uint8Array): Promise<Uint8Array>
}

interface Opening {
  readonly keySet: KeySet
  readonly sessionKeys: SessionKeys
  readonly context: Uint8Array
  readonly sequence: number
}

/** The card's end of a secure channel: closed, being opened, or open with one session. */
export class SecureChannel implements SessionView {
  readonly #store: ChannelKeyStore
  #opening: Opening | undefined
  #session: ChannelSession | undefined

  constructor(store: ChannelKeyStore) {
    this.#store = store
  }

  get isOpen(): boolean {
    return this.#session !== undefined
  }

  /** Everything is encrypted and authenticated, both ways. */
  get isConfidential(): boolean {
    return this.#session?.level === FULL_LEVEL
  }

  /** The cipher and keys of the open session's set, for unwrapping keys that are put onto the card. */
  get keySet(): KeySet | undefined {
    return this.isOpen ? this.#opening?.keySet : undefined
  }

  /** A key that came under the data encryption key of the open session. @throws StatusError 6982 when none is open. */
  async unwrapKey(wrapped: Uint8Array): Promise<Uint8Array> {
    const { keySet } = this
    requireStatus(keySet !== undefined, StatusWord.securityNotSatisfied)
    return keySet.cipher.decrypt(keySet.keys.data, new Uint8Array(BLOCK_LENGTH), wrapped)
  }

  /** INITIALIZE UPDATE: closes any session. @throws StatusError 6A88 without such keys. */
  async initializeUpdate({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    this.close()
    requireStatus(p2 === 0, StatusWord.wrongParameters)
    requireStatus(data.length === CHALLENGE_LENGTH, StatusWord.wrongLength)
    const keySet = this.#store.keySet(p1)
    requireStatus(keySet !== undefined, StatusWord.referencedDataNotFound)
    const { version, cipher, keys } = keySet
    const { sequence } = this.#store
    const counter = new ByteWriter(3)
      .u8(sequence >> 16)
      .u16(sequence & 0xffff)
      .finish()
    const challenge = await deriveCardChallenge(cipher, keys.encryption, counter, this.#store.aid)
    const context = concatBytes(data, challenge)
    const sessionKeys = await deriveSessionKeys(cipher, keys, context)
    this.#opening = { keySet, sessionKeys, context, sequence }
    const cryptogram = await deriveCryptogram(cipher, sessionKeys.mac, 'card', context)
    const header = Uint8Array.of(version, PROTOCOL, PROTOCOL_PARAMETER)
    return concatBytes(this.#store.diversification, header, challenge, cryptogram, counter)
  }

  /** EXTERNAL AUTHENTICATE. @throws StatusError 6300 for a wrong cryptogram or MAC, 6985 out of order. */
  async externalAuthenticate(command: CommandApdu): Promise<Uint8Array> {
    const opening = this.isOpen ? undefined : this.#opening
    // One attempt for each INITIALIZE UPDATE, and none inside an open session.
    this.close()
    requireStatus(opening !== undefined, StatusWord.conditionsNotSatisfied)
    requireStatus(LEVELS.includes(command.p1) && command.p2 === 0, StatusWord.wrongParameters)
    const { cipher } = opening.keySet
    const session = new ChannelSession(cipher, opening.sessionKeys, command.p1)
    const expected = await deriveCryptogram(cipher, opening.sessionKeys.mac, 'host', opening.context)
    const { data } = await session.checkOpening(command).catch(() => ({ data: new Uint8Array(0) }))
    // Another logical channel may have opened a session with this very challenge: a recording of it would open here again.
    const fresh = opening.sequence === this.#store.sequence
    requireStatus(fresh && constantTimeEqual(data, expected), StatusWord.verificationFailed)
    // The counter moves with every session that opens, so that no session's keys come again.
    await this.#store.advance()
    this.#opening = opening
    this.#session = session
    return new Uint8Array(0)
  }

  /** The bare command. Any failure closes the channel. @throws StatusError 6982 when none is open, 6987, 6988. */
  async unwrap(command: CommandApdu): Promise<CommandApdu> {
    requireStatus(this.#session !== undefined, StatusWord.securityNotSatisfied)
    try {
      return await this.#session.unwrapCommand(command)
    } catch (error) {
      this.close()
      throw error instanceof StatusError ? error : new StatusError(StatusWord.secureMessagingIncorrect)
    }
  }

  async wrap(data: Uint8Array, statusWord: number): Promise<Uint8Array> {
    return this.#session === undefined ? data : this.#session.wrapResponse(data, statusWord)
  }

  close(): void {
    this.#session?.wipe()
    this.#session = undefined
    this.#opening = undefined
  }
}
