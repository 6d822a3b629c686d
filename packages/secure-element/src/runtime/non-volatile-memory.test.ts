import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CardStorageError } from '../storage/card-storage.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { CuttingStorage, type Cut } from '../testing/scripted-storage.ts'
import {
  FileType,
  MemoryFailure,
  NonVolatileMemory,
  QuotaExceeded,
  type Change,
} from './non-volatile-memory.ts'

function put(path: string, text: string): Change {
  return { kind: 'put', path, file: { type: FileType.working, bytes: new TextEncoder().encode(text) } }
}

function contents(memory: NonVolatileMemory): Record<string, string> {
  return Object.fromEntries(
    memory.paths('').map((path) => [path, new TextDecoder().decode(memory.get(path)?.bytes)]),
  )
}

const COMMITS: Change[][] = [
  [put('a', 'one'), put('b', 'two')],
  [put('a', 'three'), { kind: 'delete', path: 'b' }, put('c', 'four')],
  [{ kind: 'delete', path: 'a' }, { kind: 'delete', path: 'c' }, put('d', 'x'.repeat(500))],
]
const STATES = [{}, { a: 'one', b: 'two' }, { a: 'three', c: 'four' }, { d: 'x'.repeat(500) }]
const FORMAT_WRITES = 2

test.each<Cut>(['before', 'torn', 'after'])(
  'a power cut %s any write leaves the old or the new state',
  async (how) => {
    for (let cutAt = 1; cutAt <= FORMAT_WRITES + COMMITS.length; cutAt++) {
      const card = new MemoryCard()
      const storage = new CuttingStorage(card.holder())
      Object.assign(storage, { cutAt, how })
      let done = 0
      const work = async () => {
        const memory = await NonVolatileMemory.open(storage)
        for (const changes of COMMITS) {
          await memory.commit(changes)
          done += 1
        }
      }
      await expect(work()).rejects.toThrow(MemoryFailure)
      const after = contents(await NonVolatileMemory.open(card.holder()))
      const next = cutAt > FORMAT_WRITES ? STATES[done + 1] : STATES[0]
      expect([STATES[done], next]).toContainEqual(after)
      if (how === 'after') expect(after).toEqual(next)
      else expect(after).toEqual(STATES[done])
    }
  },
)

test('a write torn at any byte is not taken for an image', async () => {
  const card = new MemoryCard()
  const memory = await NonVolatileMemory.open(card.holder())
  await memory.commit([put('a', 'old')])
  const holder = card.holder()
  const before = [card.image(0), card.image(1)]
  await memory.commit([put('a', 'new')])
  const slot =
    card.image(0)?.length === before[0]?.length && String(card.image(0)) === String(before[0]) ? 1 : 0
  const whole = card.image(slot) ?? new Uint8Array(0)
  await holder.claim()
  for (let length = 0; length < whole.length; length++) {
    await holder.write(slot, whole.slice(0, length))
    expect(contents(await NonVolatileMemory.open(holder))).toEqual({ a: 'old' })
  }
})

test('after a failed write nothing is written until the memory is opened again', async () => {
  const storage = new CuttingStorage(new MemoryCard().holder())
  const memory = await NonVolatileMemory.open(storage)
  storage.cutAt = 3
  await expect(memory.commit([put('a', '1')])).rejects.toThrow(MemoryFailure)
  storage.cutAt = Number.POSITIVE_INFINITY
  await expect(memory.commit([put('a', '2')])).rejects.toThrow(MemoryFailure)
  expect(contents(memory)).toEqual({})
})

test('a flipped bit anywhere in both images is refused by name, never answered with a blank card', async () => {
  const card = new MemoryCard()
  const holder = card.holder()
  await NonVolatileMemory.open(holder)
  const length = card.image(0)?.length ?? 0
  for (let at = 0; at < length; at++) {
    const images = ([0, 1] as const).map((slot) => card.image(slot)?.slice() ?? new Uint8Array(0))
    for (const slot of [0, 1] as const) {
      const image = images[slot]?.slice() ?? new Uint8Array(0)
      image[at] = (image[at] ?? 0) ^ 0x01
      await holder.write(slot, image)
    }
    await expect(NonVolatileMemory.open(holder)).rejects.toThrow(CardStorageError)
    for (const slot of [0, 1] as const) await holder.write(slot, images[slot] ?? new Uint8Array(0))
  }
})

test('a key file can be made and deleted, but neither overwritten nor turned into another type', async () => {
  const memory = await NonVolatileMemory.open(new MemoryCard().holder())
  const key: Change = { kind: 'put', path: 'key', file: { type: FileType.key, bytes: Uint8Array.of(1) } }
  await memory.commit([key])
  await expect(memory.commit([key])).rejects.toThrow('sealed')
  await expect(memory.commit([put('key', 'x')])).rejects.toThrow('sealed')
  expect(memory.get('key')?.bytes).toEqual(Uint8Array.of(1))
  await memory.commit([{ kind: 'delete', path: 'key' }])
  expect(memory.paths('')).toEqual([])
})

test('a commit past the quota changes nothing, and deleting gives the space back', async () => {
  const memory = await NonVolatileMemory.open(new MemoryCard().holder(), 200)
  const free = memory.free
  await memory.commit([put('a', 'x'.repeat(100))])
  await expect(memory.commit([put('b', 'x'.repeat(100))])).rejects.toThrow(QuotaExceeded)
  expect(memory.paths('')).toEqual(['a'])
  await memory.commit([{ kind: 'delete', path: 'a' }])
  expect(memory.free).toBe(free)
})

test('a holder that was overtaken cannot write any more', async () => {
  const card = new MemoryCard()
  const first = await NonVolatileMemory.open(card.holder())
  const second = await NonVolatileMemory.open(card.holder())
  await expect(first.commit([put('a', '1')])).rejects.toMatchObject({ code: 'released' })
  await second.commit([put('a', '2')])
  expect(contents(second)).toEqual({ a: '2' })
})

test('whatever is committed is what the next power-up finds', async () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('delete' as const), path: fc.constantFrom('a', 'b', 'c') }),
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.string()).map(([path, text]) => put(path, text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 5 }), async (commits) => {
      const card = new MemoryCard()
      const memory = await NonVolatileMemory.open(card.holder())
      for (const changes of commits) await memory.commit(changes)
      expect(contents(await NonVolatileMemory.open(card.holder()))).toEqual(contents(memory))
    }),
    { numRuns: 50 },
  )
})
