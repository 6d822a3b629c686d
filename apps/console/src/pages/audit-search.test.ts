import { staffAuditSearch } from '@anqu/contract'
import { expect, test } from 'vitest'
import { searchOf } from './audit-search.ts'

test('whatever stands in the address, the search is one the server takes', () => {
  for (const filters of [
    {},
    { from: 'yesterday', to: '', outcome: 'maybe', page: '7' },
    { text: '支付', outcome: 'failure' },
  ])
    expect(staffAuditSearch.input.safeParse(searchOf(filters)).success).toBe(true)
})

test('a day lasts from midnight to midnight in China', () => {
  const { fromMs, toMs } = searchOf({ from: '2026-11-21', to: '2026-11-21' })
  expect(new Date(fromMs ?? 0).toISOString()).toBe('2026-11-20T16:00:00.000Z')
  expect(new Date(toMs ?? 0).toISOString()).toBe('2026-11-21T15:59:59.999Z')
})
