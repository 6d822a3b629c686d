import { expect, test } from 'vitest'
import { newIdempotencyKey, shuffle, shuffledDigits } from './random.ts'

test('a shuffled PIN pad has each digit exactly once', () => {
  for (let round = 0; round < 50; round += 1)
    expect(shuffledDigits().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('each digit comes to each place about equally often', () => {
  const rounds = 5000
  const seen = Array.from({ length: 10 }, () => Array.from({ length: 10 }, () => 0))
  for (let round = 0; round < rounds; round += 1)
    for (const [place, digit] of shuffledDigits().entries()) {
      const row = seen[digit]
      if (row) row[place] = (row[place] ?? 0) + 1
    }
  // Expected 500 each, standard deviation 21: seven deviations leave no chance of a false alarm.
  for (const count of seen.flat()) expect(Math.abs(count - rounds / 10)).toBeLessThan(150)
})

test('a byte that would favour early places is drawn again', () => {
  const bytes = [0, 0, 255, 1]
  const source = () => new Uint8Array([bytes.shift() ?? 0])
  expect(shuffle(['a', 'b', 'c'], source)).toEqual(['b', 'c', 'a'])
  expect(bytes).toEqual([])
})

test('an intention gets a name of its own every time', () => {
  expect(newIdempotencyKey()).toMatch(/^[A-Za-z0-9_-]{24}$/)
  expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
})
