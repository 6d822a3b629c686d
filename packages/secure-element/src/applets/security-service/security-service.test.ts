import { concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PublicKey, sm2Encrypt, sm2Verify } from '@anqu/gm-crypto'
import { parseCsr, verifyCsr } from '@anqu/pki'
import { beforeEach, expect, test } from 'vitest'
import { MemoryCard } from '../../storage/memory-card-storage.ts'
import { cardWithPin, field, PIN, selectService, send, testCard, verifyPin } from '../../testing/test-card.ts'
import { issueCertificate } from '../../testing/test-certificates.ts'
import type { CardConnection } from '../../transports/card-connection.ts'
import { parseInventory, parseStatus } from './answers.ts'
import { COMMANDS } from './command-table.ts'

const NAME = utf8ToBytes('投保')
const SUBJECT = concatBytes(field('CN'), field('张三'), field('C'), field('CN'))
const MESSAGE = utf8ToBytes('保费 100.00 元')
const WRONG = utf8ToBytes('000000')

let medium: MemoryCard
let card: CardConnection
beforeEach(async () => {
  medium = new MemoryCard()
  card = await cardWithPin(medium.holder())
})

async function generate(p1p2 = 0x0101, name = NAME): Promise<Sm2PublicKey> {
  await verifyPin(card)
  return Sm2PublicKey.fromBytes((await send(card, COMMANDS.generateKeyPair, { p1p2, data: name })).data)
}

async function request(p1p2 = 0x0001): Promise<{ sw: string; data: Uint8Array }> {
  await verifyPin(card)
  return send(card, COMMANDS.createRequest, { p1p2, data: concatBytes(field(NAME), SUBJECT) })
}

async function install(publicKey: Sm2PublicKey, serialHex = '0102030405060708'): Promise<string> {
  const der = await issueCertificate(publicKey, { serialHex })
  return (await send(card, COMMANDS.installCertificate, { data: concatBytes(field(NAME), der) })).sw
}

async function ready(): Promise<Sm2PublicKey> {
  const publicKey = await generate()
  await request()
  expect(await install(publicKey)).toBe('9000')
  return publicKey
}

const sign = () => send(card, COMMANDS.sign, { data: concatBytes(field(NAME), MESSAGE) })

test('a signature needs the PIN, and the right ends with that signature', async () => {
  const publicKey = await ready()
  expect(await sign()).toEqual({ sw: '6982', data: new Uint8Array(0) })
  await verifyPin(card)
  const signature = await sign()
  expect(signature.sw).toBe('9000')
  expect(sm2Verify(publicKey, MESSAGE, signature.data)).toBe(true)
  expect(await sign()).toEqual({ sw: '6982', data: new Uint8Array(0) })
})

test('a signature that fails ends the right too', async () => {
  await ready()
  await verifyPin(card)
  expect((await send(card, COMMANDS.sign, { data: field('other') })).sw).toBe('6A88')
  expect((await sign()).sw).toBe('6982')
})

test('selecting anew and powering off end the right', async () => {
  await ready()
  await verifyPin(card)
  await selectService(card)
  expect((await sign()).sw).toBe('6982')
  await verifyPin(card)
  await card.reset()
  await selectService(card)
  expect((await sign()).sw).toBe('6982')
})

test('before its certificate is installed a pair signs nothing but its request', async () => {
  const publicKey = await generate()
  expect((await sign()).sw).toBe('6985')
  const csr = await request()
  expect(csr.sw).toBe('9000')
  expect(verifyCsr(parseCsr(csr.data))).toBe(true)
  expect(parseCsr(csr.data).publicKey.equals(publicKey)).toBe(true)
})

test('six wrong PINs lock the card for good, and the right one no longer helps', async () => {
  const words = []
  for (let attempt = 0; attempt < 7; attempt++) words.push(await verifyPin(card, WRONG))
  expect(words).toEqual(['63C5', '63C4', '63C3', '63C2', '63C1', '6983', '6983'])
  expect(await verifyPin(card)).toBe('6983')
  await card.reset()
  await selectService(card)
  expect(await verifyPin(card)).toBe('6983')
  expect(parseStatus((await send(card, COMMANDS.getStatus)).data).triesLeft).toBe(0)
})

test('a right PIN gives all tries back, also by the quick way after the first', async () => {
  for (let round = 0; round < 3; round++) {
    expect(await verifyPin(card, WRONG)).toBe('63C5')
    expect(await verifyPin(card, WRONG)).toBe('63C4')
    expect(await verifyPin(card)).toBe('9000')
  }
})

test('a wrong PIN ends what an earlier right one allowed', async () => {
  await ready()
  await verifyPin(card)
  await verifyPin(card, WRONG)
  expect((await sign()).sw).toBe('6982')
})

