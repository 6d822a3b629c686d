import { ParseError } from '../parse-error.ts'

const DIGITS_UTC = /^\d{12}Z$/
const DIGITS_GENERALIZED = /^\d{14}Z$/

/** `YYMMDDHHMMSSZ`, years 1950 to 2049 (RFC 5280 section 4.1.2.5.1). Epoch milliseconds. */
export function parseUtcTime(text: string, path: string, offset: number): number {
  if (!DIGITS_UTC.test(text)) throw new ParseError(path, offset, 'UTCTime as YYMMDDHHMMSSZ')
  const year = Number(text.slice(0, 2))
  return fromDigits(year < 50 ? 2000 + year : 1900 + year, text.slice(2), path, offset)
}

/** `YYYYMMDDHHMMSSZ` without fractions (RFC 5280 section 4.1.2.5.2). Epoch milliseconds. */
export function parseGeneralizedTime(text: string, path: string, offset: number): number {
  if (!DIGITS_GENERALIZED.test(text)) throw new ParseError(path, offset, 'GeneralizedTime as YYYYMMDDHHMMSSZ')
  return fromDigits(Number(text.slice(0, 4)), text.slice(4), path, offset)
}

function fromDigits(year: number, rest: string, path: string, offset: number): number {
  const part = (index: number): number => Number(rest.slice(index * 2, index * 2 + 2))
  const date = new Date(0)
  // Date.UTC maps the years 0 to 99 into the twentieth century; setUTCFullYear takes them as they are.
  date.setUTCFullYear(year, part(0) - 1, part(1))
  date.setUTCHours(part(2), part(3), part(4), 0)
  const same =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === part(0) - 1 &&
    date.getUTCDate() === part(1) &&
    date.getUTCHours() === part(2) &&
    date.getUTCMinutes() === part(3) &&
    date.getUTCSeconds() === part(4)
  if (!same) throw new ParseError(path, offset, 'a date and time that exist')
  return date.getTime()
}

/** Text of a time in whole seconds, and the type RFC 5280 wants: UTCTime up to 2049, GeneralizedTime later. */
export function formatDerTime(atMs: number): { type: 'utc' | 'generalized'; text: string } {
  const digits = formatGeneralizedTime(atMs)
  const year = Number(digits.slice(0, 4))
  return year >= 1950 && year < 2050
    ? { type: 'utc', text: digits.slice(2) }
    : { type: 'generalized', text: digits }
}

/** `YYYYMMDDHHMMSSZ`; milliseconds are dropped. */
export function formatGeneralizedTime(atMs: number): string {
  const iso = new Date(atMs).toISOString()
  if (iso.length !== 24) throw new RangeError(`year outside 0..9999: ${iso}`)
  return `${iso.slice(0, 19).replace(/[-T:]/g, '')}Z`
}
