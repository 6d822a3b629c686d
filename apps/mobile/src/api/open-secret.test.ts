import type { SecureEntry } from '@anqu/client'
import { bytesToBase64 } from '@anqu/encoding'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSecret } from './open-secret.ts'

/** An entry of the SDK whose "sealed" taps name the cell, so that a test can tell what was handed over. */
function entryOf(maxTaps: number): SecureEntry {
  const taps: string[] = []
  const size = { widthPx: 360, heightPx: 200, rows: 4, columns: 10, maxTaps }
  const view = { keyboardId: 'k', answer: '', png: bytesToBase64(new Uint8Array(3)), expiresAtMs: 1, ...size }
  return {
    view,
    purpose: 'login',
    length: () => taps.length,
    tap(cell) {
      if (taps.length < maxTaps) taps.push(String(cell))
    },
    erase: () => void taps.pop(),
    finish: () => ({ keyboardId: 'k', taps: [...taps] }),
  }
}

test('what is handed over is what a plain list would hold after the same taps, erasures and clearings', () => {
  const step = fc.oneof(
    fc.integer({ min: 0, max: 39 }),
    fc.constant('erase' as const),
    fc.constant('clear' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const secret = openSecret(entryOf(64))
      let expected: string[] = []
      for (const given of steps)
        if (given === 'erase') {
          secret.erase()
          expected.pop()
        } else if (given === 'clear') {
          secret.clear()
          expected = []
        } else {
          secret.seal(given)
          expected.push(String(given))
        }
      expect(secret.finish().taps).toEqual(expected)
    }),
  )
})

test('taps that were handed over are not handed over again', () => {
  const secret = openSecret(entryOf(8))
  secret.seal(4)
  expect(secret.finish().taps).toEqual(['4'])
  expect(secret.finish().taps).toEqual([])
})

test('a tap the entry did not take does not count', () => {
  const secret = openSecret(entryOf(1))
  secret.seal(4)
  secret.seal(5)
  secret.erase()
  expect(secret.finish().taps).toEqual([])
})
