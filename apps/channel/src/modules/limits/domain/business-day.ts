const chinaOffsetMs = 8 * 3_600_000

/** The calendar day in China (UTC+8, no daylight saving) as YYYY-MM-DD; limits are counted by it. */
export const dayOf = (atMs: number): string => new Date(atMs + chinaOffsetMs).toISOString().slice(0, 10)
