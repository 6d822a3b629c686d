import type { InputOf, staffAuditSearch } from '@anqu/contract'

const pageLength = 50
const dayMs = 86_400_000

/** The search a set of filters in the address stands for. Days are days of China (UTC+8), the last one included. */
export function searchOf(filters: Readonly<Record<string, string>>): InputOf<typeof staffAuditSearch> {
  const startOf = (day: string | undefined): number | undefined => {
    const atMs = Date.parse(`${day ?? ''}T00:00:00+08:00`)
    return Number.isNaN(atMs) ? undefined : atMs
  }
  const fromMs = startOf(filters['from'])
  const toMs = startOf(filters['to'])
  const { text, event, subject, correlationId, cursor, outcome } = filters
  return {
    limit: pageLength,
    ...(text === undefined ? {} : { text }),
    ...(event === undefined ? {} : { event }),
    ...(subject === undefined ? {} : { subject }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(outcome === 'success' || outcome === 'failure' ? { outcome } : {}),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs: toMs + dayMs - 1 }),
  }
}
