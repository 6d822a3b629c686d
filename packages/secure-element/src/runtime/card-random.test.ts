import { randomBytes } from '@anqu/gm-crypto'
import { expect, test } from 'vitest'
import { CardRandom } from './card-random.ts'

/** Good for the power-up test, then whatever `later` makes of it. */
function turningBad(later: (length: number) => Uint8Array): (length: number) => Uint8Array {
  let calls = 0
  return (length) => (calls++ === 0 ? randomBytes(length) : later(length))
}

test.each([
  ['stuck at zero', () => (length: number) => new Uint8Array(length)],
  [
    'alternating',
    () => (length: number) => Uint8Array.from({ length }, (_, at) => (at % 2 === 0 ? 0x01 : 0x10)),
  ],
  ['biased to ones', () => (length: number) => randomBytes(length).map((byte) => byte | 0x18)],
])('a source that is %s is refused at power-up', (_, source) => {
  expect(() => new CardRandom(source())).toThrow('random source failed')
})

test('a source that gets stuck later gives no more bytes, ever', () => {
  const random = new CardRandom(turningBad((length) => new Uint8Array(length).fill(7)))
  expect(() => random.bytes(32)).toThrow('repetition')
  expect(() => random.bytes(1)).toThrow('repetition')
})

test('a source that prefers one byte is caught within a window', () => {
  const random = new CardRandom(
    turningBad((length) => randomBytes(length).map((byte, at) => (at % 4 === 0 ? 0x55 : byte))),
  )
  expect(() => {
    for (let draws = 0; draws < 64; draws++) random.bytes(64)
  }).toThrow('proportion')
})

test('a good source passes: 10,000 draws of 16 bytes, all distinct', () => {
  const random = new CardRandom()
  const seen = new Set(Array.from({ length: 10_000 }, () => String(random.bytes(16))))
  expect(seen.size).toBe(10_000)
})
