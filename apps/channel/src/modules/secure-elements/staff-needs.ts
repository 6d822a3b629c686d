import { Refusal, type RefusalCode } from '@anqu/contract'
import { ServiceRefused, ServiceUnavailable, type Clock, type Db } from '@anqu/platform'
import type { RequestContext, StaffSession } from '../../http/bound-route.ts'
import type { AuditEvent, AuditLog } from '../../needs/audit.ts'
import type { CardOffice } from './card-office.ts'

export type CardStaffNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly audit: AuditLog
  readonly office: CardOffice
  /** Names of members of staff by their ids; unknown ids are left out. */
  readonly staffNames: (staffIds: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

export const acting: readonly StaffSession['role'][] = ['operator', 'administrator']

const words: Readonly<Record<string, RefusalCode>> = {
  'not-found': 'card.not-found',
  'unknown-card': 'card.not-found',
  'no-package': 'card.not-found',
  'not-now': 'card.not-possible',
  'second-person': 'approval.own',
  altered: 'application.altered',
  'untrusted-signer': 'application.untrusted-publisher',
  'older-version': 'application.older-version',
  'known-card': 'card.known',
  'known-version': 'application.known-version',
  'too-large': 'application.too-large',
  'bad-package': 'application.malformed',
}

type Act = Pick<AuditEvent, 'event' | 'description' | 'resource'> & {
  readonly staffId: string
  readonly context: RequestContext
}

const actOf = ({ staffId, context, ...act }: Act, outcome: AuditEvent['outcome']): AuditEvent => ({
  ...act,
  eventClass: 'staff',
  outcome,
  subject: staffId,
  origin: context.origin,
  correlationId: context.correlationId,
})

/** Does it and records that it was done, or that it was tried and refused (A-5.11-9). */
export async function recorded<T>(audit: AuditLog, act: Act, work: () => Promise<T>): Promise<T> {
  try {
    const done = await asStaffRefusal(work)
    await audit.record(actOf(act, 'success'))
    return done
  } catch (error) {
    if (error instanceof Refusal)
      await audit.record({ ...actOf(act, 'failure'), fields: { refused: error.code } })
    throw error
  }
}

/** What the TSM refuses, in the words staff are told it with. */
export async function asStaffRefusal<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ServiceUnavailable) throw new Refusal('server.unavailable', error.message)
    if (error instanceof ServiceRefused)
      throw new Refusal(words[error.code] ?? 'server.unavailable', error.message)
    throw error
  }
}

/** Turns ids into people with names, all with one question. */
export async function peopleOf(
  { staffNames }: CardStaffNeeds,
  ids: readonly (string | null)[],
): Promise<(staffId: string | null) => { staffId: string; name: string }> {
  const names = await staffNames([...new Set(ids.filter((entry) => entry !== null))])
  return (staffId) => ({ staffId: staffId ?? '', name: names.get(staffId ?? '') ?? staffId ?? '' })
}

/** Of a list that was made from one. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('one in, one out')
  return value
}
