import { constantTimeEqual } from '@anqu/gm-crypto'
import type { CommandApdu } from '../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import type { BlockCipher } from './block-cipher.ts'
import { prepareScp02, prepareScp03, type Opening, type SecureSession } from './opening.ts'
import type { KeySet } from './key-set.ts'
import type { Scp02Parameter } from './scp02.ts'

/** A card that also speaks SCP02: an older protocol on triple DES, for card managers that know nothing newer. */
export interface Scp02Profile {
  readonly tripleDes: BlockCipher
  readonly parameter: Scp02Parameter
}

/** What a card's channel speaks beside SCP03 on SM4: only what is named here (B-7.2-16). */
export interface ChannelProfile {
  /** `AES` makes the card take keys of that cipher too: AES is no cipher of the state cryptography authority. */
  readonly aes?: BlockCipher
  /** For triple DES keys of the issuer; SCP03 stays the way to the applications. */
  readonly scp02?: Scp02Profile
}

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
  /** Random bytes of the card. */
  random(length: number): Uint8Array
  /** Undefined on a card that does not speak it: then there are no triple DES keys either. */
  readonly scp02: Scp02Profile | undefined
}

const CHALLENGE_LENGTH = 8
const FULL_LEVEL = 0x33

/** What the card's own parts may ask of the session a command came over. */
export interface SessionView {
  /** A key that came under the session's data encryption key. */
  unwrapKey(wrapped: Uint8Array): Promise<Uint8Array>
  /** Whether such keys may come over it: triple DES carries no keys of stronger ciphers. */
  carriesKeysOf(cipher: BlockCipher): boolean
}

/** The card's end of a secure channel: closed, being opened, or open with one session. */
export class SecureChannel implements SessionView {
  readonly #store: ChannelKeyStore
  #opening: Opening | undefined
  #session: SecureSession | undefined

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

  /** The set that opened the session, where commands are authenticated by it: at SCP02's level 00 they are not. */
  get keySet(): KeySet | undefined {
    return this.#session === undefined || this.#session.level === 0 ? undefined : this.#opening?.keySet
  }

  /** @throws StatusError 6982 when no session is open. */
  async unwrapKey(wrapped: Uint8Array): Promise<Uint8Array> {
    const opening = this.isOpen ? this.#opening : undefined
    requireStatus(opening !== undefined, StatusWord.securityNotSatisfied)
    return opening.unwrapKey(wrapped)
  }

  carriesKeysOf(cipher: BlockCipher): boolean {
    return this.keySet?.cipher.name !== 'TDES' || cipher.name === 'TDES'
  }

  /** INITIALIZE UPDATE: closes any session. @throws StatusError 6A88 without such keys. */
  async initializeUpdate({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    this.close()
    requireStatus(p2 === 0, StatusWord.wrongParameters)
    requireStatus(data.length === CHALLENGE_LENGTH, StatusWord.wrongLength)
    const keySet = this.#store.keySet(p1)
    requireStatus(keySet !== undefined, StatusWord.referencedDataNotFound)
    const { scp02 } = this.#store
    const isOld = keySet.cipher.name === 'TDES'
    requireStatus(!isOld || scp02 !== undefined, StatusWord.referencedDataNotFound)
    this.#opening = isOld
      ? await prepareScp02(keySet, data, this.#store)
      : await prepareScp03(keySet, data, this.#store)
    return this.#opening.answer
  }

  /** EXTERNAL AUTHENTICATE. @throws StatusError 6300 for a wrong cryptogram or MAC, 6985 out of order. */
  async externalAuthenticate(command: CommandApdu): Promise<Uint8Array> {
    const opening = this.isOpen ? undefined : this.#opening
    // One attempt for each INITIALIZE UPDATE, and none inside an open session.
    this.close()
    requireStatus(opening !== undefined, StatusWord.conditionsNotSatisfied)
    requireStatus(opening.levels.includes(command.p1) && command.p2 === 0, StatusWord.wrongParameters)
    const session = opening.session(command.p1)
    const { data } = await session.checkOpening(command).catch(() => ({ data: new Uint8Array(0) }))
    // Another logical channel may have opened a session with this very challenge: a recording of it would open here again.
    const fresh = opening.sequence === this.#store.sequence
    requireStatus(fresh && constantTimeEqual(data, opening.hostCryptogram), StatusWord.verificationFailed)
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
