/** China has one time zone and no summer time, and covers begin and end by its calendar. */
const chinaOffsetMs = 8 * 3_600_000
const dayMs = 86_400_000

/** The calendar date in China, `days` after the one at `nowMs`, as YYYY-MM-DD. */
export const calendarDate = (nowMs: number, days: number): string =>
  new Date(nowMs + chinaOffsetMs + days * dayMs).toISOString().slice(0, 10)
