import { concatBytes, encodeBerTlv, findBerTlv, hexToBytes, parseBerTlv } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Sign, sm3 } from '@anqu/gm-crypto'
import { beforeEach, expect, test } from 'vitest'
import { encodeCommand } from '../apdu/command.ts'
import { SECURITY_SERVICE_AID } from '../applets/security-service/command-table.ts'
import { SM4 } from '../channel/block-cipher.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import { installForReplacement } from '../issuer/personalisation.ts'
import type { CardStorage } from '../storage/card-storage.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { CuttingStorage, type Cut } from '../testing/scripted-storage.ts'
import { field, raw, selectService } from '../testing/test-card.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { encodeLoadFile } from './load-file.ts'

const KEYS = {
  version: 0x30,
  cipher: SM4,
  keys: {
    encryption: new Uint8Array(16).fill(1),
    mac: new Uint8Array(16).fill(2),
    data: new Uint8Array(16).fill(3),
  },
}
const PACKAGE_AID = hexToBytes('f0414e51550100')
const publisher = Sm2PrivateKey.generate()
const named = { aid: PACKAGE_AID, name: 'security-service', modules: [SECURITY_SERVICE_AID] }
const DATA = encodeLoadFile({ ...named, version: 1 })

let medium: MemoryCard
beforeEach(() => {
  medium = new MemoryCard()
})

function emptyCard(storage: CardStorage = medium.holder()): CardConnection {
  const setup = {
    applications: 'to-be-loaded',
    packageKey: publisher.publicKey,
    channelKeys: [KEYS],
  } as const
  return createCard({ storage, pinIterations: 2, ...setup })
}

/** A session with the issuer's domain; answers status words. */
async function manage(card: CardConnection, ...commands: Uint8Array[]): Promise<string[]> {
  const secured = securedConnection(card, KEYS)
  await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
  const words = []
  for (const command of commands) words.push((await raw(secured, command)).sw)
  return words
}

function command(ins: number, parameters: number, data: Uint8Array): Uint8Array {
  return encodeCommand({ cla: 0x80, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 256 })
}

const empty = field(new Uint8Array(0))
const forLoad = (data = DATA) =>
  command(0xe6, 0x0200, concatBytes(field(PACKAGE_AID), empty, field(sm3(data)), empty, empty))
const signed = (data = DATA, key = publisher) =>
  concatBytes(encodeBerTlv(0xe2, encodeBerTlv(0xc3, sm2Sign(key, data))), encodeBerTlv(0xc4, data))
const install = (instance: Uint8Array = SECURITY_SERVICE_AID) =>
  command(
    0xe6,
    0x0c00,
    concatBytes(
      field(PACKAGE_AID),
      field(SECURITY_SERVICE_AID),
      field(instance),
      field(Uint8Array.of(0)),
      empty,
      empty,
    ),
  )
const remove = (aid: Uint8Array, scope = 0x00) => command(0xe4, scope, encodeBerTlv(0x4f, aid))

function inBlocks(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, at) =>
    command(0xe8, (at === count - 1 ? 0x8000 : 0) | at, bytes.slice(at * size, (at + 1) * size)),
  )
}

const downloadAndInstall = [forLoad(), ...inBlocks(signed(), 40), install()]

test('a package is loaded in blocks, verified, installed, used, and deleted with all that it stored', async () => {
  const card = emptyCard()
  expect(await selectService(card)).toBe('6A82')
  expect(new Set(await manage(card, ...downloadAndInstall))).toEqual(new Set(['9000']))
  const element = new SecureElement(card)
  await element.setPin('2468135')
  await element.generateKeyPair('a', '2468135')
  await card.reset()
  expect((await element.listContainers()).map(({ name }) => name)).toEqual(['a'])
  expect(
    await manage(
      card,
      remove(PACKAGE_AID),
      remove(SECURITY_SERVICE_AID),
      remove(PACKAGE_AID),
      remove(PACKAGE_AID),
    ),
  ).toEqual(['6985', '9000', '9000', '6A88'])
  expect(await selectService(card)).toBe('6A82')
  await manage(card, ...downloadAndInstall)
  expect(await element.status()).toMatchObject({ pinSet: false, containers: 0 })
})

test('a load file goes together with its instances when that is asked for', async () => {
  const card = emptyCard()
  await manage(card, ...downloadAndInstall)
  expect(await manage(card, remove(PACKAGE_AID, 0x80))).toEqual(['9000'])
  expect(await selectService(card)).toBe('6A82')
})

test.each<[string, string, () => Uint8Array[]]>([
  [
    'signed by somebody else',
    '6300',
    () => [forLoad(), ...inBlocks(signed(DATA, Sm2PrivateKey.generate()), 200)],
  ],
  ['not signed', '6300', () => [forLoad(), ...inBlocks(encodeBerTlv(0xc4, DATA), 200)]],
  ['other than its hash says', '6A80', () => [forLoad(concatBytes(DATA, DATA)), ...inBlocks(signed(), 200)]],
  [
    'with a module this card does not have',
    '6A80',
    () => {
      const other = encodeLoadFile({ ...named, version: 1, modules: [hexToBytes('f0000000000099')] })
      return [forLoad(other), ...inBlocks(signed(other), 200)]
    },
  ],
  [
    'under another identifier than its publisher signed',
    '6A80',
    () => {
      const other = encodeLoadFile({ ...named, aid: hexToBytes('f0414e51550199'), version: 1 })
      return [forLoad(other), ...inBlocks(signed(other), 200)]
    },
  ],
  ['that is no package', '6A80', () => [forLoad(PACKAGE_AID), ...inBlocks(signed(PACKAGE_AID), 200)]],
  ['with a block left out', '6985', () => [forLoad(), ...inBlocks(signed(), 40).slice(1)]],
])('a package %s is refused and leaves nothing', async (_, refusal, commands) => {
  const card = emptyCard()
  const sent = commands()
  const words = await manage(card, ...sent)
  expect(words.find((word) => word !== '9000')).toBe(refusal)
  expect(await manage(card, install(), remove(PACKAGE_AID))).toEqual(['6A88', '6A88'])
})

