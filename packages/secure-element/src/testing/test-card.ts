import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { encodeCommand } from '../apdu/command.ts'
import { parseResponse } from '../apdu/response.ts'
import {
  COMMANDS,
  SECURITY_SERVICE_AID,
  type CommandRule,
} from '../applets/security-service/command-table.ts'
import { createCard } from '../create-card.ts'
import type { RandomSource } from '../runtime/card-random.ts'
import type { CardStorage } from '../storage/card-storage.ts'
import type { CardConnection } from '../transports/card-connection.ts'

export const PIN = utf8ToBytes('2468135')
/** Few rounds: tests are about the card's behaviour, not about the cost of a guess. */
const FEW_ITERATIONS = 2

export function testCard(storage: CardStorage, random?: RandomSource): CardConnection {
  return createCard({ storage, pinIterations: FEW_ITERATIONS, ...(random ? { random } : {}) })
}

/** Sends one command of the applet; answers status as hex and body. */
export async function send(
  card: CardConnection,
  rule: CommandRule,
  options: { p1p2?: number; data?: Uint8Array; ne?: number } = {},
): Promise<{ sw: string; data: Uint8Array }> {
  const { p1p2 = rule.p1p2[0] ?? 0, data = new Uint8Array(0), ne = 65_536 } = options
  const command = { cla: rule.cla, ins: rule.ins, p1: p1p2 >> 8, p2: p1p2 & 0xff, data, ne }
  return raw(card, encodeCommand(command))
}

export async function raw(
  card: CardConnection,
  command: Uint8Array,
): Promise<{ sw: string; data: Uint8Array }> {
  const { statusWord, data } = parseResponse(await card.transmit(command))
  return { sw: statusWord.toString(16).toUpperCase().padStart(4, '0'), data }
}

export async function selectService(card: CardConnection): Promise<string> {
  const data = SECURITY_SERVICE_AID
  return (await raw(card, encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data, ne: 256 }))).sw
}

/** A card with its PIN set, the applet selected, and nothing verified. */
export async function cardWithPin(storage: CardStorage, random?: RandomSource): Promise<CardConnection> {
  const card = testCard(storage, random)
  await selectService(card)
  await send(card, COMMANDS.changePin, { p1p2: 0x0180, data: field(PIN) })
  return card
}

export async function verifyPin(card: CardConnection, pin = PIN): Promise<string> {
  return (await send(card, COMMANDS.verifyPin, { data: pin })).sw
}

/** A value after its own one-byte length. */
export function field(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? utf8ToBytes(value) : value
  return concatBytes(Uint8Array.of(bytes.length), bytes)
}
