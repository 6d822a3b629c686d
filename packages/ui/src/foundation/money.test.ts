import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatFen, formatFenShort, parseYuan } from './money.ts'

test.each([
  [0n, '0.00'],
  [5n, '0.05'],
  [12_800n, '128.00'],
  [123_456_789n, '1,234,567.89'],
  [-100n, '−1.00'],
])('%s fen reads %s', (fen, text) => expect(formatFen(fen)).toBe(text))

test('whole yuan lose their empty decimals, others keep them', () => {
  expect(formatFenShort(50_000_000n)).toBe('500,000')
  expect(formatFenShort(50_000_001n)).toBe('500,000.01')
})

test('an amount typed as it was shown is the same amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 99_999_999_999_999n }), (fen) => {
      expect(parseYuan(formatFen(fen).replaceAll(',', ''))).toBe(fen)
    }),
  )
})

test.each(['', '-1', '1.234', '01', '1e3', '１', '1,000', 'NaN', '.5'])('%j is no amount', (text) =>
  expect(parseYuan(text)).toBeUndefined(),
)
