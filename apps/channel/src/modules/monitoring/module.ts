import { staffClearLock, staffConformance, staffLocks, staffOverview, type OutputOf } from '@anqu/contract'
import type { Clock } from '@anqu/platform'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'

type Overview = OutputOf<typeof staffOverview>
type Locks = OutputOf<typeof staffLocks>['locks']

export type MonitoringNeeds = {
  readonly clock: Clock
  readonly audit: AuditLog
  readonly counts: () => Promise<Pick<Overview, 'customers' | 'boundDevices' | 'activeSessions' | 'policies'>>
  readonly operationFigures: () => Promise<{
    byState: Overview['operationsByState']
    lastDays: Overview['lastDays']
  }>
  readonly today: () => string
  readonly locks: () => Promise<Locks>
  readonly clearLock: (subject: string, scope: string) => Promise<void>
  /** The newest conformance report, or null before the first run. */
  readonly conformanceReport: () => Promise<Record<string, unknown> | null>
}

/** What staff look at first: figures, locks, and how far the clauses hold. */
export function createMonitoring(needs: MonitoringNeeds): { routes: BoundRoute[] } {
  return {
    routes: [
      bind(staffOverview, async () => {
        const figures = await needs.operationFigures()
        const today = figures.lastDays.find((day) => day.date === needs.today())
        return {
          atMs: needs.clock.nowMs(),
          ...(await needs.counts()),
          premiumTodayFen: today?.premiumFen ?? '0',
          operationsByState: figures.byState,
          lastDays: figures.lastDays,
        }
      }),
      bind(staffLocks, async () => ({ locks: await needs.locks() })),
      bind(staffClearLock, async ({ subject, scope, reason }, context) => {
        const { staffId } = staffOf(context, ['operator', 'administrator'])
        await needs.audit.record({
          event: 'staff.lock-cleared',
          eventClass: 'staff',
          outcome: 'success',
          subject: staffId,
          description: `Lock cleared after manual verification: ${reason}`,
          origin: context.origin,
          resource: `lock:${subject}/${scope}`,
          correlationId: context.correlationId,
        })
        await needs.clearLock(subject, scope)
        return { locks: await needs.locks() }
      }),
      bind(staffConformance, async () => ({ report: await needs.conformanceReport() })),
    ],
  }
}
