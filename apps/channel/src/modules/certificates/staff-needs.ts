import { Refusal } from '@anqu/contract'
import type { Clock, Db } from '@anqu/platform'
import type { RequestContext } from '../../http/bound-route.ts'
import type { AuditEvent, AuditLog } from '../../needs/audit.ts'
import type { CertificationAuthority } from './authority.ts'
import type { AuthorityOverview } from './authority-overview.ts'
import type { NotifyIn } from './certificate-state.ts'

export type CertificateStaffNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly audit: AuditLog
  readonly authority: Pick<CertificationAuthority, 'anchors'>
  readonly overview: AuthorityOverview
  readonly notifyIn: NotifyIn
  /** Names of members of staff by their ids; unknown ids are left out. */
  readonly staffNames: (staffIds: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

type Act = {
  readonly event: string
  readonly description: string
  readonly staffId: string
  readonly resource: string
  readonly fields?: Readonly<Record<string, string>>
}

/** What somebody with administrative rights did or tried (A-5.11-9). */
export const actOf = (
  { staffId, ...act }: Act,
  context: Pick<RequestContext, 'origin' | 'correlationId'>,
  outcome: AuditEvent['outcome'] = 'success',
): AuditEvent => ({
  ...act,
  eventClass: 'staff',
  outcome,
  subject: staffId,
  origin: context.origin,
  correlationId: context.correlationId,
})

/** Runs an act; one that is refused is recorded as tried. */
export async function recordingRefusal<T>(
  audit: AuditLog,
  act: Act,
  context: RequestContext,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal)
      await audit.record(
        actOf({ ...act, fields: { ...act.fields, refused: error.code } }, context, 'failure'),
      )
    throw error
  }
}
