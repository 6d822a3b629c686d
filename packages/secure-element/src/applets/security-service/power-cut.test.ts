import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PublicKey, sm2Verify } from '@anqu/gm-crypto'
import { expect, test } from 'vitest'
import { MemoryCard } from '../../storage/memory-card-storage.ts'
import { CuttingStorage, type Cut } from '../../testing/scripted-storage.ts'
import { cardWithPin, field, selectService, send, testCard, verifyPin } from '../../testing/test-card.ts'
import { issueCertificate } from '../../testing/test-certificates.ts'
import type { CardConnection } from '../../transports/card-connection.ts'
import { COMMANDS } from './command-table.ts'

const NAME = utf8ToBytes('c')
const MESSAGE = utf8ToBytes('message')
const CUTS: Cut[] = ['before', 'torn', 'after']

interface Scene {
  readonly medium: MemoryCard
  readonly storage: CuttingStorage
  readonly card: CardConnection
  readonly old: Sm2PublicKey
  readonly renewed: Sm2PublicKey
  readonly certificate: Uint8Array
}

/** A container at work, with a renewal whose certificate is about to be installed. */
async function scene(): Promise<Scene> {
  const medium = new MemoryCard()
  const storage = new CuttingStorage(medium.holder())
  const card = await cardWithPin(storage)
  const old = await generate(card, 0x0101)
  await install(card, await issueCertificate(old, { serialHex: '0102030405060708' }))
  const renewed = await generate(card, 0x0001)
  return {
    medium,
    storage,
    card,
    old,
    renewed,
    certificate: await issueCertificate(renewed, { serialHex: '0506070805060708' }),
  }
}

async function generate(card: CardConnection, p1p2: number): Promise<Sm2PublicKey> {
  await verifyPin(card)
  return Sm2PublicKey.fromBytes((await send(card, COMMANDS.generateKeyPair, { p1p2, data: NAME })).data)
}

async function install(card: CardConnection, der: Uint8Array): Promise<string> {
  await verifyPin(card)
  return (await send(card, COMMANDS.installCertificate, { data: concatBytes(field(NAME), der) })).sw
}

async function signer(card: CardConnection, keys: readonly Sm2PublicKey[]): Promise<number | 'nothing'> {
  await verifyPin(card)
  const { sw, data } = await send(card, COMMANDS.sign, { data: concatBytes(field(NAME), MESSAGE) })
  if (sw === '6A88') return 'nothing'
  return keys.findIndex((key) => sm2Verify(key, MESSAGE, data))
}

/** Runs `work` with the power cut at its k-th write, for every k, and shows what the next power-up finds. */
async function cutEverywhere(
  how: Cut,
  work: (scene: Scene) => Promise<unknown>,
  check: (scene: Scene, card: CardConnection) => Promise<void>,
) {
  const reference = await scene()
  const before = reference.storage.writes
  await work(reference)
  const writes = reference.storage.writes - before
  expect(writes).toBeGreaterThan(0)
  for (let at = 1; at <= writes; at++) {
    const tried = await scene()
    tried.storage.how = how
    tried.storage.cutAt = tried.storage.writes + at
    await work(tried).catch(() => undefined)
    const card = testCard(tried.medium.holder())
    await selectService(card)
    await check(tried, card)
  }
}

test.each(CUTS)('a renewal cut %s any write leaves one working pair: the old or the new one', async (how) => {
  await cutEverywhere(
    how,
    ({ card, certificate }) => install(card, certificate),
    async ({ old, renewed }, card) => {
      expect([0, 1]).toContain(await signer(card, [old, renewed]))
    },
  )
})

test.each(CUTS)('a deletion cut %s any write leaves certificate and key together or neither', async (how) => {
  await cutEverywhere(
    how,
    async ({ card }) => {
      await verifyPin(card)
      await send(card, COMMANDS.deleteContainer, { data: NAME })
    },
    async ({ old }, card) => {
      const key = await signer(card, [old])
      const { sw } = await send(card, COMMANDS.readCertificate, { p1p2: 0x0001, data: NAME })
      expect([key, sw]).toEqual(key === 0 ? [0, '9000'] : ['nothing', '6A88'])
    },
  )
})

test.each(CUTS)(
  'a PIN whose counter write is cut %s says nothing about the PIN, right or wrong',
  async (how) => {
    for (const pin of ['2468135', '000000']) {
      const medium = new MemoryCard()
      await cardWithPin(medium.holder())
      const storage = new CuttingStorage(medium.holder())
      Object.assign(storage, { how, cutAt: 1 })
      const card = testCard(storage)
      await selectService(card)
      expect(await verifyPin(card, utf8ToBytes(pin))).toBe('6581')
      const after = testCard(medium.holder())
      await selectService(after)
      expect(await verifyPin(after, new Uint8Array(0))).toBe(how === 'after' ? '63C5' : '63C6')
    }
  },
)

test('power cut after every wrong PIN gives six guesses, not more', async () => {
  const medium = new MemoryCard()
  await cardWithPin(medium.holder())
  const words: string[] = []
  for (let attempt = 0; attempt < 8; attempt++) {
    const storage = new CuttingStorage(medium.holder())
    storage.cutAt = 2
    const card = testCard(storage)
    await selectService(card)
    words.push(await verifyPin(card, utf8ToBytes('000000')))
  }
  expect(words).toEqual(['63C5', '63C4', '63C3', '63C2', '63C1', '6983', '6983', '6983'])
})

test.each(CUTS)('a PIN change cut %s any write leaves exactly one PIN that opens the keys', async (how) => {
  const fresh = utf8ToBytes('9753124')
  await cutEverywhere(
    how,
    ({ card }) => send(card, COMMANDS.changePin, { data: concatBytes(field('2468135'), field(fresh)) }),
    async (_, card) => {
      const words = [await verifyPin(card), await verifyPin(card, fresh)]
      expect(words.filter((word) => word === '9000')).toHaveLength(1)
    },
  )
})

test.each(CUTS)(
  'generating a pair cut %s any write leaves the container as it was or with the whole pair',
  async (how) => {
    const fresh = utf8ToBytes('fresh')
    await cutEverywhere(
      how,
      async ({ card }) => {
        await verifyPin(card)
        await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0101, data: fresh })
      },
      async (_, card) => {
        const { sw } = await send(card, COMMANDS.exportPublicKey, { p1p2: 0x0101, data: fresh })
        expect(['9000', '6A88']).toContain(sw)
        await verifyPin(card)
        const again = await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0101, data: fresh })
        expect(again.sw).toBe(sw === '9000' ? '6A8A' : '9000')
      },
    )
  },
)
