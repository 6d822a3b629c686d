import { expect, test } from 'vitest'
import { outcomeLook } from './status-pill.tsx'

test('only a refusal looks like a failure', () => {
  const failed = Object.entries(outcomeLook).filter(([, look]) => look.tone === 'danger')
  expect(failed.map(([state]) => state)).toEqual(['refused'])
})

test('an unknown or held outcome is shown neither as done nor as refused', () => {
  for (const state of ['unknown', 'held', 'executing', 'authorised'] as const) {
    expect(['good', 'danger']).not.toContain(outcomeLook[state].tone)
    expect(['stateDone', 'stateRefused']).not.toContain(outcomeLook[state].text)
  }
})
