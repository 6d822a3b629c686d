import {
  Refusal,
  staffDecide,
  staffProfiles,
  staffProposals,
  staffPropose,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import {
  bind,
  staffOf,
  type BoundRoute,
  type RequestContext,
  type StaffSession,
} from '../../http/bound-route.ts'
import { acting, approvers } from './approvers.ts'
import { asStaffRefusal } from './authority-errors.ts'
import type { Action, Proposal } from './authority-overview.ts'
import { takeOverState } from './certificate-state.ts'
import { viewer } from './proposal-view.ts'
import { actOf, recordingRefusal, type CertificateStaffNeeds } from './staff-needs.ts'

type Decision = InputOf<typeof staffDecide>

/** What takes two members of staff. The CA holds them apart, and so does the channel. */
export function approvalRoutes(needs: CertificateStaffNeeds): BoundRoute[] {
  const { overview } = needs
  return [
    bind(staffProfiles, async () => ({ profiles: await asStaffRefusal(() => overview.profiles()) })),
    bind(staffProposals, async (search, context) => {
      const staff = staffOf(context, [...acting, 'auditor'])
      const { proposals, nextCursor } = await asStaffRefusal(() => overview.proposals(search))
      const view = await viewer(needs, staff, proposals)
      return { proposals: await Promise.all(proposals.map(view)), nextCursor }
    }),
    bind(staffPropose, async ({ action }, context) => {
      const staff = staffOf(context, acting)
      return { proposal: await propose(needs, staff, { action, context }) }
    }),
    bind(staffDecide, async (decision, context) => {
      const staff = staffOf(context, acting)
      return { proposal: await decide(needs, staff, { decision, context }) }
    }),
  ]
}

type Proposed = OutputOf<typeof staffPropose>['proposal']

async function propose(
  needs: CertificateStaffNeeds,
  staff: StaffSession,
  { action, context }: { action: Action; context: RequestContext },
): Promise<Proposed> {
  const { audit, overview } = needs
  const act = {
    event: 'staff.proposed',
    description: describe(action),
    staffId: staff.staffId,
    resource: resourceOf(action),
  }
  const proposal = await recordingRefusal(audit, act, context, () =>
    asStaffRefusal(async () => {
      await assertProfileExists(needs, action)
      return overview.propose({ action, officer: staff.staffId, correlationId: context.correlationId })
    }),
  )
  await audit.record(
    actOf({ ...act, fields: { proposalId: proposal.proposalId, digest: proposal.digest } }, context),
  )
  return (await viewer(needs, staff, [proposal]))(proposal)
}

async function assertProfileExists({ overview }: CertificateStaffNeeds, action: Action): Promise<void> {
  if (action.kind !== 'change-profile') return
  const profiles = await overview.profiles()
  if (!profiles.some(({ name }) => name === action.name))
    throw new Refusal('profile.outside-limits', 'no such')
}

async function decide(
  needs: CertificateStaffNeeds,
  staff: StaffSession,
  { decision, context }: { decision: Decision; context: RequestContext },
): Promise<Proposed> {
  const { db, audit, overview, notifyIn } = needs
  const { proposalId, digest } = decision
  const { staffId } = staff
  const act = {
    event: decision.decision === 'approve' ? 'staff.approved' : 'staff.rejected',
    description: `Decided about proposal ${proposalId}`,
    staffId,
    resource: `proposal:${proposalId}`,
    fields: { digest },
  }
  const decided = await recordingRefusal(audit, act, context, () =>
    asStaffRefusal(async () => {
      const { proposals } = await overview.proposals({ state: 'open', proposalId, limit: 1 })
      assertMayDecide(proposals[0], staff, decision)
      return overview.decide({ ...decision, officer: staffId, correlationId: context.correlationId })
    }),
  )
  const { action } = decided
  await db.transaction(async (tx) => {
    if (decided.state === 'approved' && action.kind !== 'change-profile') {
      const state = action.kind === 'revoke' ? 'revoked' : 'active'
      await takeOverState(tx, { serial: action.serial, state, notifyIn })
    }
    const fields = { digest, proposalId, proposedBy: decided.proposedBy }
    const description = `${act.event === 'staff.approved' ? 'Approved' : 'Refused'}: ${describe(action)}`
    await audit.recordIn(tx, actOf({ ...act, description, resource: resourceOf(action), fields }, context))
  })
  return (await viewer(needs, staff, [decided]))(decided)
}

/** The CA asks the same once more. Who proposed may take it back, and approves nothing. */
function assertMayDecide(
  proposal: Proposal | undefined,
  { staffId, role }: StaffSession,
  { decision, digest }: Decision,
): void {
  if (proposal === undefined) throw new Refusal('approval.closed')
  if (proposal.digest !== digest) throw new Refusal('approval.changed')
  if (decision === 'reject') return
  if (proposal.proposedBy === staffId) throw new Refusal('approval.own')
  if (!approvers[proposal.action.kind].includes(role)) throw new Refusal('staff.forbidden', role)
}

const resourceOf = (action: Action): string =>
  action.kind === 'change-profile' ? `profile:${action.name}` : `certificate:${action.serial}`

function describe(action: Action): string {
  if (action.kind === 'change-profile') {
    const { validDays, nearExpiryDays, keyUsage } = action.parameters
    return `Change of profile ${action.name}: ${validDays} days, near expiry ${nearExpiryDays}, ${keyUsage.join(' ')}`
  }
  return action.kind === 'revoke'
    ? `Revocation as ${action.crlReason}: ${action.reason}`
    : `End of the hold: ${action.reason}`
}
