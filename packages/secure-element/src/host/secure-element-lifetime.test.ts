import { utf8ToBytes } from '@anqu/encoding'
import { beforeEach, expect, test } from 'vitest'
import { COMMANDS } from '../applets/security-service/command-table.ts'
import { encodeCommand } from '../apdu/command.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { PIN as PIN_BYTES, selectService, testCard } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import type { Card } from '../runtime/card.ts'
import { SecureElement } from './secure-element.ts'

const PIN = '2468135'
const CONTENT = utf8ToBytes('policy 4711')
const DAY_MS = 86_400_000
const START_MS = 1_600_000_000_000

let card: ReturnType<typeof testCard>
let element: SecureElement
beforeEach(async () => {
  card = testCard(new MemoryCard().holder())
  element = new SecureElement(card)
  await element.setPin(PIN)
})

/** Pairs of both usages in `container`, the certificates valid for that many days. */
async function pairs(container: string, days: number) {
  const signing = await element.generateKeyPair(container, PIN)
  const encryption = await element.renewKeyPair(container, PIN, 'encryption')
  const times = { notBeforeMs: START_MS, notAfterMs: START_MS + days * DAY_MS }
  for (const [at, key] of [signing, encryption].entries()) {
    const serialHex = `01020304050607${container.length}${at}`
    await element.installCertificate(container, await issueCertificate(key, { serialHex, ...times }), PIN)
  }
  return { signing, encryption }
}

test('an envelope opens in the container it was sealed for, under its PIN, and nowhere else', async () => {
  const { encryption } = await pairs('a', 30)
  await pairs('bb', 30)
  const envelope = await element.sealEnvelope(encryption, CONTENT)
  expect(Buffer.from(envelope).includes('policy')).toBe(false)
  expect(await element.openEnvelope('a', PIN, envelope)).toEqual(CONTENT)
  await expect(element.openEnvelope('bb', PIN, envelope)).rejects.toMatchObject({ code: 'se.ciphertext' })
  await expect(element.openEnvelope('a', '000000', envelope)).rejects.toMatchObject({ code: 'se.pin-wrong' })
  await expect(element.openEnvelope('none', PIN, envelope)).rejects.toMatchObject({
    code: 'se.key-not-found',
  })
})

test('an envelope whose wrapped key was altered or cut does not open, and no two are alike', async () => {
  const { encryption } = await pairs('a', 30)
  const envelope = await element.sealEnvelope(encryption, CONTENT)
  expect(await element.sealEnvelope(encryption, CONTENT)).not.toEqual(envelope)
  for (const at of [2, 40, 80, 110]) {
    const altered = envelope.slice()
    altered[at] = (altered[at] ?? 0) ^ 0x01
    await expect(element.openEnvelope('a', PIN, altered)).rejects.toMatchObject({ code: 'se.ciphertext' })
  }
  for (const length of [0, 1, 20, 113])
    await expect(element.openEnvelope('a', PIN, envelope.slice(0, length))).rejects.toMatchObject({
      code: 'se.ciphertext',
    })
})

test('a destroyed pair is gone with its certificate, and the pair of the other usage works on', async () => {
  const { encryption } = await pairs('a', 30)
  const envelope = await element.sealEnvelope(encryption, CONTENT)
  await element.destroyKeyPair('a', PIN)
  await expect(element.sign('a', PIN, CONTENT)).rejects.toMatchObject({ code: 'se.certificate-missing' })
  await expect(element.publicKey('a')).rejects.toMatchObject({ code: 'se.key-not-found' })
  expect(await element.openEnvelope('a', PIN, envelope)).toEqual(CONTENT)
  await expect(element.destroyKeyPair('a', PIN)).rejects.toMatchObject({ code: 'se.key-not-found' })
  await expect(element.destroyKeyPair('a', '000000', 'encryption')).rejects.toMatchObject({
    code: 'se.pin-wrong',
  })
  expect(await element.listCertificates()).toHaveLength(1)
})

test('what runs out soon is listed: not what has run out, nor what holds longer', async () => {
  await pairs('a', 10)
  await pairs('bb', 40)
  const containers = async (days: number, withinDays: number) =>
    (await element.listExpiring(START_MS + days * DAY_MS, withinDays * DAY_MS)).map(
      ({ container, usage }) => `${container} ${usage}`,
    )
  expect(await containers(5, 7)).toEqual(['a signing', 'a encryption'])
  expect(await containers(5, 4)).toEqual([])
  expect(await containers(11, 15)).toEqual([])
  expect(await containers(11, 30)).toEqual(['bb signing', 'bb encryption'])
  expect(await containers(5, 365)).toHaveLength(4)
})

test('commands sent together run with nobody else’s in between, and stop at the first refusal', async () => {
  await selectService(card)
  const command = (rule: (typeof COMMANDS)[keyof typeof COMMANDS], data: Uint8Array = new Uint8Array(0)) => {
    const [p1p2] = rule.p1p2
    return encodeCommand({ cla: rule.cla, ins: rule.ins, p1: p1p2 >> 8, p2: p1p2 & 0xff, data, ne: 256 })
  }
  const verify = command(COMMANDS.verifyPin, PIN_BYTES)
  const create = (name: string) => command(COMMANDS.createContainer, utf8ToBytes(name))
  const wipe = encodeCommand({ cla: 0, ins: 0xa4, p1: 0, p2: 0, data: new Uint8Array(0), ne: 256 })
  // The Card of this process promises it; a connection in general need not.
  const together = (commands: Uint8Array[]) => (card as Card).transmitAll(commands)
  const [first, , second] = await Promise.all([
    together([verify, create('x')]),
    card.transmit(wipe),
    together([create('y'), create('z')]),
  ])
  expect(first.map((answer) => Buffer.from(answer).toString('hex'))).toEqual(['9000', '9000'])
  expect(second).toHaveLength(1)
  expect((await element.listContainers()).map(({ name }) => name)).toEqual(['x'])
})
