import { staffCertificateSearch, type InputOf } from '@anqu/contract'

export const pageLength = 20
const dayMs = 86_400_000

export const filterNames = ['serial', 'accountId', 'deviceId', 'profile', 'status', 'from', 'to'] as const
export type FilterName = (typeof filterNames)[number]
type Search = InputOf<typeof staffCertificateSearch>

/** Start of a day of China (UTC+8). */
export function startOfDay(day: string | undefined): number | undefined {
  const atMs = Date.parse(`${day ?? ''}T00:00:00+08:00`)
  return Number.isNaN(atMs) ? undefined : atMs
}

/** The day of China a moment lies in, as `2026-11-21`. */
export const dayOf = (atMs: number): string => new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 10)

const fieldOf: Readonly<Record<string, FilterName>> = { expiresFromMs: 'from', expiresBeforeMs: 'to' }
const isFilterName = (text: string): text is FilterName => (filterNames as readonly string[]).includes(text)

/** The search a set of filters in the address stands for, and the filters that no search can be made of. */
export function certificateSearch(filters: Readonly<Record<string, string>>): {
  search: Search
  bad: FilterName[]
} {
  const { profile, status, cursor } = filters
  const fromMs = startOfDay(filters['from'])
  const toMs = startOfDay(filters['to'])
  const wanted: Record<string, unknown> = {
    serial: filters['serial']?.trim().toLowerCase().replaceAll(':', ''),
    accountId: filters['accountId']?.trim().toLowerCase(),
    deviceId: filters['deviceId']?.trim().toLowerCase(),
    profile,
    status,
    cursor,
    expiresFromMs: fromMs,
    expiresBeforeMs: toMs === undefined ? undefined : toMs + dayMs,
  }
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
  const parsed = staffCertificateSearch.input.safeParse({ ...given, limit: pageLength })
  if (parsed.success) return { search: parsed.data, bad: [] }
  const names = parsed.error.issues.map(({ path }) => String(path[0]))
  const bad = names.map((name) => fieldOf[name] ?? name).filter(isFilterName)
  return { search: { limit: pageLength }, bad: [...new Set(bad)] }
}
