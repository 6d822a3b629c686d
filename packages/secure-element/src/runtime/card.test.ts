import { hexToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { StatusError } from '../apdu/status-word.ts'
import { MemoryCard, memoryCardStorage } from '../storage/memory-card-storage.ts'
import { CuttingStorage } from '../testing/scripted-storage.ts'
import { raw } from '../testing/test-card.ts'
import type { Applet } from './applet.ts'
import { put, type AppletMemory } from './applet-memory.ts'
import { Card } from './card.ts'
import { CardState, LifeCycle } from './life-cycle.ts'
import { NonVolatileMemory } from './non-volatile-memory.ts'

const AID = hexToBytes('f0000000000001')
const SELECT = hexToBytes('00a4040007f000000000000100')

/** Echoes, stores, or breaks, by instruction. */
class EchoApplet implements Applet {
  readonly aid = AID
  readonly #memory: AppletMemory

  constructor(memory: AppletMemory) {
    this.#memory = memory
  }

  select(): Uint8Array {
    return Uint8Array.of(0x6f, 0x00)
  }

  deselect(): void {}

  powerOff(): void {}

  async process({ ins, data }: { ins: number; data: Uint8Array }): Promise<Uint8Array> {
    if (ins === 0x01) return data
    if (ins === 0x02) await this.#memory.commit([put('x', data)])
    else if (ins === 0x03) throw new TypeError('a bug')
    else throw new StatusError(0x6d00)
    return new Uint8Array(0)
  }
}

function echoCard(storage = memoryCardStorage()): Card {
  return new Card({ storage, applets: [{ aid: AID, create: ({ memory }) => new EchoApplet(memory) }] })
}

async function words(card: Card, ...commands: string[]): Promise<string[]> {
  const answers: string[] = []
  for (const command of commands) answers.push((await raw(card, hexToBytes(command.replaceAll(' ', '')))).sw)
  return answers
}

test('nobody can delete the master file, before or after any selection', async () => {
  const card = echoCard()
  expect(await words(card, '00e4000000', '00a40000023f00', '00e40000023f00')).toEqual([
    '6982',
    '610C',
    '6982',
  ])
})

test('an application is found by its identifier or the start of it, and by nothing shorter than five bytes', async () => {
  const card = echoCard()
  expect(
    await words(card, '00a4040005f000000000 00', '00a4040004f0000000 00', '00a4040007f0000000000002 00'),
  ).toEqual(['9000', '6A82', '6A82'])
})

test('logical channels, secure messaging and unknown classes are refused by name', async () => {
  const card = echoCard()
  expect(await words(card, '01010000', '08010000', '40010000', 'ff010000')).toEqual([
    '6881',
    '6882',
    '6E00',
    '6E00',
  ])
})

test('a chained command reaches the application whole and its long answer comes by GET RESPONSE', async () => {
  const card = echoCard()
  await card.transmit(SELECT)
  const piece = '11'.repeat(200)
  expect(await words(card, `90010000c8${piece}`, `80010000c8${piece}00`)).toEqual(['9000', '6190'])
  expect((await raw(card, hexToBytes('00c0000000'))).data.length).toBe(144)
  expect(await words(card, '00c0000000')).toEqual(['6985'])
})

test('commands are answered one at a time in the order they came', async () => {
  const card = echoCard()
  const answers = await Promise.all(
    [
      SELECT,
      hexToBytes('800100000101 00'.replace(' ', '')),
      hexToBytes('800100000102 00'.replace(' ', '')),
    ].map((c) => raw(card, c)),
  )
  expect(answers.map(({ data }) => [...data])).toEqual([[0x6f, 0x00], [1], [2]])
})

test('a bug in an application answers 6F00 and takes every selection away', async () => {
  const card = echoCard()
  await card.transmit(SELECT)
  expect(await words(card, '80030000', '80010000')).toEqual(['6F00', '6D00'])
})

test('a failed memory write answers 6581 and the card goes on from the stored state', async () => {
  const storage = new CuttingStorage(memoryCardStorage())
  // Two writes format the medium, two more provision and personalise the card.
  storage.cutAt = 5
  const card = echoCard(storage)
  await card.transmit(SELECT)
  expect(await words(card, '8002000001aa')).toEqual(['6581'])
  storage.cutAt = Number.POSITIVE_INFINITY
  await card.transmit(SELECT)
  expect(await words(card, '8002000001aa')).toEqual(['9000'])
})

test('a card another holder took is mute until it is reset', async () => {
  const medium = new MemoryCard()
  const first = echoCard(medium.holder())
  await first.transmit(SELECT)
  await echoCard(medium.holder()).transmit(SELECT)
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(first.transmit(attempt === 0 ? hexToBytes('8002000001aa') : SELECT)).rejects.toMatchObject({
      code: 'released',
    })
  await first.reset()
  expect(await words(first, '00a4040007f000000000000100', '8002000001aa')).toEqual(['9000', '9000'])
})

test('a locked card selects nothing but its root, a terminated one nothing at all, and there is no way back', async () => {
  const medium = new MemoryCard()
  const move = async (state: (typeof CardState)[keyof typeof CardState]) =>
    new LifeCycle(await NonVolatileMemory.open(medium.holder())).move(state)
  expect(await move(CardState.locked)).toBe(false)
  expect(await move(CardState.secured)).toBe(true)
  expect(await move(CardState.opReady)).toBe(false)
  expect(await move(CardState.locked)).toBe(true)
  expect(await words(echoCard(medium.holder()), '00a4040007f000000000000100', '00a40000023f0000')).toEqual([
    '6985',
    '9000',
  ])
  expect(await move(CardState.terminated)).toBe(true)
  expect(await words(echoCard(medium.holder()), '00a40000023f0000', '80010000')).toEqual(['6985', '6985'])
  expect(await move(CardState.secured)).toBe(false)
})
