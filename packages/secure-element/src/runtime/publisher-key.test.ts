import { hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Sign, sm3, type Sm2PublicKey } from '@anqu/gm-crypto'
import { beforeEach, expect, test } from 'vitest'
import { COMMANDS, SECURITY_SERVICE_AID } from '../applets/security-service/command-table.ts'
import { encodeCommand, type CommandApdu } from '../apdu/command.ts'
import { SM4 } from '../channel/block-cipher.ts'
import { nodeTripleDes } from '../channel/node-triple-des.ts'
import { scp02Connection } from '../channel/scp02-connection.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import { installApplication, loadPackage, putPublisherKey, setCardState } from '../issuer/commands.ts'
import { accessRulesData, clientCommandFilters, deleteKeySet, storeData } from '../issuer/personalisation.ts'
import type { CardStorage } from '../storage/card-storage.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { keySet, manage, putKey } from '../testing/issuer-channel.ts'
import { CuttingStorage, type Cut } from '../testing/scripted-storage.ts'
import { raw } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { encodeClientBinding, encodeClientStatement } from './client-binding.ts'
import { encodeLoadFile } from './load-file.ts'

const ISSUER = keySet(SM4)
const CLIENT = keySet(SM4, 0x40, 0x90)
const OLD = keySet(nodeTripleDes, 0x20)
const PACKAGE = hexToBytes('f0414e51550100')
const named = { aid: PACKAGE, name: 'security-service', modules: [SECURITY_SERVICE_AID] }
const DATA = encodeLoadFile({ ...named, version: 1 })
const ours = Sm2PrivateKey.generate()
const theirs = Sm2PrivateKey.generate()

let medium: MemoryCard
let card: CardConnection
beforeEach(() => {
  medium = new MemoryCard()
  power()
})

function power(storage: CardStorage = medium.holder(), packageKey?: Sm2PublicKey): void {
  const scp02 = { tripleDes: nodeTripleDes, parameter: 0x15 } as const
  const built = packageKey && { packageKey }
  const applications = 'to-be-loaded'
  const channelKeys = [ISSUER, OLD]
  card = createCard({ storage, pinIterations: 2, channelKeys, applications, scp02, ...built })
}

const issuer = (...commands: CommandApdu[]) => manage(card, ISSUER, ...commands)
const signedBy = (key: Sm2PrivateKey, data = DATA) =>
  loadPackage({ aid: PACKAGE, data, signature: sm2Sign(key, DATA) }, 'new')
const install = installApplication({
  loadFile: PACKAGE,
  module: SECURITY_SERVICE_AID,
  instance: SECURITY_SERVICE_AID,
})

test('with a publisher on the card, its signature decides, whoever holds the issuer’s session', async () => {
  expect(await issuer(putPublisherKey(ours.publicKey, 'new'))).toEqual(['9000'])
  expect((await issuer(...signedBy(theirs))).at(-1)).toBe('6300')
  const other = encodeLoadFile({ ...named, version: 2 })
  expect((await issuer(...signedBy(ours, other))).at(-1)).toBe('6300')
  expect((await issuer(install)).at(-1)).toBe('6A88')
  expect((await issuer(...signedBy(ours), install)).at(-1)).toBe('9000')
})

test('it stays over power-offs, is replaced by another, and is never taken away or overwritten by adding', async () => {
  await issuer(putPublisherKey(theirs.publicKey, 'new'))
  await card.reset()
  power()
  expect(await issuer(putPublisherKey(ours.publicKey, 'new'))).toEqual(['6985'])
  expect(await issuer(deleteKeySet(0x73))).toEqual(['6A88'])
  expect((await issuer(...signedBy(ours))).at(-1)).toBe('6300')
  expect(await issuer(putPublisherKey(ours.publicKey, 'replace'))).toEqual(['9000'])
  expect((await issuer(...signedBy(ours))).at(-1)).toBe('9000')
})

test('a publisher the card was built with cannot be exchanged', async () => {
  power(medium.holder(), ours.publicKey)
  expect(await issuer(putPublisherKey(theirs.publicKey, 'new'))).toEqual(['6985'])
  expect(await issuer(putPublisherKey(theirs.publicKey, 'replace'))).toEqual(['6985'])
  expect((await issuer(...signedBy(theirs))).at(-1)).toBe('6300')
})

