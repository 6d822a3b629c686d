import { concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Sign, sm3 } from '@anqu/gm-crypto'
import { beforeEach, expect, test } from 'vitest'
import { encodeCommand } from '../apdu/command.ts'
import { COMMANDS, SECURITY_SERVICE_AID } from '../applets/security-service/command-table.ts'
import { SM4 } from '../channel/block-cipher.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import {
  accessRulesData,
  commandFilter,
  deleteAccessRulesData,
  deleteKeySet,
  storeData,
} from '../issuer/personalisation.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { CuttingStorage, type Cut } from '../testing/scripted-storage.ts'
import { keySet, manage, putKey } from '../testing/issuer-channel.ts'
import { raw } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import type { CardStorage } from '../storage/card-storage.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import type { AccessRule } from './access-rule.ts'
import { encodeClientBinding, encodeClientStatement } from './client-binding.ts'

const PIN = '2468135'
const ISSUER = keySet(SM4, 0x30, 0x10)
const CLIENT = keySet(SM4, 0x40, 0x50)
const NEXT_CLIENT = keySet(SM4, 0x41, 0x90)
const SECURED = { cla: 0x80, ins: 0xf0, p1: 0x80, p2: 0x0f, data: new Uint8Array(0), ne: 256 }

interface Publisher {
  readonly key: Sm2PrivateKey
  readonly certificate: Uint8Array
  readonly hash: Uint8Array
}

async function publisher(serialHex: string): Promise<Publisher> {
  const key = Sm2PrivateKey.generate()
  const certificate = await issueCertificate(key.publicKey, { serialHex })
  return { key, certificate, hash: sm3(certificate) }
}

const OURS = await publisher('0a0a0a0a0a0a0a0a')
const OTHERS = await publisher('0b0b0b0b0b0b0b0b')

function rule(
  of: Publisher,
  commands: AccessRule['commands'] = 'always',
  aid: Uint8Array = SECURITY_SERVICE_AID,
) {
  return { aid, certificateHash: of.hash, commands }
}

const statement = encodeClientStatement({
  name: 'anqu-app',
  version: 7,
  packageHash: sm3(utf8ToBytes('app')),
})

function binding(
  of: Publisher,
  changed: { version?: number; instance?: string; aid?: Uint8Array; signature?: Uint8Array } = {},
): Uint8Array {
  return encodeClientBinding({
    version: changed.version ?? 0x40,
    aid: changed.aid ?? SECURITY_SERVICE_AID,
    instance: utf8ToBytes(changed.instance ?? 'phone'),
    statement,
    certificate: of.certificate,
    signature: changed.signature ?? sm2Sign(of.key, statement),
  })
}

let medium: MemoryCard
let card: CardConnection
beforeEach(async () => {
  medium = new MemoryCard()
  card = powered()
})

function powered(storage: CardStorage = medium.holder()): CardConnection {
  return createCard({ storage, pinIterations: 2, channelKeys: [ISSUER] })
}

const issuer = (...commands: Parameters<typeof manage>[2][]) => manage(card, ISSUER, ...commands)
const store = async (data: Uint8Array) => (await issuer(...storeData(data))).at(-1)
const element = (keys = CLIENT) => new SecureElement(securedConnection(card, keys))

/** Keys of a client, its rule, its binding, and the card SECURED, as a TSM leaves it. */
async function personalise(commands: AccessRule['commands'] = 'always'): Promise<void> {
  await issuer(await putKey(ISSUER, CLIENT))
  expect(await store(accessRulesData([rule(OURS, commands)]))).toBe('9000')
  expect(await store(binding(OURS))).toBe('9000')
  expect(await issuer(SECURED)).toEqual(['9000'])
}

test('a client signed under a listed certificate uses the application over its own channel', async () => {
  await personalise()
  await element().setPin(PIN)
  await element().generateKeyPair('a', PIN)
  expect(await element().status()).toMatchObject({ pinSet: true, containers: 1 })
})

test('after personalisation nothing of the application is served bare, nor encrypted one way only', async () => {
  await personalise()
  for (const { cla, ins, p1p2 } of Object.values(COMMANDS)) {
    await raw(card, encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 }))
    const [parameters] = p1p2
    const data = utf8ToBytes('x')
    const command = { cla, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 256 }
    expect((await raw(card, encodeCommand(command))).sw).toBe('6982')
  }
})

