import { Refusal } from '@anqu/contract'
import type { Product } from './products.ts'

const dayMs = 86_400_000
const chinaOffsetMs = 8 * 3_600_000
const furthestStartDays = 60

/** Whole years between a birthday (YYYYMMDD, as inside an identity number) and a moment, by the calendar in China. */
export function ageAt(birthday: string, atMs: number): number {
  const today = new Date(atMs + chinaOffsetMs).toISOString().slice(0, 10).replaceAll('-', '')
  const years = Number(today.slice(0, 4)) - Number(birthday.slice(0, 4))
  return today.slice(4) < birthday.slice(4) ? years - 1 : years
}

/** Cover starts tomorrow at the earliest (calendar of China) and at most 60 days ahead; the last day is included. */
export function coverPeriod(
  product: Product,
  startDate: string,
  nowMs: number,
): { startDate: string; endDate: string } {
  const startMs = Date.parse(`${startDate}T00:00:00+08:00`)
  const daysAhead = (startMs - nowMs) / dayMs
  if (!(daysAhead > 0) || daysAhead > furthestStartDays)
    throw new Refusal('insurance.not-eligible', 'start date')
  const endDate = new Date(startMs + chinaOffsetMs + (product.periodDays - 1) * dayMs)
    .toISOString()
    .slice(0, 10)
  return { startDate, endDate }
}

/** Age and units within the product's conditions, and every important clause confirmed. */
export function assertEligible(
  product: Product,
  proposal: { birthday: string; units: number; confirmedImportant: readonly string[] },
  nowMs: number,
): void {
  const age = ageAt(proposal.birthday, nowMs)
  const { minAge, maxAge, maxUnits } = product.eligibility
  if (age < minAge || age > maxAge || proposal.units > maxUnits)
    throw new Refusal('insurance.not-eligible', 'age or units')
  const confirmed = new Set(proposal.confirmedImportant)
  if (!product.terms.important.every((clause) => confirmed.has(clause.key)))
    throw new Refusal('insurance.not-eligible', 'an important clause was not confirmed')
}
