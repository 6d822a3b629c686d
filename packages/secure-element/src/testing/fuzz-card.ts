import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import { encodeCommand } from '../apdu/command.ts'
import { COMMANDS, SECURITY_SERVICE_AID } from '../applets/security-service/command-table.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import { commandFilter, accessRulesData, storeData } from '../issuer/personalisation.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { keySet } from './issuer-channel.ts'
import { field } from './test-card.ts'
import { issueCertificate } from './test-certificates.ts'

/** The largest answer any command may give: 65,536 bytes and a status word. */
const LARGEST_ANSWER = 65_538
const ENOUGH_FAILURES = 5
const PIN = '2468135'
const ISSUER = keySet()
const NAME = utf8ToBytes('c')
const ISSUER_INSTRUCTIONS = [0xca, 0xe2, 0xf2, 0xf0, 0xd8, 0xe6, 0xe8, 0xe4]

/** Mulberry32: a run is repeated from its seed. */
function draws(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

/** A card with a certificate, and every command that brought it there, with sessions of the issuer among them. */
async function usedCard() {
  const storage = new MemoryCard().holder()
  const card = createCard({ storage, pinIterations: 2, channelKeys: [ISSUER] })
  const recorded: Uint8Array[] = []
  const recording: CardConnection = {
    transmit: (command) => {
      recorded.push(command.slice())
      return card.transmit(command)
    },
    reset: () => card.reset(),
  }
  const element = new SecureElement(recording)
  await element.setPin(PIN)
  const key: Sm2PublicKey = await element.generateKeyPair('c', PIN)
  await element.createCsr('c', [{ type: 'CN', value: 'x' }], PIN)
  const der = await issueCertificate(key, { serialHex: '0102030405060708' })
  await element.installCertificate('c', der)
  await element.sign('c', PIN, NAME)
  const secured = securedConnection(recording, ISSUER)
  await secured.transmit(hexToBytes('00a4040000'))
  for (const command of storeData(hexToBytes('420412345678'))) await secured.transmit(encodeCommand(command))
  await secured.transmit(hexToBytes('80f24002024f0000'))
  // What a fuzzed command must not do is use the PIN: those recordings would be a right.
  const withoutPin = recorded.filter(([, ins]) => ins !== COMMANDS.verifyPin.ins)
  return { card, element, der, recorded: withoutPin }
}

function bodies(draw: (bound: number) => number): Uint8Array {
  const known = [
    new Uint8Array(0),
    NAME,
    field(NAME),
    concatBytes(field(NAME), NAME),
    SECURITY_SERVICE_AID,
    accessRulesData([
      {
        aid: SECURITY_SERVICE_AID,
        certificateHash: new Uint8Array(32),
        commands: [commandFilter(COMMANDS.sign)],
      },
    ]),
  ]
  const chosen = draw(known.length + 2)
  return known[chosen] ?? Uint8Array.from({ length: draw(80) }, () => draw(256))
}

function header(draw: (bound: number) => number): readonly [number, number, number] {
  const rules = Object.values(COMMANDS)
  const at = draw(rules.length + ISSUER_INSTRUCTIONS.length + 4)
  const rule = rules[at]
  if (rule !== undefined) return [rule.cla, rule.ins, rule.p1p2[draw(rule.p1p2.length)] ?? 0]
  const ins = ISSUER_INSTRUCTIONS[at - rules.length]
  if (ins !== undefined) return [0x80, ins, draw(0x10000)]
  // Channels, selections, session openings.
  return (
    (
      [
        [0x00, 0x70, draw(4)],
        [0x00, 0x70, 0x8000 | draw(4)],
        [0x00, 0xa4, 0x0400],
        [0x80, 0x50, draw(0x80) << 8],
      ] as const
    )[at - rules.length - ISSUER_INSTRUCTIONS.length] ?? [0, 0, 0]
  )
}

function nextCommand(recorded: readonly Uint8Array[], draw: (bound: number) => number): Uint8Array {
  const kind = draw(10)
  if (kind === 0) return Uint8Array.from({ length: draw(80) }, () => draw(256))
  if (kind <= 3) return damaged(recorded[draw(recorded.length)] ?? NAME, draw)
  const [cla, ins, parameters] = header(draw)
  const bits = [0, 0, 0, 0x04, 0x10, 0x01, 0x03][draw(7)] ?? 0
  const [p1, p2] = [parameters >> 8, parameters & 0xff]
  const command = encodeCommand({
    cla: cla | bits,
    ins,
    p1,
    p2,
    data: bodies(draw),
    ne: draw(2) === 0 ? 65_536 : 256,
  })
  return kind <= 8 ? command : damaged(command, draw)
}

function damaged(command: Uint8Array, draw: (bound: number) => number): Uint8Array {
  const copy = command.slice(0, draw(8) === 0 ? draw(command.length) + 1 : command.length)
  for (let hits = draw(4); hits > 0; hits--) copy[draw(copy.length)] = draw(256)
  return copy
}

/**
 * Sends `runs` commands, random ones and real ones damaged, to a card that is in use, without its PIN and without its keys.
 * Answers what was wrong, each with the command that did it: nothing, it is hoped.
 */
export async function fuzzCard({ runs, seed }: { runs: number; seed: number }): Promise<string[]> {
  const draw = draws(seed)
  const { card, element, der, recorded } = await usedCard()
  const wrong: string[] = []
  const select = encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 })
  for (let run = 0; run < runs && wrong.length < ENOUGH_FAILURES; run++) {
    // A damaged command may have selected something else, or left a chain half sent.
    if (run % 16 === 0) await card.transmit(select)
    const command = nextCommand(recorded, draw)
    const sent = bytesToHex(command)
    const answer = await card.transmit(command)
    if (answer.length < 2) wrong.push(`${sent}: no status word`)
    if (answer.length > LARGEST_ANSWER) wrong.push(`${sent}: ${answer.length} bytes`)
    if (answer.at(-2) === 0x6f || answer.at(-2) === 0x65)
      wrong.push(`${sent}: ${bytesToHex(answer.slice(-2))}`)
  }
  // Nobody had a right: what the card holds is what it held.
  const { containers, pinSet } = await element.status()
  if (containers !== 1 || !pinSet) wrong.push(`containers: ${containers}, PIN set: ${String(pinSet)}`)
  const certificate = await element.containerCertificate('c')
  if (bytesToHex(certificate) !== bytesToHex(der)) wrong.push('another certificate')
  if ((await card.transmit(hexToBytes('00a4040000'))).at(-2) !== 0x90) wrong.push('no issuer domain')
  return wrong
}
