import { concatBytes } from '@anqu/encoding'
import { constantTimeEqual, randomBytes } from '@anqu/gm-crypto'
import { encodeCommand, parseCommand, type CommandApdu } from '../apdu/command.ts'
import { encodeResponse, parseResponse } from '../apdu/response.ts'
import { StatusWord } from '../apdu/status-word.ts'
import { CardConnectionLost, type CardConnection } from '../transports/card-connection.ts'
import { ChannelSession } from './channel-session.ts'
import type { KeySet } from './key-set.ts'
import { deriveCryptogram, deriveSessionKeys } from './session-keys.ts'

const INS_SELECT = 0xa4
const PROTOCOL_AT = 11
const SCP03 = 0x03
const CHALLENGE_AT = 13
const CRYPTOGRAM_AT = 21
const CRYPTOGRAM_END = 29
const EVERYTHING = 0x33

/** The host's side of an open session, whichever protocol it is of. */
export interface HostSession {
  wrapCommand(command: CommandApdu): Promise<CommandApdu>
  unwrapResponse(data: Uint8Array, statusWord: number): Promise<Uint8Array>
  wipe(): void
}

/**
 * A connection over which everything after each SELECT goes through a fresh secure channel, encrypted and authenticated
 * both ways (B-7.5.10.2). Session keys live in this object's memory and nowhere else.
 */
export function securedConnection(connection: CardConnection, keySet: KeySet): CardConnection {
  return sessionConnection(connection, () => openSession(connection, keySet))
}

/** A connection on which each SELECT opens a session. */
export function sessionConnection(
  connection: CardConnection,
  open: () => Promise<HostSession>,
): CardConnection {
  let session: HostSession | undefined
  const drop = (): void => {
    session?.wipe()
    session = undefined
  }
  return {
    async transmit(bytes) {
      const command = parseCommand(bytes)
      if (command.ins !== INS_SELECT || command.cla !== 0) {
        if (session === undefined) return connection.transmit(bytes)
        return overChannel(connection, session, command)
      }
      drop()
      const answer = await connection.transmit(bytes)
      if (parseResponse(answer).statusWord === StatusWord.ok) session = await open()
      return answer
    },
    async reset() {
      drop()
      await connection.reset()
    },
  }
}

async function overChannel(
  connection: CardConnection,
  session: HostSession,
  command: CommandApdu,
): Promise<Uint8Array> {
  // Every answer may carry a MAC, so even a command that expects none must make room for it.
  const roomy = { ...command, ne: Math.max(command.ne, 256) }
  const answer = parseResponse(await connection.transmit(encodeCommand(await session.wrapCommand(roomy))))
  return encodeResponse(await session.unwrapResponse(answer.data, answer.statusWord), answer.statusWord)
}

async function openSession(
  connection: CardConnection,
  { version, cipher, keys }: KeySet,
): Promise<ChannelSession> {
  const challenge = randomBytes(8)
  const initialize = { cla: 0x80, ins: 0x50, p1: version, p2: 0x00, data: challenge, ne: 256 }
  const { statusWord, data } = parseResponse(await connection.transmit(encodeCommand(initialize)))
  if (statusWord !== StatusWord.ok) throw new CardConnectionLost('the card has no such channel keys')
  if (data[PROTOCOL_AT] !== SCP03) throw new CardConnectionLost('the card offers another protocol')
  const context = concatBytes(challenge, data.subarray(CHALLENGE_AT, CRYPTOGRAM_AT))
  const sessionKeys = await deriveSessionKeys(cipher, keys, context)
  const expected = await deriveCryptogram(cipher, sessionKeys.mac, 'card', context)
  if (!constantTimeEqual(expected, data.slice(CRYPTOGRAM_AT, CRYPTOGRAM_END)))
    throw new CardConnectionLost('the card did not prove its channel keys')
  const session = new ChannelSession(cipher, sessionKeys, EVERYTHING)
  const cryptogram = await deriveCryptogram(cipher, sessionKeys.mac, 'host', context)
  const authenticate = { cla: 0x80, ins: 0x82, p1: EVERYTHING, p2: 0x00, data: cryptogram, ne: 0 }
  const opened = parseResponse(
    await connection.transmit(encodeCommand(await session.macOpening(authenticate))),
  )
  if (opened.statusWord !== StatusWord.ok) throw new CardConnectionLost('the card refused the secure channel')
  return session
}