test('a load that anything interrupts is gone, and starts again from the first block', async () => {
  const card = emptyCard()
  const blocks = inBlocks(signed(), 40)
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = blocks
  const status = command(0xf2, 0x4002, hexToBytes('4f00'))
  expect(await manage(card, forLoad(), first, status, second)).toEqual(['9000', '9000', '6A88', '6985'])
  expect(await manage(card, second)).toEqual(['6985'])
  expect(new Set(await manage(card, ...downloadAndInstall))).toEqual(new Set(['9000']))
})

const versionOnCard = async (card: CardConnection) => {
  const secured = securedConnection(card, KEYS)
  await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
  const { data } = await raw(secured, hexToBytes('80f21002024f0000'))
  const [entry] = parseBerTlv(data)
  return findBerTlv(entry?.children ?? [], 0xce)?.value.at(-1)
}
const replacement = (version: number, modules: Uint8Array[] = [SECURITY_SERVICE_AID]) => {
  const data = encodeLoadFile({ ...named, version, modules })
  return [encodeCommand(installForReplacement(PACKAGE_AID, sm3(data))), ...inBlocks(signed(data), 40)]
}

test('a newer version takes the place of the one on the card, and its instances keep all they stored', async () => {
  const card = emptyCard()
  await manage(card, ...downloadAndInstall)
  const element = new SecureElement(card)
  await element.setPin('2468135')
  await element.generateKeyPair('a', '2468135')
  expect(new Set(await manage(card, ...replacement(2)))).toEqual(new Set(['9000']))
  expect(await versionOnCard(card)).toBe(2)
  await card.reset()
  expect((await element.listContainers()).map(({ name }) => name)).toEqual(['a'])
  // No way back to a version with a known hole, and none that leaves an instance without its module.
  for (const refused of [replacement(2), replacement(1)])
    expect((await manage(card, ...refused)).at(-1)).toBe('6985')
  expect(await versionOnCard(card)).toBe(2)
})

test('nothing is replaced that is not there', async () => {
  expect((await manage(emptyCard(), ...replacement(2)))[0]).toBe('6A88')
})

test.each<Cut>(['before', 'torn', 'after'])(
  'power cut %s any write of a replacement leaves the old version or the new one at work',
  async (how) => {
    for (let at = 1; at < 20; at++) {
      medium = new MemoryCard()
      await manage(emptyCard(), ...downloadAndInstall)
      const storage = new CuttingStorage(medium.holder())
      Object.assign(storage, { cutAt: at, how })
      await manage(emptyCard(storage), ...replacement(2)).catch(() => undefined)
      const card = emptyCard()
      expect(await selectService(card)).toBe('9000')
      const version = await versionOnCard(card)
      expect([1, 2]).toContain(version)
      if (version === 1) expect(new Set(await manage(card, ...replacement(2)))).toEqual(new Set(['9000']))
      if (storage.writes < at) return
    }
    throw new Error('a replacement takes fewer than 20 writes')
  },
)

test('an identifier is given once, and content is managed over the channel only', async () => {
  const card = emptyCard()
  await manage(card, ...downloadAndInstall)
  expect(await manage(card, install(), forLoad())).toEqual(['6985', '6985'])
  // An instance under the issuer's own identifier would share its key files.
  expect(await manage(card, install(hexToBytes('a000000151000000')))).toEqual(['6985'])
  await card.transmit(hexToBytes('00a4040000'))
  for (const bare of [forLoad(), install(), remove(PACKAGE_AID, 0x80)])
    expect((await raw(card, bare)).sw).toBe('6982')
  expect(await selectService(card)).toBe('9000')
})

test.each<Cut>(['before', 'torn', 'after'])(
  'power cut %s any write of an installation leaves no half-installed card',
  async (how) => {
    for (let at = 1; at < 20; at++) {
      medium = new MemoryCard()
      await emptyCard().transmit(hexToBytes('00a4040000'))
      const storage = new CuttingStorage(medium.holder())
      Object.assign(storage, { cutAt: at, how })
      await manage(emptyCard(storage), ...downloadAndInstall).catch(() => undefined)
      const card = emptyCard()
      const selected = await selectService(card)
      expect(['9000', '6A82']).toContain(selected)
      // Whatever the cut left, deleting and installing again works.
      await manage(card, remove(PACKAGE_AID, 0x80))
      expect(new Set(await manage(card, ...downloadAndInstall))).toEqual(new Set(['9000']))
      if (storage.writes < at) return
    }
    throw new Error('an installation takes fewer than 20 writes')
  },
)
