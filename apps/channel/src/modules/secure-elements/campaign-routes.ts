import {
  staffCampaignFailures,
  staffCampaigns,
  staffDecideCampaign,
  staffProposeCampaign,
  staffRetryCampaign,
  type OutputOf,
} from '@anqu/contract'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { Campaign } from './card-office.ts'
import { acting, asStaffRefusal, must, peopleOf, recorded, type CardStaffNeeds } from './staff-needs.ts'

type CampaignView = OutputOf<typeof staffDecideCampaign>['campaign']

/** Campaigns that bring a version to cards. The TSM asks for the second person. */
export function campaignRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { office } = needs
  return [
    bind(staffCampaigns, async (page, context) => {
      const { staffId } = staffOf(context, [...acting, 'auditor'])
      const { campaigns, nextCursor } = await asStaffRefusal(() => office.campaigns(page))
      return { campaigns: await describeCampaigns(needs, staffId, campaigns), nextCursor }
    }),
    bind(staffCampaignFailures, async (page, context) => {
      staffOf(context, [...acting, 'auditor'])
      return asStaffRefusal(() => office.campaignFailures(page))
    }),
    ...actingRoutes(needs),
  ]
}

function actingRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { audit, office } = needs
  return [
    bind(staffProposeCampaign, async (order, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.campaign-proposed',
        description: `Version ${order.version} for every card with an older one: ${order.name}`,
        resource: `application:${order.applicationId}`,
      }
      const made = await recorded(audit, act, () => office.proposeCampaign({ ...order, requester: staffId }))
      return { campaign: must((await describeCampaigns(needs, staffId, [made]))[0]) }
    }),
    bind(staffDecideCampaign, async ({ campaignId, decision }, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.campaign-decided',
        description: `Decision about a campaign: ${decision}`,
        resource: `campaign:${campaignId}`,
      }
      const decided = await recorded(audit, act, () =>
        office.decideCampaign({ campaignId, decision, actor: staffId }),
      )
      return { campaign: must((await describeCampaigns(needs, staffId, [decided]))[0]) }
    }),
    bind(staffRetryCampaign, async ({ campaignId, cardId }, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.campaign-retried',
        description: cardId === null ? 'All failed cards are tried again' : `Card ${cardId} is tried again`,
        resource: `campaign:${campaignId}`,
      }
      const again = await recorded(audit, act, () =>
        office.retryCampaign({ campaignId, cardId, actor: staffId }),
      )
      return { campaign: must((await describeCampaigns(needs, staffId, [again]))[0]) }
    }),
  ]
}

async function describeCampaigns(
  needs: CardStaffNeeds,
  staffId: string,
  list: readonly Campaign[],
): Promise<CampaignView[]> {
  const person = await peopleOf(
    needs,
    list.flatMap(({ requestedBy, approvedBy }) => [requestedBy, approvedBy]),
  )
  return list.map((entry) => ({
    ...entry,
    own: entry.requestedBy === staffId,
    requestedBy: person(entry.requestedBy),
    approvedBy: entry.approvedBy === null ? null : person(entry.approvedBy),
  }))
}
