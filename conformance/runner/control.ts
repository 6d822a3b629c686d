import type { ClauseId } from '@anqu/policy'
import type { LiveSystem } from '../system/live-system.ts'
import type { Evidence } from './evidence.ts'

/**
 * One live check. It acts on the running system as a customer, a member of staff or an attacker would, and leaves a record of
 * what it saw. It must fail when the behaviour it names is gone.
 */
export type Control = {
  /** `area.what-holds`; the area is the file it stands in. */
  readonly id: string
  readonly title: { readonly zh: string; readonly en: string }
  /** Only clauses whose whole requirement is proven by this check. */
  readonly clauses: readonly [ClauseId, ...ClauseId[]]
  /** Why a clause that another control claims is claimed here too. */
  readonly shared?: Readonly<Partial<Record<ClauseId, string>>>
  readonly check: (system: LiveSystem, evidence: Evidence) => Promise<void>
}

export const control = (declaration: Control): Control => Object.freeze(declaration)

export const areaOf = (id: string): string => id.split('.', 1)[0] ?? ''
