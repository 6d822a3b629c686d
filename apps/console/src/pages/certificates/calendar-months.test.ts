import { expect, test } from 'vitest'
import { daysShown, firstOfMonth, monthsFrom, yearFrom } from './calendar-months.ts'

test('twelve months hold every day once, over a leap day and the end of a year', () => {
  const months = monthsFrom('2027-11-01', new Map([['2028-02-29', 7]]))
  const days = months.flatMap((month) => month.days.map(({ day }) => day))
  expect(new Set(days).size).toBe(days.length)
  expect([days[0], days.at(-1), days.length]).toEqual(['2027-11-01', '2028-10-31', daysShown('2027-11-01')])
  expect(months.find(({ month }) => month === '2028-02')).toMatchObject({ count: 7, lead: 1 })
})

test('a month begins under its day of the week, and a day counts where China is', () => {
  expect(monthsFrom('2026-11-01', new Map())[0]?.lead).toBe(6)
  expect(firstOfMonth(Date.parse('2026-11-30T16:00:00Z'))).toBe('2026-12-01')
})

test('years follow each other without a gap and without a day twice', () => {
  const days = [0, 1, 2, 3].flatMap((year) =>
    monthsFrom(yearFrom('2026-11-01', year), new Map()).flatMap((month) => month.days.map(({ day }) => day)),
  )
  expect(new Set(days).size).toBe(days.length)
  expect(days.length).toBe(365 + 366 + 365 + 365)
  expect(days).toEqual(days.toSorted())
})