test('asking how many tries are left costs none', async () => {
  await verifyPin(card, WRONG)
  for (let ask = 0; ask < 8; ask++) expect(await verifyPin(card, new Uint8Array(0))).toBe('63C5')
  await verifyPin(card)
  expect(await verifyPin(card, new Uint8Array(0))).toBe('9000')
})

test('changing the PIN counts wrong old ones, keeps the keys and retires the old PIN', async () => {
  const publicKey = await ready()
  const fresh = utf8ToBytes('9753124')
  expect((await send(card, COMMANDS.changePin, { data: concatBytes(field(WRONG), field(fresh)) })).sw).toBe(
    '63C5',
  )
  expect((await send(card, COMMANDS.changePin, { data: concatBytes(field(PIN), field(fresh)) })).sw).toBe(
    '9000',
  )
  expect(await verifyPin(card)).toBe('63C5')
  expect(await verifyPin(card, fresh)).toBe('9000')
  expect(sm2Verify(publicKey, MESSAGE, (await sign()).data)).toBe(true)
})

test('a PIN is set once, and has 6 to 32 bytes', async () => {
  expect((await send(card, COMMANDS.changePin, { p1p2: 0x0180, data: field(PIN) })).sw).toBe('6A89')
  const blank = testCard(new MemoryCard().holder())
  await selectService(blank)
  for (const length of [0, 5, 33])
    expect(
      (await send(blank, COMMANDS.changePin, { p1p2: 0x0180, data: field(new Uint8Array(length)) })).sw,
    ).toBe('6A80')
  expect(await verifyPin(blank)).toBe('6985')
  expect((await send(blank, COMMANDS.changePin, { p1p2: 0x0180, data: field(new Uint8Array(32)) })).sw).toBe(
    '9000',
  )
})

test('a container name is given once', async () => {
  await generate()
  await verifyPin(card)
  expect((await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0101, data: NAME })).sw).toBe('6A8A')
  expect((await send(card, COMMANDS.createContainer, { data: NAME })).sw).toBe('6A8A')
  expect((await send(card, COMMANDS.createContainer, { data: utf8ToBytes('second') })).sw).toBe('9000')
})

test.each([new Uint8Array(0), new Uint8Array(65).fill(0x41), hexToBytes('c328'), utf8ToBytes('a\u0000b')])(
  'a name that is empty, too long, not UTF-8 or holds control characters is refused',
  async (name) => {
    await verifyPin(card)
    expect((await send(card, COMMANDS.createContainer, { data: name })).sw).toBe('6A80')
  },
)

test('a new pair never replaces a waiting one: it must be discarded by name first', async () => {
  const publicKey = await generate()
  await verifyPin(card)
  expect((await send(card, COMMANDS.generateKeyPair, { p1p2: 0x0001, data: NAME })).sw).toBe('6A89')
  const pending = await send(card, COMMANDS.exportPublicKey, { p1p2: 0x0101, data: NAME })
  expect(pending.data).toEqual(publicKey.bytes)
  await verifyPin(card)
  expect((await send(card, COMMANDS.discardKeyPair, { p1p2: 0x0001, data: NAME })).sw).toBe('9000')
  expect((await generate(0x0001)).equals(publicKey)).toBe(false)
})

test('a certificate is installed only for the pair whose key it carries', async () => {
  const publicKey = await generate()
  await request()
  const other = await generate(0x0101, utf8ToBytes('other'))
  await selectService(card)
  expect(await install(other)).toBe('6984')
  expect(
    (await send(card, COMMANDS.installCertificate, { data: concatBytes(field(NAME), MESSAGE) })).sw,
  ).toBe('6A80')
  expect(await install(publicKey)).toBe('9000')
})

test('without a request or a PIN nobody installs a certificate, and a request allows it once', async () => {
  const publicKey = await generate()
  await selectService(card)
  expect(await install(publicKey)).toBe('6982')
  await request()
  expect(await install(publicKey, '0a0b0c0d0a0b0c0d')).toBe('9000')
  expect(await install(publicKey, '0a0b0c0d0a0b0c0e')).toBe('6982')
  await verifyPin(card)
  expect(await install(publicKey, '0a0b0c0d0a0b0c0e')).toBe('9000')
})

test('in a renewal the old pair signs until the new certificate is in, then the new pair alone', async () => {
  const old = await ready()
  const renewed = await generate(0x0001)
  await request()
  await verifyPin(card)
  expect(sm2Verify(old, MESSAGE, (await sign()).data)).toBe(true)
  expect(await install(renewed, '0506070805060708')).toBe('9000')
  await verifyPin(card)
  expect(sm2Verify(renewed, MESSAGE, (await sign()).data)).toBe(true)
  const readOld = await send(card, COMMANDS.readCertificate, {
    p1p2: 0x0100,
    data: hexToBytes('0102030405060708'),
  })
  expect(readOld.sw).toBe('6A82')
})