test('who is not listed gets one answer, whatever is missing', async () => {
  await personalise()
  const words: (string | undefined)[] = []
  // The issuer's own keys are no client's.
  const attempt = (keys: typeof CLIENT) =>
    element(keys)
      .status()
      .catch((error: unknown) => String((error as { statusWord?: number }).statusWord?.toString(16)))
  words.push(String(await attempt(ISSUER)))
  // Keys without a binding.
  await issuer(await putKey(ISSUER, NEXT_CLIENT))
  words.push(String(await attempt(NEXT_CLIENT)))
  // The rule is gone.
  expect(await store(deleteAccessRulesData(SECURITY_SERVICE_AID))).toBe('9000')
  words.push(String(await attempt(CLIENT)))
  // A rule that says never.
  expect(await store(accessRulesData([rule(OURS, 'never')]))).toBe('9000')
  words.push(String(await attempt(CLIENT)))
  expect(words).toEqual(['6982', '6982', '6982', '6982'])
})

test('a rule by command lets those through and nothing else', async () => {
  await personalise([
    commandFilter(COMMANDS.getStatus),
    commandFilter(COMMANDS.changePin),
    { header: hexToBytes('00200080'), mask: hexToBytes('ffffffff') },
    { header: hexToBytes('80460000'), mask: hexToBytes('ffffffff') },
  ])
  await element().setPin(PIN)
  await element().verifyPin(PIN)
  expect(await element().listContainers()).toEqual([])
  for (const refused of [
    () => element().generateKeyPair('a', PIN),
    () => element().deleteContainer('a', PIN),
    () => element().random(8),
  ])
    await expect(refused()).rejects.toMatchObject({ statusWord: 0x6982 })
})

test('a rule for one application is stronger than the one for all', async () => {
  await personalise()
  await store(accessRulesData([rule(OURS, 'never'), rule(OURS, 'always', new Uint8Array(0))]))
  await expect(element().status()).rejects.toMatchObject({ statusWord: 0x6982 })
  await store(deleteAccessRulesData(SECURITY_SERVICE_AID))
  await expect(element().status()).resolves.toMatchObject({ pinSet: false })
})

test.each<[string, string, () => Uint8Array]>([
  ['under a certificate no rule lists', '6982', () => binding(OTHERS)],
  [
    'whose statement somebody else signed',
    '6982',
    () => binding(OURS, { signature: sm2Sign(OTHERS.key, statement) }),
  ],
  ['to an application no rule is about', '6982', () => binding(OURS, { aid: hexToBytes('f04142434445') })],
  ['to keys that are not on the card', '6A88', () => binding(OURS, { version: 0x42 })],
  ["to the issuer's keys", '6A80', () => binding(OURS, { version: 0x30 })],
  ['to keys another instance holds', '6985', () => binding(OURS, { instance: 'tablet' })],
])('no binding of a client %s', async (_, word, data) => {
  await personalise()
  expect(await store(data())).toBe(word)
  await expect(element().status()).resolves.toMatchObject({ pinSet: false })
})

test('a new client instance releases the one before it, in an open session too', async () => {
  await personalise()
  const former = element()
  await former.setPin(PIN)
  await issuer(await putKey(ISSUER, NEXT_CLIENT))
  // The former client has a session open on another logical channel while the new one is bound.
  await card.transmit(hexToBytes('0070000001'))
  const select = { cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 }
  const open = securedConnection(
    {
      transmit: (bytes) => card.transmit(bytes.map((byte, at) => (at === 0 ? byte | 1 : byte))),
      reset: async () => {},
    },
    CLIENT,
  )
  await open.transmit(encodeCommand(select))
  const status = hexToBytes('80ca000000')
  expect((await raw(open, status)).sw).toBe('9000')
  expect(await store(binding(OURS, { version: 0x41, instance: 'tablet' }))).toBe('9000')
  expect((await raw(open, status)).sw).toBe('6982')
  await expect(former.status()).rejects.toMatchObject({ code: 'se.unreachable' })
  expect(await element(NEXT_CLIENT).status()).toMatchObject({ pinSet: true })
})

test.each<Cut>(['before', 'torn', 'after'])(
  'power cut %s any write of a new binding leaves exactly one client instance',
  async (how) => {
    for (let at = 1; at < 12; at++) {
      medium = new MemoryCard()
      card = powered()
      await personalise()
      await issuer(await putKey(ISSUER, NEXT_CLIENT))
      const storage = new CuttingStorage(medium.holder())
      Object.assign(storage, { cutAt: at, how })
      card = powered(storage)
      await store(binding(OURS, { version: 0x41, instance: 'tablet' })).catch(() => undefined)
      card = powered()
      const served: number[] = []
      for (const keys of [CLIENT, NEXT_CLIENT])
        served.push(
          await element(keys)
            .status()
            .then(
              () => 1,
              () => 0,
            ),
        )
      expect(served).toContain(1)
      expect(served[0]).not.toBe(served[1])
      if (storage.writes < at) return
    }
    throw new Error('a binding takes fewer than 12 writes')
  },
)

