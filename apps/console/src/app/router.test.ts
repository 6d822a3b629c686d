import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPlace, pages, parsePlace } from './router.ts'

test('a place with any filters survives the address bar', () => {
  const filters = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  )
  fc.assert(
    fc.property(fc.constantFrom(...pages), filters, (page, given) => {
      expect(parsePlace(formatPlace({ page, filters: given }))).toEqual({ page, filters: given })
    }),
  )
})

test('an unknown page is the overview', () => {
  expect(parsePlace('#/nowhere?x=1').page).toBe('overview')
  expect(parsePlace('').page).toBe('overview')
})
