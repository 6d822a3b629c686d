import { concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { beforeEach, describe, expect, test } from 'vitest'
import { encodeCommand, parseCommand, type CommandApdu } from '../apdu/command.ts'
import { COMMANDS } from '../applets/security-service/command-table.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { keySet, putKey } from '../testing/issuer-channel.ts'
import { raw, selectService } from '../testing/test-card.ts'
import { onChannel } from '../transports/logical-channel.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { AES, SM4 } from './block-cipher.ts'
import type { KeySet } from './key-set.ts'
import { securedConnection } from './secured-connection.ts'
import { keyCheckValue } from './session-keys.ts'

/** Remembers what went over the wire. */
function tapped(card: CardConnection, log: Uint8Array[]): CardConnection {
  return {
    transmit: async (command) => {
      log.push(command.slice())
      const answer = await card.transmit(command)
      log.push(answer.slice())
      return answer
    },
    reset: () => card.reset(),
  }
}

describe.each([AES, SM4])('over $name', (cipher) => {
  const PIN = '2468135'
  let log: Uint8Array[]
  let card: CardConnection
  let keys: KeySet
  beforeEach(() => {
    log = []
    keys = keySet(cipher)
    card = createCard({
      storage: new MemoryCard().holder(),
      pinIterations: 2,
      channelKeys: [keys],
      channelPolicy: 'required',
      aes: AES,
    })
  })

  test('the host interface works as without a channel, and neither PIN nor name is on the wire', async () => {
    const element = new SecureElement(securedConnection(tapped(card, log), keys))
    await element.setPin(PIN)
    await element.generateKeyPair('payments', PIN)
    await expect(element.verifyPin('000000')).rejects.toMatchObject({ code: 'se.pin-wrong', triesLeft: 5 })
    expect((await element.listContainers()).map(({ name }) => name)).toEqual(['payments'])
    const wire = Buffer.concat(log)
    for (const secret of [PIN, '000000', 'payments']) expect(wire.includes(secret)).toBe(false)
  })

  test('before the channel is open no command of the application is served', async () => {
    await selectService(card)
    for (const { cla, ins, p1p2 } of Object.values(COMMANDS)) {
      const [parameters] = p1p2
      const command = {
        cla,
        ins,
        p1: parameters >> 8,
        p2: parameters & 0xff,
        data: utf8ToBytes('x'),
        ne: 256,
      }
      expect((await raw(card, encodeCommand(command))).sw).toBe('6982')
      expect((await raw(card, encodeCommand({ ...command, cla: cla | 0x04 }))).sw).toBe('6982')
    }
  })

  test('a command recorded in one session is refused in the next, and again in its own', async () => {
    const element = new SecureElement(securedConnection(tapped(card, log), keys))
    await element.setPin(PIN)
    const recorded = log.filter((bytes) => bytes[1] === COMMANDS.changePin.ins && bytes[0] === 0x04)
    expect(recorded).toHaveLength(1)
    const replay = recorded[0] ?? new Uint8Array(0)
    expect((await raw(card, replay)).sw).toBe('6988')
    expect((await raw(card, replay)).sw).toBe('6982')
    await element.status()
    expect((await raw(card, replay)).sw).toBe('6988')
  })

  test('any altered bit of a command closes the channel, any altered bit of an answer is noticed', async () => {
    let alter: (bytes: Uint8Array) => void = () => undefined
    const wire: CardConnection = {
      transmit: async (command) => {
        const copy = command.slice()
        alter(copy)
        return card.transmit(copy)
      },
      reset: () => card.reset(),
    }
    const element = new SecureElement(securedConnection(wire, keys))
    await element.setPin(PIN)
    let hits = 0
    alter = (bytes) => {
      if (bytes[0] !== 0x84 || bytes[1] !== COMMANDS.getStatus.ins) return
      hits += 1
      bytes[bytes.length - 4] = (bytes[bytes.length - 4] ?? 0) ^ 0x01
    }
    await expect(element.status()).rejects.toMatchObject({ statusWord: 0x6988 })
    alter = () => undefined
    expect(hits).toBe(1)
    const altered: CardConnection = {
      transmit: async (command) => {
        const answer = await card.transmit(command)
        if (command[1] === COMMANDS.getStatus.ins) answer[3] = (answer[3] ?? 0) ^ 0x80
        return answer
      },
      reset: () => card.reset(),
    }
    await expect(new SecureElement(securedConnection(altered, keys)).status()).rejects.toMatchObject({
      code: 'se.failure',
    })
  })

  test('a host with other keys opens nothing, and the card proves its keys first', async () => {
    const stranger = new SecureElement(securedConnection(card, keySet(cipher, 0x30, 0x41)))
    await expect(stranger.status()).rejects.toMatchObject({ code: 'se.unreachable' })
    const initialize = { cla: 0x80, ins: 0x50, p1: 0x30, p2: 0x00, data: new Uint8Array(8), ne: 256 }
    const guess = { cla: 0x84, ins: 0x82, p1: 0x33, p2: 0x00, data: new Uint8Array(16), ne: 0 }
    await selectService(card)
    expect((await raw(card, encodeCommand(initialize))).sw).toBe('9000')
    expect((await raw(card, encodeCommand(guess))).sw).toBe('6300')
    expect((await raw(card, encodeCommand(guess))).sw).toBe('6985')
  })

  test('two sessions never use the same challenge or keys', async () => {
    const element = new SecureElement(securedConnection(tapped(card, log), keys))
    for (let round = 0; round < 3; round++) await element.status()
    const challenges = log
      .filter((_, at) => log[at - 1]?.[1] === 0x50)
      .map((answer) => Buffer.from(answer.slice(13, 21)).toString('hex'))
    expect(new Set(challenges).size).toBe(3)
  })

  test('new channel keys take the place of the old ones by PUT KEY, and the old open nothing more, and a bare command ends the session', async () => {
    const fresh = keySet(cipher, 0x31, 0x90)
    const secured = securedConnection(card, keys)
    await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
    const answer = await raw(secured, encodeCommand(await putKey(keys, fresh, 0x30)))
    const checks = await Promise.all(
      Object.values(fresh.keys).map((key: Uint8Array) => keyCheckValue(cipher, key)),
    )
    expect(answer).toEqual({ sw: '9000', data: concatBytes(Uint8Array.of(0x31), ...checks) })
    await expect(new SecureElement(securedConnection(card, keys)).status()).rejects.toMatchObject({
      code: 'se.unreachable',
    })
    expect(await new SecureElement(securedConnection(card, fresh)).status()).toMatchObject({ pinSet: false })
    expect((await raw(card, hexToBytes('80ca00e000'))).sw).toBe('6987')
  })

  test('keys are not added over a version that exists, nor with a wrong check value', async () => {
    const secured = securedConnection(card, keys)
    const put = async (command: CommandApdu) => {
      await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
      return (await raw(secured, encodeCommand(command))).sw
    }
    expect(await put(await putKey(keys, keySet(cipher, 0x30, 0x90), 0x00))).toBe('6985')
    const wrong = await putKey(keys, keySet(cipher, 0x31, 0x90), 0x00)
    wrong.data.set([0], wrong.data.length - 1)
    expect(await put(wrong)).toBe('6A80')
    expect(await put(await putKey(keys, keySet(cipher, 0x31, 0x90), 0x7f))).toBe('6A88')
    expect(await put(await putKey(keys, keySet(cipher, 0x31, 0x90), 0x00))).toBe('9000')
  })
})

test('the issuer shows what a card manager asks for, and manages life cycles over the channel only', async () => {
  const keys = keySet(SM4)
  const card = createCard({ storage: new MemoryCard().holder(), pinIterations: 2, channelKeys: [keys] })
  expect((await raw(card, hexToBytes('00a4040000'))).data).toEqual(
    hexToBytes('6f108408a000000151000000a5049f6501ff'),
  )
  expect((await raw(card, hexToBytes('80ca00e000'))).data).toEqual(
    hexToBytes('e012c00401308e10c00402308e10c00403308e10'),
  )
  expect((await raw(card, hexToBytes('80ca9f7f00'))).data.length).toBe(45)
  expect((await raw(card, hexToBytes('80ca006600'))).sw).toBe('9000')
  expect((await raw(card, hexToBytes('80f28002024f0000'))).sw).toBe('6982')
  const secured = securedConnection(card, keys)
  const issuer = async (...commands: string[]) => {
    await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
    const words = []
    for (const command of commands) words.push((await raw(secured, hexToBytes(command))).sw)
    return words
  }
  await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
  expect((await raw(secured, hexToBytes('80f28002024f0000'))).data).toEqual(
    hexToBytes('e3134f08a0000001510000009f700101c5039e0000'),
  )
  expect((await raw(secured, hexToBytes('80f24002024f0000'))).data).toEqual(
    hexToBytes('e3124f07f0414e515501019f700107c503000000'),
  )
  expect(await issuer('80f0408007f0414e51550101')).toEqual(['9000'])
  expect(await selectService(card)).toBe('6985')
  expect(
    await issuer(
      '80f0400007f0414e51550101',
      '80f0408007f0414e51550199',
      '80f2200202 4f0000'.replace(' ', ''),
    ),
  ).toEqual(['9000', '6A88', '6A88'])
  expect(await selectService(card)).toBe('9000')
  expect(await issuer('80f0807f00', '80f0800f00', '80f0807f00')).toEqual(['6985', '9000', '9000'])
  expect(await selectService(card)).toBe('6985')
  expect(await issuer('80f0800f00')).toEqual(['9000'])
  expect(await selectService(card)).toBe('9000')
})

test('an application is locked at once, also where it was selected before', async () => {
  const keys = keySet(SM4)
  const card = createCard({ storage: new MemoryCard().holder(), pinIterations: 2, channelKeys: [keys] })
  await selectService(card)
  await card.transmit(hexToBytes('0070000001'))
  const secured = securedConnection(onChannel(card, 1), keys)
  await secured.transmit(hexToBytes('00a4040000'))
  expect((await raw(card, hexToBytes('80ca000000'))).sw).toBe('9000')
  expect((await raw(secured, hexToBytes('80f0408007f0414e51550101'))).sw).toBe('9000')
  expect((await raw(card, hexToBytes('80ca000000'))).sw).toBe('6985')
  expect((await raw(secured, hexToBytes('80f0400007f0414e51550101'))).sw).toBe('9000')
  expect((await raw(card, hexToBytes('80ca000000'))).sw).toBe('9000')
})

test('the issuer stores the numbers of card and issuer, and asks what the card holds', async () => {
  const keys = keySet(SM4)
  const card = createCard({ storage: new MemoryCard().holder(), pinIterations: 2, channelKeys: [keys] })
  const secured = securedConnection(card, keys)
  await secured.transmit(hexToBytes('00a4040000'))
  expect((await raw(card, hexToBytes('0070000001'))).sw).toBe('9000')
  expect((await raw(secured, hexToBytes('80e290000a420412345678450201ff'))).sw).toBe('9000')
  const bare = onChannel(card, 1)
  await bare.transmit(hexToBytes('00a4040000'))
  expect((await raw(bare, hexToBytes('80ca004200'))).data).toEqual(hexToBytes('420412345678'))
  expect((await raw(bare, hexToBytes('80ca004500'))).data).toEqual(hexToBytes('450201ff'))
  expect((await raw(bare, hexToBytes('80ca00c100'))).data).toEqual(hexToBytes('c103000001'))
  expect((await raw(bare, hexToBytes('80ca00cf00'))).data.length).toBe(12)
  expect((await raw(bare, hexToBytes('80ca2f0000'))).sw).toBe('6982')
  expect((await raw(secured, hexToBytes('80ca2f0000'))).data).toEqual(
    hexToBytes('2f000b61094f07f0414e51550101'),
  )
  expect((await raw(secured, hexToBytes('80caff2100'))).data.length).toBe(18)
  expect((await raw(secured, hexToBytes('80ca123400'))).sw).toBe('6A88')
})

test('a card made without channel keys opens no channel', async () => {
  const card = createCard({ storage: new MemoryCard().holder() })
  await selectService(card)
  expect((await raw(card, encodeCommand(parseCommand(hexToBytes('8050000008000000000000000000'))))).sw).toBe(
    '6A88',
  )
})
