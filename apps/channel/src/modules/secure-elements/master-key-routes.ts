import { staffDecideMasterKey, staffMasterKeys, staffProposeMasterKey, type OutputOf } from '@anqu/contract'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { MasterKeys } from './card-office.ts'
import { acting, asStaffRefusal, peopleOf, recorded, type CardStaffNeeds } from './staff-needs.ts'

/** The TSM's master key: one proposes a new one or the end of an old one, another one approves. The TSM asks for the second person. */
export function masterKeyRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { audit, office } = needs
  return [
    bind(staffMasterKeys, async (_input, context) => {
      const { staffId } = staffOf(context, [...acting, 'auditor'])
      return describe(needs, staffId, await asStaffRefusal(() => office.masterKeys()))
    }),
    bind(staffProposeMasterKey, async ({ reason, retires }, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.master-key-proposed',
        description: `Asked for ${retires === null ? 'a new master key of cards' : `the end of master key ${retires}`}: ${reason}`,
        resource: 'master-key',
      }
      const made = await recorded(audit, act, () =>
        office.proposeMasterKey({ reason, retires, requester: staffId }),
      )
      return describe(needs, staffId, made)
    }),
    bind(staffDecideMasterKey, async (order, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.master-key-decided',
        description: `Decision about a master key of cards: ${order.decision}`,
        resource: `master-key-renewal:${order.renewalId}`,
      }
      const made = await recorded(audit, act, () => office.decideMasterKey({ ...order, actor: staffId }))
      return describe(needs, staffId, made)
    }),
  ]
}

async function describe(
  needs: CardStaffNeeds,
  staffId: string,
  { keys, renewal }: MasterKeys,
): Promise<OutputOf<typeof staffMasterKeys>> {
  const person = await peopleOf(needs, [
    ...keys.flatMap(({ requestedBy, approvedBy }) => [requestedBy, approvedBy]),
    renewal?.requestedBy ?? null,
  ])
  return {
    keys: keys.map((key) => ({
      ...key,
      requestedBy: key.requestedBy === null ? null : person(key.requestedBy),
      approvedBy: key.approvedBy === null ? null : person(key.approvedBy),
    })),
    renewal: renewal && {
      ...renewal,
      own: renewal.requestedBy === staffId,
      requestedBy: person(renewal.requestedBy),
    },
  }
}
