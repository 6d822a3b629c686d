import type { OutputOf, staffPropose } from '@anqu/contract'
import type { StaffSession } from '../../http/bound-route.ts'
import { approvers } from './approvers.ts'
import { asStaffRefusal } from './authority-errors.ts'
import type { Profile, Proposal } from './authority-overview.ts'
import type { CertificateStaffNeeds } from './staff-needs.ts'

type View = OutputOf<typeof staffPropose>['proposal']

/** How proposals look to one member of staff: who, about what, against what stands now, and what this one may do. */
export async function viewer(
  { overview, staffNames }: CertificateStaffNeeds,
  staff: StaffSession,
  proposals: readonly Proposal[],
): Promise<(proposal: Proposal) => Promise<View>> {
  const ids = proposals.flatMap(({ proposedBy, decidedBy }) => [proposedBy, decidedBy ?? []].flat())
  const names = await staffNames([...new Set(ids)])
  const profiles = proposals.some(({ action }) => action.kind === 'change-profile')
    ? await asStaffRefusal(() => overview.profiles())
    : []
  const person = (staffId: string) => ({ staffId, name: names.get(staffId) ?? staffId })
  return async (proposal) => {
    const { action, proposedBy, decidedBy, ...rest } = proposal
    const found =
      action.kind === 'change-profile' ? undefined : await asStaffRefusal(() => overview.read(action.serial))
    return {
      ...rest,
      action,
      proposedBy: person(proposedBy),
      decidedBy: decidedBy === null ? null : person(decidedBy),
      certificate: found?.certificate ?? null,
      before: parametersBefore(proposal, profiles),
      notApprovable: notApprovable(proposal, staff),
      rejectable: proposal.state === 'open' && staff.role !== 'auditor',
    }
  }
}

function parametersBefore({ action, proposalId }: Proposal, profiles: readonly Profile[]): View['before'] {
  if (action.kind !== 'change-profile') return null
  const profile = profiles.find(({ name }) => name === action.name)
  if (profile === undefined) return null
  const made = profile.history.findIndex((entry) => entry.proposalId === proposalId)
  return made > 0 ? (profile.history[made - 1]?.parameters ?? null) : profile.parameters
}

function notApprovable(
  { state, proposedBy, action }: Proposal,
  { staffId, role }: StaffSession,
): View['notApprovable'] {
  if (state !== 'open') return 'closed'
  if (proposedBy === staffId) return 'own'
  return approvers[action.kind].includes(role) ? null : 'role'
}