test('nothing that is no key becomes the publisher, and there is nothing to replace where none was', async () => {
  expect(await issuer(putPublisherKey(ours.publicKey, 'replace'))).toEqual(['6A88'])
  const valid = putPublisherKey(ours.publicKey, 'new')
  const off = valid.data.slice()
  off[20] = (off[20] ?? 0) ^ 1
  for (const data of [valid.data.slice(0, -1), valid.data.slice(0, 40), off, new Uint8Array(0)])
    expect(await issuer({ ...valid, data })).toEqual(['6A80'])
  expect((await issuer(...signedBy(theirs))).at(-1)).toBe('9000')
})

test('nobody but the issuer over its own strong channel names the publisher', async () => {
  const command = encodeCommand(putPublisherKey(theirs.publicKey, 'new'))
  await card.transmit(hexToBytes('00a4040000'))
  expect((await raw(card, command)).sw).toBe('6982')
  const old = scp02Connection(card, OLD, { level: 0x03 })
  await old.transmit(hexToBytes('00a4040000'))
  expect((await raw(old, command)).sw).toBe('6985')
})

test.each<Cut>(['before', 'torn', 'after'])(
  'power cut %s the write: the card has the old publisher or the new one',
  async (how) => {
    await issuer(putPublisherKey(theirs.publicKey, 'new'))
    const storage = new CuttingStorage(medium.holder())
    power(storage)
    await card.transmit(hexToBytes('00a4040000'))
    // The session's counter is written first.
    storage.cutAt = storage.writes + 2
    storage.how = how
    expect(await issuer(putPublisherKey(ours.publicKey, 'replace'))).toEqual(['6581'])
    power()
    const accepted = []
    for (const key of [ours, theirs]) accepted.push((await issuer(...signedBy(key))).at(-1))
    expect(accepted).toEqual(how === 'after' ? ['9000', '6985'] : ['6300', '9000'])
  },
)

/** Client software, as somebody released it for a load file. */
async function releasedFor(packageHash: Uint8Array) {
  const software = Sm2PrivateKey.generate()
  const certificate = await issueCertificate(software.publicKey, { serialHex: '0a0a0a0a0a0a0a0a' })
  const commands = clientCommandFilters()
  const rules = accessRulesData([{ aid: SECURITY_SERVICE_AID, certificateHash: sm3(certificate), commands }])
  const statement = encodeClientStatement({ name: 'app', version: 1, packageHash })
  const binding = encodeClientBinding({
    version: CLIENT.version,
    aid: SECURITY_SERVICE_AID,
    instance: utf8ToBytes('phone'),
    statement,
    certificate,
    signature: sm2Sign(software, statement),
  })
  return { commands, rules: storeData(rules), binding: storeData(binding) }
}

test('software that was released for another package than the one on the card is not bound', async () => {
  const newer = encodeLoadFile({ ...named, version: 2 })
  await issuer(...signedBy(ours), install, await putKey(ISSUER, CLIENT))
  const [early, fitting] = [await releasedFor(sm3(newer)), await releasedFor(sm3(DATA))]
  expect((await issuer(...early.rules, ...early.binding)).at(-1)).toBe('6982')
  expect((await issuer(...fitting.rules, ...fitting.binding)).at(-1)).toBe('9000')
  // What was bound stays so when a newer version comes.
  const upgrade = loadPackage({ aid: PACKAGE, data: newer, signature: sm2Sign(ours, newer) }, 'replace')
  expect((await issuer(...upgrade, setCardState(0x0f))).at(-1)).toBe('9000')
  expect(await new SecureElement(securedConnection(card, CLIENT)).status()).toMatchObject({ containers: 0 })
})

test('software under a listed certificate sends what its rule lets through to the application its publisher signed', async () => {
  const { commands, rules, binding } = await releasedFor(sm3(DATA))
  const words = await issuer(
    putPublisherKey(ours.publicKey, 'new'),
    ...signedBy(ours),
    install,
    await putKey(ISSUER, CLIENT),
    ...rules,
    ...binding,
    setCardState(0x0f),
  )
  expect(new Set(words)).toEqual(new Set(['9000']))
  const element = new SecureElement(securedConnection(card, CLIENT))
  await element.setPin('2468135')
  await element.generateKeyPair('a', '2468135')
  expect(await element.status()).toMatchObject({ containers: 1 })
  const reset = COMMANDS.resetPin
  await expect(element.resetPin(new Uint8Array(16), '864209')).rejects.toMatchObject({ statusWord: 0x6982 })
  const filters = commands.map(({ header }) => header[1])
  expect(filters).not.toContain(reset.ins)
  expect(filters).toContain(COMMANDS.sign.ins)
})
