import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPlace, isOpen, parsePlace, type Place } from './router.ts'

const anyPlace: fc.Arbitrary<Place> = fc.oneof(
  fc.constantFrom<Place>({ page: 'home' }, { page: 'login' }, { page: 'transaction-password' }),
  fc.record({
    page: fc.constant('product' as const),
    productId: fc.string({ minLength: 1, unit: 'grapheme' }),
  }),
  fc.record({ page: fc.constant('operation' as const), operationId: fc.uuid() }),
)

test('a place read back from its fragment is the same place, whatever its values hold', () => {
  fc.assert(
    fc.property(anyPlace, (place) => {
      expect(parsePlace(formatPlace(place))).toEqual(place)
    }),
  )
})

test('no fragment whatsoever makes the router throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void parsePlace(`#/${text}`)))
})

test.each([
  '',
  '#',
  '#/',
  '#/nowhere',
  '#/home/extra',
  '#/product',
  '#/product/',
  '#/product/%E0%A4',
  '#/constructor',
  'home',
])('%j is no place of the app', (fragment) => expect(parsePlace(fragment)).toBeUndefined())

test('no page that shows personal data opens without a session', () => {
  const personal: Place[] = [
    { page: 'home' },
    { page: 'me' },
    { page: 'policies' },
    { page: 'messages' },
    { page: 'history' },
    { page: 'devices' },
    { page: 'operations' },
    { page: 'pay', proposalId: 'x' },
    { page: 'limits' },
  ]
  expect(personal.filter((place) => isOpen(place))).toEqual([])
})
