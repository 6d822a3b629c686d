import { z } from 'zod'

const outcome = z.enum(['passed', 'failed', 'skipped', 'unchecked'])
const control = z.object({
  id: z.string(),
  area: z.string(),
  title: z.object({ zh: z.string(), en: z.string() }),
  clauses: z.array(z.string()),
  outcome,
  reason: z.string().nullable(),
  durationMs: z.number(),
  evidence: z.array(
    z.object({ atMs: z.number(), kind: z.string(), what: z.string(), data: z.string(), hash: z.string() }),
  ),
})
const clause = z.object({
  id: z.string(),
  standard: z.string(),
  section: z.string(),
  level: z.string(),
  area: z.string(),
  zh: z.string(),
  en: z.string(),
  controls: z.array(z.string()),
  outcome,
})

/** The parts of a conformance report that the console shows (conformance/README.md). */
export const conformanceReport = z.object({
  finishedAtMs: z.number(),
  version: z.string(),
  totals: z.object({
    clauses: z.object({ runtime: z.number(), checked: z.number(), passed: z.number(), failed: z.number() }),
    controls: z.object({ passed: z.number(), failed: z.number(), skipped: z.number() }),
  }),
  standards: z.array(
    z.object({
      standard: z.string(),
      title: z.string(),
      en: z.string(),
      runtime: z.number(),
      checked: z.number(),
      passed: z.number(),
    }),
  ),
  controls: z.array(control),
  clauses: z.array(clause),
})

export type ConformanceReport = z.infer<typeof conformanceReport>
export type ReportClause = z.infer<typeof clause>

const order = { failed: 0, passed: 1, skipped: 2, unchecked: 3 } as const

/** Clauses that contain a text, what failed first. */
export function clausesMatching(
  report: ConformanceReport,
  text: string,
  only: 'all' | 'failed',
): ReportClause[] {
  const wanted = text.trim().toLowerCase()
  return report.clauses
    .filter((entry) => only === 'all' || entry.outcome === 'failed')
    .filter(({ id, zh, en, area }) => `${id} ${zh} ${en} ${area}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => order[a.outcome] - order[b.outcome])
}
