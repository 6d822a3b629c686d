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
  const day = Math.floor(atMs / DAY_MS)
  const second = Math.floor((atMs - day * DAY_MS) / 1000)
  const [hours, minutes] = [Math.floor(second / 3600), Math.floor(second / 60) % 60]
  return `${dayDigits(day)}${two(hours)}${two(minutes)}${two(second % 60)}Z`
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

const DAY_MS = 86_400_000
/** The digits of the last two days asked for: a beginning and an end are mostly written in turns. */
let recentDays: readonly { readonly day: number; readonly digits: string }[] = []

function dayDigits(day: number): string {
  const known = recentDays.find((recent) => recent.day === day)
  if (known) return known.digits
  const iso = new Date(day * DAY_MS).toISOString()
  if (iso.length !== 24) throw new RangeError(`year outside 0..9999: ${iso}`)
  const digits = iso.slice(0, 10).replaceAll('-', '')
  recentDays = [{ day, digits }, ...recentDays.slice(0, 1)]
  return digits
}
