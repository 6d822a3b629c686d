const adultYears = 18
const chinaOffsetMs = 8 * 3_600_000

/** Birthday inside an identity number, YYYYMMDD. */
export const birthdayOf = (idNumber: string): string => idNumber.slice(6, 14)

/** True on and after the 18th birthday by the calendar in China. */
export function isAdult(idNumber: string, nowMs: number): boolean {
  const today = new Date(nowMs + chinaOffsetMs).toISOString().slice(0, 10).replaceAll('-', '')
  return Number(today) - Number(birthdayOf(idNumber)) >= adultYears * 10_000
}
