import { utf8ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate, parseCsr, verifyCsr, type Name } from '@anqu/pki'
import { beforeEach, expect, test } from 'vitest'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { testCard } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import { CardConnectionLost } from '../transports/card-connection.ts'
import { SecureElement } from './secure-element.ts'

const PIN = '2468135'
const SUBJECT: Name = [
  { type: 'C', value: 'CN' },
  { type: 'O', value: '安渠' },
  { type: 'CN', value: '张三' },
]
const MESSAGE = utf8ToBytes('order')

let medium: MemoryCard
let element: SecureElement
beforeEach(async () => {
  medium = new MemoryCard()
  element = new SecureElement(testCard(medium.holder()))
  await element.setPin(PIN)
})

async function enrol(container = 'a', times: { notBeforeMs?: number; notAfterMs?: number } = {}) {
  const publicKey = await element.generateKeyPair(container, PIN)
  const csr = parseCsr(await element.createCsr(container, SUBJECT, PIN))
  expect(verifyCsr(csr)).toBe(true)
  expect(csr.publicKey.equals(publicKey)).toBe(true)
  const der = await issueCertificate(publicKey, { serialHex: `010203040506070${container.length}`, ...times })
  await element.installCertificate(container, der)
  return { publicKey, der }
}

test('from blank card to verified signature: PIN, pair, request, certificate, signature', async () => {
  const { publicKey, der } = await enrol()
  const signature = await element.sign('a', PIN, MESSAGE)
  expect(sm2Verify(publicKey, MESSAGE, signature)).toBe(true)
  expect(await element.verify(publicKey, MESSAGE, signature)).toBe(true)
  expect(await element.verify(publicKey, utf8ToBytes('another'), signature)).toBe(false)
  expect(await element.listCertificates()).toMatchObject([
    { container: 'a', usage: 'signing', serialHex: '0102030405060701' },
  ])
  expect(await element.readCertificate('0102030405060701')).toEqual(der)
  expect(await element.containerCertificate('a')).toEqual(der)
  const { notBeforeMs, notAfterMs } = parseCertificate(der)
  expect(await element.readCertificateByValidity(notBeforeMs, notAfterMs)).toEqual(der)
})

test('the request carries the subject it was asked for', async () => {
  await element.generateKeyPair('a', PIN)
  expect(parseCsr(await element.createCsr('a', SUBJECT, PIN)).subject).toEqual(SUBJECT)
})

test('a wrong PIN says how many tries are left, then that it is locked', async () => {
  for (const triesLeft of [5, 4, 3, 2, 1])
    await expect(element.verifyPin('000000')).rejects.toMatchObject({ code: 'se.pin-wrong', triesLeft })
  await expect(element.verifyPin('000000')).rejects.toMatchObject({ code: 'se.pin-locked' })
  await expect(element.sign('a', PIN, MESSAGE)).rejects.toMatchObject({ code: 'se.pin-locked' })
  expect(await element.status()).toMatchObject({ pinSet: true, triesLeft: 0, triesLimit: 6 })
})

test.each<[string, (card: SecureElement) => Promise<unknown>]>([
  ['se.pin-already-set', (card) => card.setPin(PIN)],
  ['se.pin-length', (card) => card.changePin(PIN, '123')],
  ['se.pin-length', (card) => card.verifyPin('')],
  ['se.container-exists', (card) => card.generateKeyPair('a', PIN)],
  ['se.container-not-found', (card) => card.renewKeyPair('b', PIN)],
  ['se.container-not-found', (card) => card.sign('b', PIN, MESSAGE)],
  ['se.container-not-found', (card) => card.deleteContainer('b', PIN)],
  ['se.container-name', (card) => card.generateKeyPair('', PIN)],
  ['se.key-not-found', (card) => card.publicKey('a', { usage: 'encryption' })],
  ['se.key-not-found', (card) => card.decrypt('a', PIN, MESSAGE)],
  ['se.key-not-found', (card) => card.discardPendingKeyPair('a', PIN)],
  ['se.certificate-not-found', (card) => card.readCertificate('0909')],
  ['se.certificate-malformed', (card) => card.installCertificate('a', MESSAGE)],
  [
    'se.certificate-missing',
    async (card) => {
      await card.generateKeyPair('fresh', PIN)
      await card.sign('fresh', PIN, MESSAGE)
    },
  ],
  [
    'se.key-pending',
    async (card) => {
      await card.renewKeyPair('a', PIN)
      await card.renewKeyPair('a', PIN)
    },
  ],
  ['se.subject', (card) => card.createCsr('a', [], PIN)],
  ['se.subject', (card) => card.createCsr('a', [{ type: 'C', value: 'China' }], PIN)],
  ['se.subject', (card) => card.createCsr('a', [{ type: 'nothing', value: 'x' }], PIN)],
])('%s is told by name', async (code, act) => {
  await enrol()
  await expect(act(element)).rejects.toMatchObject({ name: 'SecureElementError', code })
})

