import { ByteReader, bytesToHex, concatBytes } from '@anqu/encoding'
import { constantTimeEqual, randomBytes } from '@anqu/gm-crypto'
import { encodeCommand, type CommandApdu } from '../apdu/command.ts'
import { parseResponse } from '../apdu/response.ts'
import { ChannelSession, type SessionPosition } from '../channel/channel-session.ts'
import type { KeySet } from '../channel/key-set.ts'
import { deriveCryptogram, deriveSessionKeys } from '../channel/session-keys.ts'

const EVERYTHING = 0x33
const CHALLENGE_LENGTH = 8

/** What a card answers to INITIALIZE UPDATE. */
export interface CardOpening {
  /** Key diversification data, in hex: which card it is. */
  readonly cardId: string
  readonly keyVersion: number
  readonly challenge: Uint8Array
  readonly cryptogram: Uint8Array
}

/** @throws ParseError for anything but an answer of SCP03 with i = 70. */
export function parseOpening(answer: Uint8Array): CardOpening {
  const reader = new ByteReader(answer, 'INITIALIZE UPDATE')
  const cardId = bytesToHex(reader.bytes(10))
  const keyVersion = reader.u8()
  reader.bytes(2)
  const [challenge, cryptogram] = [reader.bytes(8).slice(), reader.bytes(8).slice()]
  reader.bytes(3)
  reader.end()
  return { cardId, keyVersion, challenge, cryptogram }
}

export function newHostChallenge(): Uint8Array {
  return randomBytes(CHALLENGE_LENGTH)
}

export function initializeUpdate(keyVersion: number, hostChallenge: Uint8Array): CommandApdu {
  return { cla: 0x80, ins: 0x50, p1: keyVersion, p2: 0x00, data: hostChallenge, ne: 256 }
}

export interface WrappedBatch {
  /** Command APDUs, in order. */
  readonly commands: Uint8Array[]
  /** Where the session stood after each of them; opens their answers later. */
  readonly positions: SessionPosition[]
}

export interface OpenedAnswer {
  readonly statusWord: number
  readonly data: Uint8Array
}

/**
 * The issuer's side of a secure channel that somebody else carries: whole batches of commands are wrapped ahead, and their
 * answers opened when they come back. Nothing of it need stay in memory in between: the session is built again from the
 * card's keys, both challenges and the position of the last command.
 */
export class IssuerSession {
  readonly #keySet: KeySet
  readonly #hostChallenge: Uint8Array
  readonly #opening: CardOpening
  readonly #session: ChannelSession
  readonly #mac: Uint8Array

  private constructor(
    known: { keySet: KeySet; hostChallenge: Uint8Array; opening: CardOpening },
    session: ChannelSession,
    mac: Uint8Array,
  ) {
    this.#keySet = known.keySet
    this.#hostChallenge = known.hostChallenge
    this.#opening = known.opening
    this.#session = session
    this.#mac = mac
  }

  /** Undefined when the card does not hold these keys: its cryptogram is wrong. */
  static async open(known: {
    readonly keySet: KeySet
    readonly hostChallenge: Uint8Array
    readonly opening: CardOpening
  }): Promise<IssuerSession | undefined> {
    const { keySet, hostChallenge, opening } = known
    const context = concatBytes(hostChallenge, opening.challenge)
    const keys = await deriveSessionKeys(keySet.cipher, keySet.keys, context)
    const expected = await deriveCryptogram(keySet.cipher, keys.mac, 'card', context)
    if (!constantTimeEqual(expected, opening.cryptogram)) return undefined
    const mac = keys.mac.slice()
    return new IssuerSession(known, new ChannelSession(keySet.cipher, keys, EVERYTHING), mac)
  }

  /** Wraps EXTERNAL AUTHENTICATE and what follows it, for a session nothing was sent over yet. */
  async wrapFirst(commands: readonly CommandApdu[]): Promise<WrappedBatch> {
    const { cipher } = this.#keySet
    const context = concatBytes(this.#hostChallenge, this.#opening.challenge)
    const cryptogram = await deriveCryptogram(cipher, this.#mac, 'host', context)
    const bare = { cla: 0x84, ins: 0x82, p1: EVERYTHING, p2: 0x00, data: cryptogram, ne: 0 }
    const authenticate = encodeCommand(await this.#session.macOpening(bare))
    const { position } = this.#session
    const rest = await this.wrap(commands, position)
    return { commands: [authenticate, ...rest.commands], positions: [position, ...rest.positions] }
  }

  /** Wraps further commands after the last one that was sent. */
  async wrap(commands: readonly CommandApdu[], after: SessionPosition): Promise<WrappedBatch> {
    const session = this.#session.at(after)
    const wrapped: Uint8Array[] = []
    const positions: SessionPosition[] = []
    for (const command of commands) {
      wrapped.push(encodeCommand(await session.wrapCommand(command)))
      positions.push(session.position)
    }
    return { commands: wrapped, positions }
  }

  /** One answer to the command after which the session stood at `position`. @throws StatusError 6988 for a wrong MAC. */
  async openAnswer(answer: Uint8Array, position: SessionPosition): Promise<OpenedAnswer> {
    const { statusWord, data } = parseResponse(answer)
    // EXTERNAL AUTHENTICATE is answered outside the channel it opens.
    if (position.counter === 0) return { statusWord, data }
    return { statusWord, data: await this.#session.at(position).unwrapResponse(data, statusWord) }
  }

  wipe(): void {
    this.#session.wipe()
    this.#mac.fill(0)
  }
}
