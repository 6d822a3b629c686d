import { bytesToHex, concatBytes, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey, Sm2PublicKey } from '@anqu/gm-crypto'
import { expect, test } from 'vitest'
import { encodeCommand } from '../../apdu/command.ts'
import { MemoryCard } from '../../storage/memory-card-storage.ts'
import { cardWithPin, field, send, verifyPin } from '../../testing/test-card.ts'
import { issueCertificate } from '../../testing/test-certificates.ts'
import type { CardConnection } from '../../transports/card-connection.ts'
import { parseInventory } from './answers.ts'
import { COMMANDS } from './command-table.ts'

const NAME = utf8ToBytes('c')
/** Bodies that make commands get as far as they can. */
const BODIES = [new Uint8Array(0), NAME, concatBytes(field(NAME), utf8ToBytes('message'))]

interface Watched {
  readonly card: CardConnection
  /** Hex of everything the card drew at random while keys were made: private keys and the master key are among it. */
  readonly secrets: string[]
}

async function watchedCard(): Promise<Watched> {
  const secrets: string[] = []
  let watching = true
  const card = await cardWithPin(new MemoryCard().holder(), (length) => {
    const bytes = randomBytes(length)
    if (watching && (length === 32 || length === 16)) secrets.push(bytesToHex(bytes))
    return bytes
  })
  await verifyPin(card)
  const signing = await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0101, data: NAME })
  await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0002, data: NAME })
  const der = await issueCertificate(Sm2PublicKey.fromBytes(signing.data), { serialHex: '0102030405060708' })
  await send(card, COMMANDS.installCertificate, { data: concatBytes(field(NAME), der) })
  watching = false
  return { card, secrets }
}

/** The first secret that `answer` carries, whole or one half of it. */
function leak(answer: Uint8Array, secrets: readonly string[]): string | undefined {
  const hex = bytesToHex(answer)
  return secrets.find((secret) => hex.includes(secret.slice(0, 32)) || hex.includes(secret.slice(-32)))
}

test('the search finds a key when there is one to find', async () => {
  const { secrets } = await watchedCard()
  const [secret = ''] = secrets
  expect(secrets.filter(({ length }) => length === 64).length).toBeGreaterThanOrEqual(2)
  expect(leak(concatBytes(Uint8Array.of(1, 2), Uint8Array.from(Buffer.from(secret, 'hex'))), secrets)).toBe(
    secret,
  )
})

test('no class and instruction answers key bytes, with the PIN standing', async () => {
  const { card, secrets } = await watchedCard()
  for (let cla = 0; cla < 256; cla++) {
    await verifyPin(card)
    for (let ins = 0; ins < 256; ins++) {
      // Deleting would end the sweep early; that it answers nothing is tested by itself.
      if (ins === COMMANDS.deleteContainer.ins) continue
      const answer = await card.transmit(encodeCommand({ cla, ins, p1: 0, p2: 0, data: NAME, ne: 65_536 }))
      expect(leak(answer, secrets)).toBeUndefined()
    }
  }
}, 120_000)

test('no P1 and P2 of any instruction the applet knows answers key bytes, with the PIN standing', async () => {
  const { card, secrets } = await watchedCard()
  const headers = new Map(Object.values(COMMANDS).map(({ cla, ins }) => [(cla << 8) | ins, { cla, ins }]))
  const refused: string[] = []
  for (const { cla, ins } of headers.values()) {
    // Deleting would end the sweep early; that it answers nothing is tested by itself.
    if (ins === COMMANDS.deleteContainer.ins) continue
    const allowed = new Set(
      Object.values(COMMANDS).flatMap((rule) => (rule.ins === ins && rule.cla === cla ? rule.p1p2 : [])),
    )
    await verifyPin(card)
    for (let parameters = 0; parameters < 0x10000; parameters++) {
      const command = { cla, ins, p1: parameters >> 8, p2: parameters & 0xff, ne: 256 }
      if (allowed.has(parameters)) {
        for (const data of BODIES) {
          await verifyPin(card)
          expect(leak(await card.transmit(encodeCommand({ ...command, data })), secrets)).toBeUndefined()
        }
        continue
      }
      const answer = await card.transmit(encodeCommand({ ...command, data: NAME }))
      // A plain comparison: a million assertions would take longer than the card does.
      if (answer.length !== 2 || answer[0] !== 0x6a || answer[1] !== 0x86) refused.push(bytesToHex(answer))
    }
  }
  expect(refused).toEqual([])
}, 240_000)

test('no command writes a private key: every pair on the card came from its own random numbers', async () => {
  const { card, secrets } = await watchedCard()
  const chosen = randomBytes(32)
  // Offered as body of everything the applet knows, in the forms a key import would take.
  for (const { cla, ins, p1p2 } of Object.values(COMMANDS)) {
    if (ins === COMMANDS.deleteContainer.ins) continue
    for (const parameters of p1p2) {
      for (const data of [
        chosen,
        concatBytes(field(NAME), chosen),
        concatBytes(field(NAME), field(chosen)),
      ]) {
        await verifyPin(card)
        await card.transmit(
          encodeCommand({ cla, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 256 }),
        )
      }
    }
  }
  const { publicKey } = Sm2PrivateKey.fromBytes(chosen)
  const onCard = []
  for (const { name } of parseInventory((await send(card, COMMANDS.listContainers)).data))
    for (const p1p2 of COMMANDS.exportPublicKey.p1p2)
      onCard.push((await send(card, COMMANDS.exportPublicKey, { p1p2, data: utf8ToBytes(name) })).data)
  expect(onCard.filter((bytes) => bytes.length === 65).length).toBeGreaterThanOrEqual(1)
  expect(onCard.map(bytesToHex)).not.toContain(bytesToHex(publicKey.bytes))
  expect(secrets).not.toContain(bytesToHex(chosen))
})