test('a client sees and uses only the containers that software of its own publisher made', async () => {
  await personalise()
  await element().setPin(PIN)
  const publicKey = await element().generateKeyPair('ours', PIN)
  const der = await issueCertificate(publicKey, { serialHex: '0c0c0c0c0c0c0c0c' })
  await element().installCertificate('ours', der, PIN)
  await issuer(await putKey(ISSUER, NEXT_CLIENT))
  await store(accessRulesData([rule(OTHERS)]))
  expect(await store(binding(OTHERS, { version: 0x41, instance: 'other' }))).toBe('9000')
  const other = element(NEXT_CLIENT)
  expect(await other.listCertificates()).toEqual([])
  expect(await other.status()).toMatchObject({ containers: 0 })
  await expect(other.readCertificate('0c0c0c0c0c0c0c0c')).rejects.toMatchObject({
    code: 'se.certificate-not-found',
  })
  await expect(other.containerCertificate('ours')).rejects.toMatchObject({ code: 'se.container-not-found' })
  await expect(other.sign('ours', PIN, utf8ToBytes('m'))).rejects.toMatchObject({
    code: 'se.container-not-found',
  })
  await expect(other.deleteContainer('ours', PIN)).rejects.toMatchObject({ code: 'se.container-not-found' })
  await expect(other.generateKeyPair('ours', PIN)).rejects.toMatchObject({ code: 'se.container-exists' })
})

test('a client manages nothing of the card, and its keys never become the issuer’s', async () => {
  await personalise()
  expect(
    await manage(
      card,
      CLIENT,
      await putKey(CLIENT, keySet(SM4, 0x31)),
      ...storeData(accessRulesData([rule(OTHERS)])),
      deleteKeySet(0x30),
      { ...SECURED, p2: 0x7f },
    ),
  ).toEqual(['6982', '6982', '6982', '6982'])
  expect(await issuer(await putKey(ISSUER, keySet(SM4, 0x40, 1), 0x30))).toEqual(['6985'])
  expect(await issuer(await putKey(ISSUER, keySet(SM4, 0x31, 1), 0x40))).toEqual(['6985'])
})

test('deleting keys releases their client; the issuer’s last keys stay', async () => {
  await personalise()
  expect(await issuer(deleteKeySet(0x40), deleteKeySet(0x40), deleteKeySet(0x30))).toEqual([
    '9000',
    '6A88',
    '6985',
  ])
  await expect(element().status()).rejects.toMatchObject({ code: 'se.unreachable' })
})

test('rules are read back as they were stored, with a tag that changes, by the issuer’s and clients’ sessions only', async () => {
  await personalise()
  const secured = securedConnection(card, ISSUER)
  const read = async (tag: string) => {
    await secured.transmit(hexToBytes('00a4040000'))
    return (await raw(secured, hexToBytes(`80ca${tag}00`))).data
  }
  const expected = accessRulesData([rule(OURS)])
  expect(await read('ff40')).toEqual(concatBytes(hexToBytes('ff40'), expected.subarray(1)))
  const before = await read('df20')
  await store(accessRulesData([rule(OTHERS)]))
  expect(await read('df20')).not.toEqual(before)
  await card.transmit(hexToBytes('00a4040000'))
  expect((await raw(card, hexToBytes('80caff4000'))).sw).toBe('6982')
})

test('STORE DATA is taken whole or not at all', async () => {
  await issuer(await putKey(ISSUER, CLIENT))
  // A good rule followed by something unknown.
  expect(await store(concatBytes(accessRulesData([rule(OURS)]), hexToBytes('c10101')))).toBe('6A80')
  const [first, ...rest] = storeData(
    accessRulesData(Array.from({ length: 8 }, (_, at) => rule(OURS, 'always', hexToBytes(`f04142434${at}`)))),
  )
  const [last = SECURED] = rest.slice(-1)
  if (first === undefined) throw new Error('more than one block')
  expect(await issuer(first, { ...last, p2: 7 })).toEqual(['9000', '6985'])
  expect(await issuer(first, SECURED)).toEqual(['9000', '9000'])
  const secured = securedConnection(card, ISSUER)
  await secured.transmit(hexToBytes('00a4040000'))
  expect((await raw(secured, hexToBytes('80caff4000'))).data).toEqual(hexToBytes('ff4000'))
})
