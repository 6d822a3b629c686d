import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeCommand } from './apdu/command.ts'
import { COMMANDS } from './applets/security-service/command-table.ts'
import { MemoryCard } from './storage/memory-card-storage.ts'
import { cardWithPin, field, selectService, send, verifyPin } from './testing/test-card.ts'
import { issueCertificate } from './testing/test-certificates.ts'

/** Bounded for the ordinary test run; `ANSWER_LIMIT` is the largest answer any command may give. */
const RUNS = 50_000
const ANSWER_LIMIT = 70_000

const NAME = utf8ToBytes('c')

async function usedCard() {
  const medium = new MemoryCard()
  const card = await cardWithPin(medium.holder())
  await verifyPin(card)
  const key = Sm2PublicKey.fromBytes(
    (await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0101, data: NAME })).data,
  )
  const der = await issueCertificate(key, { serialHex: '0102030405060708' })
  await send(card, COMMANDS.installCertificate, { data: concatBytes(field(NAME), der) })
  await selectService(card)
  const read = () => send(card, COMMANDS.readCertificate, { p1p2: 0x0001, data: NAME })
  return { card, medium, der, read }
}

const byte = fc.integer({ min: 0, max: 255 })
const known = fc.constantFrom(...Object.values(COMMANDS)).chain((rule) =>
  fc.record({
    cla: fc.constantFrom(rule.cla, rule.cla | 0x10),
    ins: fc.constant(rule.ins),
    parameters: fc.constantFrom(...rule.p1p2),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(NAME, field(NAME), concatBytes(field(NAME), NAME)),
    ),
  }),
)
const command = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  {
    weight: 4,
    arbitrary: known.map(({ cla, ins, parameters, data }) =>
      encodeCommand({ cla, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 65_536 }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(known, fc.nat(), byte).map(([{ cla, ins, parameters, data }, at, value]) => {
      const bytes = encodeCommand({ cla, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 256 })
      bytes[at % bytes.length] = value
      return bytes
    }),
  },
)

test(`${RUNS} random and damaged commands: always a status word, never 6F00, and without the PIN nothing changes`, async () => {
  const { card, der, read } = await usedCard()
  let sent = 0
  await fc.assert(
    fc.asyncProperty(command, async (bytes) => {
      // A damaged command may have selected something else.
      if (sent++ % 20 === 0) await selectService(card)
      const answer = await card.transmit(bytes)
      expect(answer.length).toBeGreaterThanOrEqual(2)
      expect(answer.length).toBeLessThan(ANSWER_LIMIT)
      expect(answer.at(-2)).not.toBe(0x6f)
    }),
    { numRuns: RUNS },
  )
  await selectService(card)
  expect((await read()).data).toEqual(der)
  const { data: list } = await send(card, COMMANDS.listContainers)
  expect([list[1], list[2]]).toEqual([1, 1])
}, 120_000)
