import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMemoryChannelStore } from './memory-channel-store.ts'
import { TestClock } from './testing/test-parties.ts'

it('advance is true exactly for numbers greater than all before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.bigInt({ min: 0n, max: 40n }), { maxLength: 60 }), async (numbers) => {
      const store = createMemoryChannelStore(new TestClock())
      let last = -1n
      for (const number of numbers) {
        expect(await store.advance('a', number, 1000)).toBe(number > last)
        if (number > last) last = number
      }
    }),
  )
})

it('a state ends with its time and is not shared with the caller', async () => {
  const clock = new TestClock()
  const store = createMemoryChannelStore(clock)
  const state = Uint8Array.of(1, 2, 3)
  await store.put('a', state, 1000)
  state.fill(0)
  expect(await store.get('a')).toEqual(Uint8Array.of(1, 2, 3))
  ;(await store.get('a'))?.fill(0)
  clock.pass(999)
  expect(await store.get('a')).toEqual(Uint8Array.of(1, 2, 3))
  clock.pass(1)
  expect(await store.get('a')).toBeUndefined()
})

it('replacing or removing a state does not let a sequence start again', async () => {
  const store = createMemoryChannelStore(new TestClock())
  await store.put('a', Uint8Array.of(1), 1000)
  expect(await store.advance('a', 5n, 1000)).toBe(true)
  await store.put('a', Uint8Array.of(2), 1000)
  expect(await store.advance('a', 5n, 1000)).toBe(false)
  await store.remove('a')
  expect(await store.advance('a', 5n, 1000)).toBe(false)
})

it('a full store refuses what is new and forgets nothing that is live', async () => {
  const clock = new TestClock()
  const store = createMemoryChannelStore(clock, 3)
  for (const id of ['a', 'b', 'c']) await store.advance(id, 1n, 5000)
  await expect(store.put('d', Uint8Array.of(1), 1000)).rejects.toThrow('full')
  await expect(store.advance('d', 1n, 1000)).rejects.toThrow('full')
  expect(await store.advance('a', 1n, 1000)).toBe(false)
  expect(await store.advance('a', 2n, 5000)).toBe(true)
  clock.pass(5000)
  await store.put('d', Uint8Array.of(1), 1000)
  expect(await store.get('d')).toEqual(Uint8Array.of(1))
})
