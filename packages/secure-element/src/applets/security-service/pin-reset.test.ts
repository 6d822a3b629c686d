import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import { beforeEach, expect, test } from 'vitest'
import { encodeCommand } from '../../apdu/command.ts'
import { SM4 } from '../../channel/block-cipher.ts'
import { securedConnection } from '../../channel/secured-connection.ts'
import { createCard } from '../../create-card.ts'
import { SecureElement } from '../../host/secure-element.ts'
import {
  installForPersonalisation,
  resetPin,
  resettingCodeData,
  storeData,
} from '../../issuer/personalisation.ts'
import type { CardStorage } from '../../storage/card-storage.ts'
import { MemoryCard } from '../../storage/memory-card-storage.ts'
import { keySet, manage } from '../../testing/issuer-channel.ts'
import { CuttingStorage, type Cut } from '../../testing/scripted-storage.ts'
import { raw } from '../../testing/test-card.ts'
import { issueCertificate } from '../../testing/test-certificates.ts'
import type { CardConnection } from '../../transports/card-connection.ts'
import { SECURITY_SERVICE_AID } from './command-table.ts'

const PIN = '2468135'
const TRANSPORT = '864209'
const MESSAGE = utf8ToBytes('order')
const ISSUER = keySet(SM4)
const CODE = Uint8Array.from({ length: 16 }, (_, at) => at + 1)
const WRONG_CODE = new Uint8Array(16).fill(9)

let medium: MemoryCard
let card: CardConnection
let element: SecureElement
beforeEach(() => {
  medium = new MemoryCard()
  power()
})

function power(storage: CardStorage = medium.holder()): void {
  card = createCard({ storage, pinIterations: 2, channelKeys: [ISSUER] })
  element = new SecureElement(card)
}

const personalise = (code = CODE) =>
  manage(card, ISSUER, installForPersonalisation(SECURITY_SERVICE_AID), ...storeData(resettingCodeData(code)))

/** RESET RETRY COUNTER in a session of the issuer with the application. */
async function reset(code = CODE, pin = TRANSPORT): Promise<string> {
  const secured = securedConnection(card, ISSUER)
  await secured.transmit(
    encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 }),
  )
  return (await raw(secured, encodeCommand(resetPin(code, utf8ToBytes(pin))))).sw
}

async function lockedCard() {
  expect(await personalise()).toEqual(['9000', '9000'])
  await element.setPin(PIN)
  const publicKey = await element.generateKeyPair('a', PIN)
  await element.installCertificate(
    'a',
    await issueCertificate(publicKey, { serialHex: '0101010101010101' }),
    PIN,
  )
  for (let attempt = 0; attempt < 6; attempt++) await element.verifyPin('000000').catch(() => undefined)
  await expect(element.verifyPin(PIN)).rejects.toMatchObject({ code: 'se.pin-locked' })
  return publicKey
}

test('the issuer resets a locked PIN; its holder must change it first, and then the same keys sign', async () => {
  const publicKey = await lockedCard()
  expect(await reset()).toBe('9000')
  expect(await element.status()).toMatchObject({ pinMustChange: true, pinCanBeReset: true, triesLeft: 6 })
  await expect(element.sign('a', TRANSPORT, MESSAGE)).rejects.toMatchObject({ code: 'se.pin-must-change' })
  await expect(element.changePin(TRANSPORT, TRANSPORT)).rejects.toMatchObject({ code: 'se.pin-unchanged' })
  await element.changePin(TRANSPORT, '1357924')
  expect(sm2Verify(publicKey, MESSAGE, await element.sign('a', '1357924', MESSAGE))).toBe(true)
  expect(await element.status()).toMatchObject({ pinMustChange: false })
  await expect(element.verifyPin(PIN)).rejects.toMatchObject({ code: 'se.pin-wrong', triesLeft: 5 })
})

test('nobody but the issuer resets a PIN: not bare, not with the code', async () => {
  await lockedCard()
  await expect(element.resetPin(CODE, TRANSPORT)).rejects.toMatchObject({ code: 'se.not-authorised' })
  await expect(element.verifyPin(PIN)).rejects.toMatchObject({ code: 'se.pin-locked' })
})

test('ten wrong codes close the way back for good, and a right one gives all tries back', async () => {
  await lockedCard()
  expect(await reset(WRONG_CODE)).toBe('63C9')
  expect(await reset()).toBe('9000')
  const words = []
  for (let attempt = 0; attempt < 11; attempt++) words.push(await reset(WRONG_CODE))
  expect(words).toEqual([
    '63C9',
    '63C8',
    '63C7',
    '63C6',
    '63C5',
    '63C4',
    '63C3',
    '63C2',
    '63C1',
    '6983',
    '6983',
  ])
  expect(await reset()).toBe('6983')
  expect(await element.status()).toMatchObject({ pinCanBeReset: false })
})

test('power cut after every wrong code gives ten guesses, not more', async () => {
  await lockedCard()
  const words = []
  for (let attempt = 0; attempt < 12; attempt++) {
    const storage = new CuttingStorage(medium.holder())
    // The session counter is the first write, the code's counter the second.
    storage.cutAt = 3
    power(storage)
    words.push(await reset(WRONG_CODE))
  }
  expect(words.slice(8)).toEqual(['63C1', '6983', '6983', '6983'])
})

test('a code comes before the first PIN or never, and only as one of 16 to 32 bytes', async () => {
  expect(await personalise(new Uint8Array(15))).toEqual(['9000', '6A80'])
  await element.setPin(PIN)
  expect(await personalise()).toEqual(['9000', '6985'])
  expect(await reset()).toBe('6983')
})

test.each<Cut>(['before', 'torn', 'after'])(
  'a reset cut %s any write leaves one PIN that opens the keys, the old or the new one',
  async (how) => {
    for (let at = 1; at < 12; at++) {
      medium = new MemoryCard()
      power()
      await personalise()
      await element.setPin(PIN)
      const storage = new CuttingStorage(medium.holder())
      Object.assign(storage, { cutAt: at, how })
      power(storage)
      await reset().catch(() => undefined)
      power()
      const opens = [
        await element.verifyPin(PIN).then(
          () => 1,
          () => 0,
        ),
        await element.verifyPin(TRANSPORT).then(
          () => 0,
          (error: unknown) => (String(error).includes('must-change') ? 1 : 0),
        ),
      ]
      expect(opens[0]).not.toBe(opens[1])
      if (storage.writes < at) return
    }
    throw new Error('a reset takes fewer than 12 writes')
  },
)

test('personalisation data that say more or something else are refused', async () => {
  const data = concatBytes(resettingCodeData(CODE), Uint8Array.of(0xc1, 0x00))
  expect(
    await manage(card, ISSUER, installForPersonalisation(SECURITY_SERVICE_AID), ...storeData(data)),
  ).toEqual(['9000', '6A80'])
  expect(await manage(card, ISSUER, installForPersonalisation(Uint8Array.of(0xf0, 1, 2, 3, 4)))).toEqual([
    '6A88',
  ])
})
