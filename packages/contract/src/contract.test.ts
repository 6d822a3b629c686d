import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  allRoutes,
  canonicalBytes,
  hasValidCheckDigit,
  openApiDocument,
  parseCanonical,
  refusals,
} from './index.ts'
import type { Canonical } from './index.ts'

test('every path and every name is declared once', () => {
  expect(new Set(allRoutes.map((route) => route.path)).size).toBe(allRoutes.length)
  expect(new Set(allRoutes.map((route) => route.name)).size).toBe(allRoutes.length)
  expect(allRoutes.length).toBeGreaterThan(40)
})

test('every input refuses an unknown field', () => {
  for (const route of allRoutes) {
    const outcome = route.input.safeParse({ unexpectedField: 1 })
    expect(outcome.success, route.name).toBe(false)
  }
})

test('no schema carries a session id', () => {
  for (const audience of ['customer', 'staff'] as const) {
    expect(JSON.stringify(openApiDocument(audience, '0'))).not.toMatch(/session_?(id|token)"/i)
  }
})

test('every refusal has both languages and no placeholder for a value', () => {
  for (const [code, { zh, en, status }] of Object.entries(refusals)) {
    expect(zh, code).toMatch(/\p{Script=Han}/u)
    expect(en, code).toMatch(/^[A-Z]/)
    expect(zh + en, code).not.toMatch(/[{}$%]/)
    expect(status).toBeGreaterThanOrEqual(400)
  }
})

test('canonical JSON has one spelling and survives a round trip', () => {
  const value = fc.letrec<{ node: Canonical }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'grapheme' }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie('node'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).node
  fc.assert(
    fc.property(value, (original) => {
      const bytes = canonicalBytes(original)
      expect(canonicalBytes(parseCanonical(bytes))).toEqual(bytes)
    }),
  )
  expect(() => parseCanonical(new TextEncoder().encode('{"b":1,"a":2}'))).toThrow('canonical')
  expect(() => parseCanonical(new TextEncoder().encode('{"a": 1}'))).toThrow('canonical')
  expect(() => canonicalBytes(0.5)).toThrow('safe integers')
})

test('the check digit of an identity number is verified', () => {
  expect(hasValidCheckDigit('990001199001010013')).toBe(true)
  expect(hasValidCheckDigit('990001199001010014')).toBe(false)
})
