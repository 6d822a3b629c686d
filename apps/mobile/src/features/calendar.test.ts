import { expect, test } from 'vitest'
import { calendarDate } from './calendar.ts'

test('just after midnight in China it is the new day, though it is still yesterday in Greenwich', () => {
  const justAfterMidnight = Date.UTC(2026, 10, 21, 16, 0, 1)
  expect(calendarDate(justAfterMidnight, 0)).toBe('2026-11-22')
  expect(calendarDate(justAfterMidnight - 2000, 0)).toBe('2026-11-21')
})

test('tomorrow crosses the end of February in a leap year', () => {
  expect(calendarDate(Date.UTC(2028, 1, 28, 4), 1)).toBe('2028-02-29')
  expect(calendarDate(Date.UTC(2028, 1, 28, 4), 2)).toBe('2028-03-01')
})