test('a certificate is read by container, serial number or validity, and never without a selector', async () => {
  const publicKey = await generate()
  await request()
  const der = await issueCertificate(publicKey, {
    serialHex: '0102030405060708',
    notBeforeMs: 1_700_000_000_000,
    notAfterMs: 1_800_000_000_000,
  })
  await send(card, COMMANDS.installCertificate, { data: concatBytes(field(NAME), der) })
  const read = (p1p2: number, data: Uint8Array) => send(card, COMMANDS.readCertificate, { p1p2, data })
  const validity = new Uint8Array(16)
  new DataView(validity.buffer).setBigUint64(0, 1_700_000_000_000n)
  new DataView(validity.buffer).setBigUint64(8, 1_800_000_000_000n)
  expect((await read(0x0001, NAME)).data).toEqual(der)
  expect((await read(0x0100, hexToBytes('0102030405060708'))).data).toEqual(der)
  expect((await read(0x0200, validity)).data).toEqual(der)
  expect((await read(0x0100, hexToBytes('0102030405060709'))).sw).toBe('6A82')
  expect((await read(0x0200, new Uint8Array(16))).sw).toBe('6A82')
  for (const p1p2 of [0x0001, 0x0100, 0x0200]) expect((await read(p1p2, new Uint8Array(0))).sw).toBe('6A80')
})

test('the list tells of containers and serial numbers and carries no certificate', async () => {
  await ready()
  await generate(0x0002)
  const list = parseInventory((await send(card, COMMANDS.listContainers)).data)
  expect(list).toMatchObject([
    {
      name: '投保',
      pairs: [
        { usage: 'signing', pending: false, certificate: { serialHex: '0102030405060708' } },
        { usage: 'encryption', pending: true },
      ],
    },
  ])
})

test('deleting takes certificate and keys, needs the PIN and gives the space back', async () => {
  const free = async () => parseStatus((await send(card, COMMANDS.getStatus)).data).freeBytes
  const before = await free()
  await ready()
  await generate(0x0002)
  await selectService(card)
  expect((await send(card, COMMANDS.deleteContainer, { data: NAME })).sw).toBe('6982')
  await verifyPin(card)
  expect((await send(card, COMMANDS.deleteContainer, { data: NAME })).sw).toBe('9000')
  expect(
    (await send(card, COMMANDS.readCertificate, { p1p2: 0x0100, data: hexToBytes('0102030405060708') })).sw,
  ).toBe('6A82')
  expect((await send(card, COMMANDS.exportPublicKey, { p1p2: 0x0001, data: NAME })).sw).toBe('6A88')
  expect(await free()).toBe(before)
})

test('what is enciphered for the encryption pair only that pair opens, under the PIN', async () => {
  await ready()
  const publicKey = await generate(0x0002)
  await request(0x0002)
  expect(await install(publicKey, '0f0e0d0c0f0e0d0c')).toBe('9000')
  const twice = []
  for (let round = 0; round < 2; round++)
    twice.push((await send(card, COMMANDS.encrypt, { data: concatBytes(publicKey.bytes, MESSAGE) })).data)
  expect(twice[0]).not.toEqual(twice[1])
  const open = (ciphertext: Uint8Array) =>
    send(card, COMMANDS.decrypt, { data: concatBytes(field(NAME), ciphertext) })
  const ciphertext = twice[0] ?? new Uint8Array(0)
  expect((await open(ciphertext)).sw).toBe('6982')
  await verifyPin(card)
  expect((await open(ciphertext)).data).toEqual(MESSAGE)
  await verifyPin(card)
  expect((await open(sm2Encrypt(await generate(0x0101, utf8ToBytes('x')), MESSAGE))).sw).toBe('6A80')
})

test('the card verifies signatures of anybody', async () => {
  const publicKey = await ready()
  await verifyPin(card)
  const { data: signature } = await sign()
  const check = (message: Uint8Array) =>
    send(card, COMMANDS.verifySignature, { data: concatBytes(publicKey.bytes, signature, message) })
  expect((await check(MESSAGE)).sw).toBe('9000')
  expect((await check(WRONG)).sw).toBe('6300')
  expect((await send(card, COMMANDS.verifySignature, { data: new Uint8Array(129) })).sw).toBe('6A80')
})

test('the images on the medium hold neither PIN nor container name in clear', async () => {
  await ready()
  for (const slot of [0, 1] as const) {
    const image = Buffer.from(medium.image(slot) ?? [])
    expect(image.length).toBeGreaterThan(300)
    for (const secret of [PIN, NAME]) expect(image.includes(Buffer.from(secret))).toBe(false)
  }
})

test('everything survives a power-off', async () => {
  const publicKey = await ready()
  await card.reset()
  await selectService(card)
  await verifyPin(card)
  expect(sm2Verify(publicKey, MESSAGE, (await sign()).data)).toBe(true)
})
