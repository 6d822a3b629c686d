import type { StaffSession } from '../../http/bound-route.ts'
import type { Action } from './authority-overview.ts'

export const acting: readonly StaffSession['role'][] = ['operator', 'administrator']

/** Who may approve what. A profile decides about every certificate to come, so that an administrator has the last word. */
export const approvers: Readonly<Record<Action['kind'], readonly StaffSession['role'][]>> = {
  revoke: acting,
  resume: acting,
  'change-profile': ['administrator'],
}
