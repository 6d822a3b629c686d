import { dayOf } from './certificate-filters.ts'

export type DayCount = { readonly day: string; readonly count: number }
/** `2026-11` with its days; `lead` empty places before the first one, when weeks begin on Monday. */
export type Month = {
  readonly month: string
  readonly lead: number
  readonly days: readonly DayCount[]
  readonly count: number
}

const dayMs = 86_400_000
const monthsShown = 12

export const firstOfMonth = (atMs: number): string => `${dayOf(atMs).slice(0, 7)}-01`

/** Certificates live for ten years at most (the CA's limits). */
export const yearsShown = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const

/** The same first day so many years later. */
export const yearFrom = (firstDay: string, years: number): string =>
  `${Number(firstDay.slice(0, 4)) + years}${firstDay.slice(4)}`

/** Days until the end of the twelfth month. */
export function daysShown(firstDay: string): number {
  const year = Number(firstDay.slice(0, 4))
  const month = Number(firstDay.slice(5, 7))
  return (Date.UTC(year + 1, month - 1, 1) - Date.UTC(year, month - 1, 1)) / dayMs
}

/** Twelve months from a first day on, every day in them, with the number that expires then. */
export function monthsFrom(firstDay: string, counts: ReadonlyMap<string, number>): Month[] {
  const year = Number(firstDay.slice(0, 4))
  const month = Number(firstDay.slice(5, 7)) - 1
  return Array.from({ length: monthsShown }, (_, index) => {
    const startMs = Date.UTC(year, month + index, 1)
    const length = (Date.UTC(year, month + index + 1, 1) - startMs) / dayMs
    const days = Array.from({ length }, (_day, offset) => {
      const day = new Date(startMs + offset * dayMs).toISOString().slice(0, 10)
      return { day, count: counts.get(day) ?? 0 }
    })
    return {
      month: new Date(startMs).toISOString().slice(0, 7),
      lead: (new Date(startMs).getUTCDay() + 6) % 7,
      days,
      count: days.reduce((sum, { count }) => sum + count, 0),
    }
  })
}
