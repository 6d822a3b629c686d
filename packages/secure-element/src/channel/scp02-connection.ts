import { ByteReader, equalBytes } from '@anqu/encoding'
import { constantTimeEqual, randomBytes } from '@anqu/gm-crypto'
import { encodeCommand } from '../apdu/command.ts'
import { parseResponse } from '../apdu/response.ts'
import { StatusWord } from '../apdu/status-word.ts'
import { CardConnectionLost, type CardConnection } from '../transports/card-connection.ts'
import type { KeySet } from './key-set.ts'
import { CARD_CHALLENGE_LENGTH, deriveScp02Keys, predictedChallenge, scp02Cryptogram } from './scp02.ts'
import { Scp02Session } from './scp02-session.ts'
import { sessionConnection } from './secured-connection.ts'

const SCP02 = 0x02

export interface Scp02Options {
  /** 00: both sides prove their keys and no more. 01: commands carry a MAC. 03: they are encrypted too. */
  readonly level: 0x00 | 0x01 | 0x03
  /** Identifier of the card's security domain, where its challenge must come from the known algorithm (i = 55). */
  readonly predictedFor?: Uint8Array
}

/**
 * A connection on which each SELECT opens a session of SCP02, for cards that speak nothing newer. Its answers are neither
 * encrypted nor authenticated, so nothing that B-7.5.10.2 protects belongs on it. `keySet` holds triple DES keys.
 */
export function scp02Connection(
  connection: CardConnection,
  keySet: KeySet,
  options: Scp02Options,
): CardConnection {
  return sessionConnection(connection, () => openSession(connection, keySet, options))
}

async function openSession(
  connection: CardConnection,
  { version, cipher, keys }: KeySet,
  { level, predictedFor }: Scp02Options,
): Promise<Scp02Session> {
  const host = randomBytes(8)
  const initialize = { cla: 0x80, ins: 0x50, p1: version, p2: 0x00, data: host, ne: 256 }
  const { statusWord, data } = parseResponse(await connection.transmit(encodeCommand(initialize)))
  if (statusWord !== StatusWord.ok) throw new CardConnectionLost('the card has no such channel keys')
  const { sequence, card, cryptogram } = parseAnswer(data)
  const sessionKeys = await deriveScp02Keys(cipher, keys, sequence)
  const challenges = { host, sequence, card }
  const expected = await scp02Cryptogram(cipher, sessionKeys.encryption, 'card', challenges)
  if (!constantTimeEqual(expected, cryptogram))
    throw new CardConnectionLost('the card did not prove its channel keys')
  if (predictedFor && !equalBytes(card, await predictedChallenge(cipher, sessionKeys.mac, predictedFor)))
    throw new CardConnectionLost('the challenge of the card is not the predicted one')
  const session = new Scp02Session(cipher, sessionKeys, level)
  const proof = await scp02Cryptogram(cipher, sessionKeys.encryption, 'host', challenges)
  const authenticate = { cla: 0x80, ins: 0x82, p1: level, p2: 0x00, data: proof, ne: 0 }
  const opened = parseResponse(
    await connection.transmit(encodeCommand(await session.macOpening(authenticate))),
  )
  if (opened.statusWord !== StatusWord.ok) throw new CardConnectionLost('the card refused the secure channel')
  return session
}

function parseAnswer(answer: Uint8Array) {
  const reader = new ByteReader(answer, 'INITIALIZE UPDATE')
  reader.bytes(11)
  if (reader.u8() !== SCP02) throw new CardConnectionLost('the card offers another protocol')
  const sequence = reader.bytes(2).slice()
  const card = reader.bytes(CARD_CHALLENGE_LENGTH).slice()
  return { sequence, card, cryptogram: reader.rest().slice() }
}
