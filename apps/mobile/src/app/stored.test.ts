import { defaultAppearance } from '@anqu/ui'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStorage } from '../testing/memory-storage.ts'
import { loadAppearance, loadConsent, saveAppearance, saveConsent, type Consent } from './stored.ts'

test('a look and a decision come back as they were kept', () => {
  const storage = memoryStorage()
  const appearance = { language: 'en', theme: 'auto', text: 'large' } as const
  const consent: Consent = { version: '2026-11', decision: 'refused', consentId: 'c-1' }
  saveAppearance(storage, appearance)
  saveConsent(storage, consent)
  expect(loadAppearance(storage)).toEqual(appearance)
  expect(loadConsent(storage)).toEqual(consent)
  saveConsent(storage, undefined)
  expect(loadConsent(storage)).toBeUndefined()
})

test('a browser that never decided, or holds nonsense, counts as undecided', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const storage = memoryStorage({ 'anqu.consent': text, 'anqu.appearance': text })
      expect(loadConsent(storage)).toBeUndefined()
      expect(loadAppearance(storage)).toEqual(defaultAppearance)
    }),
  )
})

test('nothing that is kept names the customer', () => {
  const storage = memoryStorage()
  saveAppearance(storage, defaultAppearance)
  saveConsent(storage, { version: '2026-11', decision: 'accepted', consentId: 'c-1' })
  const kept = Array.from(
    { length: storage.length },
    (_, index) => storage.getItem(storage.key(index) ?? '') ?? '',
  )
  const fields = kept.flatMap((text) => Object.keys(JSON.parse(text)))
  expect(fields.toSorted()).toEqual(['consentId', 'decision', 'language', 'text', 'theme', 'version'])
})
