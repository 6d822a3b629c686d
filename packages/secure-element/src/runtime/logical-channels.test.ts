import { hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { encodeCommand, type CommandApdu } from '../apdu/command.ts'
import { SECURITY_SERVICE_AID } from '../applets/security-service/command-table.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { keySet } from '../testing/issuer-channel.ts'
import { cardWithPin, PIN, raw } from '../testing/test-card.ts'
import { onChannel } from '../transports/logical-channel.ts'
import type { CardConnection } from '../transports/card-connection.ts'

const KEYS = keySet()
const SELECT: CommandApdu = { cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 }
const VERIFY: CommandApdu = { cla: 0, ins: 0x20, p1: 0, p2: 0x80, data: PIN, ne: 0 }
const GENERATE: CommandApdu = { cla: 0, ins: 0x46, p1: 1, p2: 1, data: utf8ToBytes('a'), ne: 256 }

const on = (channel: number, command: CommandApdu) =>
  encodeCommand({ ...command, cla: command.cla | channel })
const word = async (card: CardConnection, command: Uint8Array | string) =>
  (await raw(card, typeof command === 'string' ? hexToBytes(command) : command)).sw

test('three channels can be opened beside the basic one, by number or the next that is free, and closed again', async () => {
  const card = await cardWithPin(new MemoryCard().holder())
  expect((await raw(card, hexToBytes('0070000001'))).data).toEqual(Uint8Array.of(1))
  expect(await word(card, '00700003')).toBe('9000')
  expect((await raw(card, hexToBytes('0070000001'))).data).toEqual(Uint8Array.of(2))
  expect(await word(card, '0070000001')).toBe('6A81')
  expect(await word(card, '00700003')).toBe('6A81')
  expect(await word(card, '00708001')).toBe('9000')
  expect(await word(card, '00708001')).toBe('6881')
  // From a channel itself, its own number need not be said.
  expect(await word(card, '02708000')).toBe('9000')
  expect((await raw(card, hexToBytes('0070000001'))).data).toEqual(Uint8Array.of(1))
})

test('the basic channel cannot be closed, and other parameters are refused', async () => {
  const card = await cardWithPin(new MemoryCard().holder())
  expect([
    await word(card, '00708000'),
    await word(card, '00700004'),
    await word(card, '00700100'),
    await word(card, '03a4040000'),
  ]).toEqual(['6A86', '6A86', '6A86', '6881'])
})

test('each channel has a selection of its own', async () => {
  const card = await cardWithPin(new MemoryCard().holder())
  await card.transmit(hexToBytes('0070000001'))
  expect(await word(card, on(1, VERIFY))).toBe('6D00')
  expect(await word(card, on(1, { ...SELECT, data: hexToBytes('a000000151000000') }))).toBe('9000')
  expect(await word(card, on(0, VERIFY))).toBe('9000')
  expect((await raw(card, hexToBytes('81ca00e000'))).sw).toBe('9000')
})

test('a PIN verified on one channel is no right on another, and ends with its own channel', async () => {
  const card = await cardWithPin(new MemoryCard().holder())
  await card.transmit(hexToBytes('0070000001'))
  await card.transmit(on(1, SELECT))
  expect(await word(card, on(1, VERIFY))).toBe('9000')
  expect(await word(card, on(0, GENERATE))).toBe('6982')
  await card.transmit(hexToBytes('00708001'))
  await card.transmit(hexToBytes('0070000001'))
  await card.transmit(on(1, SELECT))
  expect(await word(card, on(1, GENERATE))).toBe('6982')
})

test('a half-sent chain and a half-read answer of one channel do not disturb another', async () => {
  const card = await cardWithPin(new MemoryCard().holder())
  await card.transmit(hexToBytes('0070000001'))
  await card.transmit(on(1, SELECT))
  expect(await word(card, '1020008003323436')).toBe('9000')
  expect(await word(card, on(1, VERIFY))).toBe('9000')
  expect(await word(card, '002000800438313335')).toBe('9000')
})

test('each channel opens a secure channel of its own, and a bare command ends only its own', async () => {
  const card = createCard({
    storage: new MemoryCard().holder(),
    pinIterations: 2,
    channelKeys: [KEYS],
    channelPolicy: 'required',
  })
  await card.transmit(hexToBytes('0070000001'))
  const [first, second] = [0, 1].map(
    (channel) => new SecureElement(securedConnection(onChannel(card, channel), KEYS)),
  )
  await first?.setPin('2468135')
  await second?.verifyPin('2468135')
  expect(await first?.status()).toMatchObject({ pinSet: true })
  expect(await word(card, '81ca0000')).toBe('6987')
  await expect(second?.status()).resolves.toMatchObject({ pinSet: true })
})

test('a session opening that was recorded on one channel opens nothing on another', async () => {
  const card = createCard({ storage: new MemoryCard().holder(), channelKeys: [KEYS] })
  await card.transmit(hexToBytes('0070000001'))
  const sent: Uint8Array[] = []
  let replayed: string | undefined
  const tapped: CardConnection = {
    transmit: async (command) => {
      sent.push(command.slice())
      const moved = command.slice()
      moved.set([(command[0] ?? 0) | 0x01])
      // The same challenge on the other channel before the counter moves gives the same session keys.
      if (command[1] === 0x50) await card.transmit(moved)
      const answer = await card.transmit(command)
      if (command[1] === 0x82) replayed = await word(card, moved)
      return answer
    },
    reset: () => card.reset(),
  }
  await securedConnection(tapped, KEYS).transmit(hexToBytes('00a4040000'))
  expect(sent.some(([, ins]) => ins === 0x82)).toBe(true)
  expect(replayed).toBe('6300')
})
