import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { SharedSlot, SLOT_BYTES, SLOT_CAPACITY } from './shared-slot.ts'

const [STATE, LENGTH, HEADER] = [0, 1, 8]
const [OPEN, FULL] = [1, 2]

function slot() {
  const memory = new SharedArrayBuffer(SLOT_BYTES)
  const ends = { sender: new SharedSlot(memory, 0), receiver: new SharedSlot(memory, 0) }
  return { ...ends, memory, words: new Int32Array(memory, 0, 2), area: new Uint8Array(memory, HEADER) }
}
const filled = (length: number): Uint8Array => new Uint8Array(length).fill(0xa5)

test('a message of any length up to the capacity arrives, and zeros are left where it lay', () => {
  const { sender, receiver, area } = slot()
  for (const length of [0, 1, SLOT_CAPACITY - 1, SLOT_CAPACITY]) {
    receiver.open()
    expect(sender.put(filled(length))).toBe(true)
    expect(receiver.close()).toEqual(filled(length))
    expect(area.every((byte) => byte === 0)).toBe(true)
  }
})

test('what is too long, or that nobody waits for, is not taken and leaves nothing', () => {
  const { sender, receiver, area } = slot()
  expect(sender.put(filled(1))).toBe(false)
  receiver.open()
  expect(sender.put(filled(SLOT_CAPACITY + 1))).toBe(false)
  expect(sender.put(filled(2))).toBe(true)
  expect(sender.put(filled(3))).toBe(false)
  expect(receiver.close()).toEqual(filled(2))
  expect(receiver.close()).toBeUndefined()
  expect(sender.put(filled(1))).toBe(false)
  expect(area.every((byte) => byte === 0)).toBe(true)
})

test('a sender takes back what was not fetched, once, and leaves zeros', () => {
  const { sender, receiver, area } = slot()
  receiver.open()
  sender.put(filled(100))
  expect(sender.withdraw()).toBe(true)
  expect(sender.withdraw()).toBe(false)
  expect(receiver.close()).toBeUndefined()
  expect(area.every((byte) => byte === 0)).toBe(true)
})

test('a receiver that is told that nothing comes stops waiting', () => {
  const { sender, receiver } = slot()
  receiver.open()
  sender.dismiss()
  receiver.spin(Infinity)
  expect(receiver.sleep(Infinity)).toBeUndefined()
})

test('an impossible length gives no message and leaves zeros', () => {
  for (const length of [-1, -0x8000_0000, SLOT_CAPACITY + 1, 0x7fff_ffff]) {
    const { receiver, words, area } = slot()
    receiver.open()
    area.set(filled(SLOT_CAPACITY))
    words[LENGTH] = length
    words[STATE] = FULL
    expect(receiver.close()).toBeUndefined()
    expect(area.every((byte) => byte === 0)).toBe(true)
  }
})

test('a state there is not gives no message, and neither end waits for it', () => {
  for (const state of [-1, 3, 4, 0x7fff_ffff]) {
    const { sender, receiver, words } = slot()
    receiver.open()
    words[STATE] = state
    expect(sender.put(filled(1))).toBe(false)
    receiver.spin(Infinity)
    expect(receiver.sleep(Infinity)).toBeUndefined()
  }
})

test('what was read is a copy of its own: writing on does not change it', () => {
  const { sender, receiver, area } = slot()
  receiver.open()
  sender.put(filled(64))
  const message = receiver.close()
  area.fill(0xff)
  expect(message?.buffer).toBeInstanceOf(ArrayBuffer)
  expect(message).toEqual(filled(64))
})

/** Writes whatever it likes into all of the memory, as fast as it can. */
const HOSTILE = `
  const { workerData } = require('node:worker_threads')
  const words = new Int32Array(workerData, 0, 2)
  const area = new Uint8Array(workerData, 8)
  for (let turn = 0; ; turn++) {
    area.fill(turn)
    Atomics.store(words, 1, [turn % 9000, -turn, 8192, 0x7fffffff][turn % 4])
    Atomics.store(words, 0, turn % 5)
  }`

test('while the other end writes on without rules, each message is bounded and stays as it was read', async () => {
  const { receiver, memory, words } = slot()
  const hostile = new Worker(HOSTILE, { eval: true, workerData: memory })
  try {
    let messages = 0
    while (messages < 200) {
      Atomics.compareExchange(words, STATE, 0, OPEN)
      receiver.spin(0.05)
      const message = receiver.close()
      if (message === undefined) await new Promise((resolve) => setImmediate(resolve))
      else {
        messages += 1
        const before = message.slice()
        await new Promise((resolve) => setImmediate(resolve))
        expect(message.length).toBeLessThanOrEqual(SLOT_CAPACITY)
        expect(Buffer.compare(message, before)).toBe(0)
      }
    }
  } finally {
    await hostile.terminate()
  }
})
