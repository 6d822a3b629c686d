import { staffCertificateSearch } from '@anqu/contract'
import { expect, test } from 'vitest'
import { certificateSearch, dayOf, startOfDay } from './certificate-filters.ts'

test('whatever stands in the address, the search is one the server takes', () => {
  for (const filters of [
    {},
    { status: 'lost', serial: 'xyz', accountId: 'me' },
    { from: 'tomorrow', to: '', page: '7' },
    { serial: 'AB:CD:EF:01:23:45:67:89', status: 'good', profile: 'customer-signing' },
  ])
    expect(staffCertificateSearch.input.safeParse(certificateSearch(filters).search).success).toBe(true)
})

test('a filter no search can be made of is named instead of being left out in silence', () => {
  expect(certificateSearch({ serial: 'xyz', accountId: 'me', status: 'good' }).bad).toEqual([
    'serial',
    'accountId',
  ])
  expect(certificateSearch({ status: 'good' }).bad).toEqual([])
})

test('a serial is found as people copy it', () => {
  expect(certificateSearch({ serial: ' AB:CD:EF:01:23:45:67:89 ' }).search.serial).toBe('abcdef0123456789')
})

test('the last day of a range is included whole, in days of China', () => {
  const { search } = certificateSearch({ from: '2026-11-21', to: '2026-11-21' })
  expect(new Date(search.expiresFromMs ?? 0).toISOString()).toBe('2026-11-20T16:00:00.000Z')
  expect(new Date(search.expiresBeforeMs ?? 0).toISOString()).toBe('2026-11-21T16:00:00.000Z')
  expect(dayOf(startOfDay('2026-11-21') ?? 0)).toBe('2026-11-21')
})