test('a certificate for another key, or one nobody asked for, is refused by name', async () => {
  const { der } = await enrol('a')
  await element.generateKeyPair('bb', PIN)
  await expect(element.installCertificate('bb', der)).rejects.toMatchObject({
    code: 'se.certificate-mismatch',
  })
  await expect(element.installCertificate('a', der)).rejects.toMatchObject({ code: 'se.not-authorised' })
  await element.installCertificate('a', der, PIN)
})

test('a renewal keeps the old pair at work until its certificate is in', async () => {
  const { publicKey: old } = await enrol()
  const renewed = await element.renewKeyPair('a', PIN)
  expect((await element.publicKey('a', { state: 'pending' })).equals(renewed)).toBe(true)
  await element.createCsr('a', SUBJECT, PIN)
  expect(sm2Verify(old, MESSAGE, await element.sign('a', PIN, MESSAGE))).toBe(true)
  await element.installCertificate('a', await issueCertificate(renewed, { serialHex: '0a0b0c0d0a0b0c0d' }))
  expect(sm2Verify(renewed, MESSAGE, await element.sign('a', PIN, MESSAGE))).toBe(true)
  expect(await element.listCertificates()).toMatchObject([{ serialHex: '0a0b0c0d0a0b0c0d' }])
})

test('many signatures at once never mix up: each has its own PIN check', async () => {
  const { publicKey } = await enrol()
  const messages = Array.from({ length: 12 }, (_, at) => utf8ToBytes(`order ${at}`))
  const results = await Promise.allSettled(
    messages.map((message, at) => element.sign('a', at % 4 === 3 ? '000000' : PIN, message)),
  )
  results.forEach((result, at) => {
    if (at % 4 === 3) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'se.pin-wrong' } })
    else
      expect(
        result.status === 'fulfilled' && sm2Verify(publicKey, messages[at] ?? MESSAGE, result.value),
      ).toBe(true)
  })
})

test('a long message is signed whole', async () => {
  const { publicKey } = await enrol()
  const message = new Uint8Array(60_000).fill(0x5a)
  expect(sm2Verify(publicKey, message, await element.sign('a', PIN, message))).toBe(true)
})

test('expired certificates go together with their keys, the others stay', async () => {
  await enrol('a', { notBeforeMs: 1_600_000_000_000, notAfterMs: 1_700_000_000_000 })
  await enrol('bb', { notBeforeMs: 1_600_000_000_000, notAfterMs: 1_900_000_000_000 })
  expect(await element.deleteExpired(PIN, 1_800_000_000_000)).toEqual(['a'])
  expect((await element.listContainers()).map(({ name }) => name)).toEqual(['bb'])
})

test('a PIN given as bytes is left as it was, for its owner to wipe', async () => {
  const pin = utf8ToBytes(PIN)
  await element.verifyPin(pin)
  expect(pin).toEqual(utf8ToBytes(PIN))
})

test('a second program that opens the card takes it over, and the first is told', async () => {
  await enrol()
  const second = new SecureElement(testCard(medium.holder()))
  await second.verifyPin(PIN)
  await expect(element.sign('a', PIN, MESSAGE)).rejects.toMatchObject({ code: 'se.released' })
  expect((await second.sign('a', PIN, MESSAGE)).length).toBe(64)
})

test('a lost connection is told as unreachable', async () => {
  const lost = async () => {
    throw new CardConnectionLost('unplugged')
  }
  await expect(new SecureElement({ transmit: lost, reset: lost }).status()).rejects.toMatchObject({
    code: 'se.unreachable',
  })
})
