import { randomBytes } from '@anqu/gm-crypto'
import { expect, test } from 'vitest'
import { watchedDraws } from './draws.ts'

/** Good at first, then whatever `later` makes of it. */
function turningBad(later: (length: number) => Uint8Array): (length: number) => Uint8Array {
  let calls = 0
  return (length) => (calls++ === 0 ? randomBytes(length) : later(length))
}

test.each([0x00, 0x07, 0xff])('a source stuck at %i gives no key and no nonce, ever', (stuck) => {
  const draws = watchedDraws(turningBad((length) => new Uint8Array(length).fill(stuck)))
  draws.bytes(32)
  expect(() => draws.ephemeral()).toThrow('repeats itself')
  expect(() => draws.bytes(32)).toThrow('repeats itself')
})

test('a source that recovers stays refused', () => {
  let calls = 0
  const draws = watchedDraws((length) => (calls++ === 0 ? new Uint8Array(length) : randomBytes(length)))
  expect(() => draws.bytes(32)).toThrow('repeats itself')
  expect(() => draws.bytes(32)).toThrow('repeats itself')
})

test('a source that gives the same block again is caught at the second', () => {
  const block = randomBytes(32)
  const draws = watchedDraws((length) => block.slice(0, length))
  draws.bytes(32)
  expect(() => draws.bytes(32)).toThrow('repeats itself')
})

test('a source that fails takes the draw with it', () => {
  const draws = watchedDraws(() => {
    throw new Error('no entropy')
  })
  expect(() => draws.bytes(8)).toThrow('no entropy')
  expect(() => draws.ephemeral()).toThrow('no entropy')
})

test('a good source passes: 20,000 draws of every length the protocol takes', () => {
  const draws = watchedDraws()
  const lengths = Array.from({ length: 20_000 }, (_, at) => 8 + (at % 64))
  expect(lengths.every((length) => draws.bytes(length).length === length)).toBe(true)
})
