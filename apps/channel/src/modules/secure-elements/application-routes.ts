import {
  staffApplications,
  staffCampaigns,
  staffDecideCampaign,
  staffProposeCampaign,
  staffSetApplication,
  staffUploadApplication,
  type OutputOf,
} from '@anqu/contract'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { Application, Campaign } from './card-office.ts'
import { acting, asStaffRefusal, peopleOf, recorded, type CardStaffNeeds } from './staff-needs.ts'

type ApplicationView = OutputOf<typeof staffSetApplication>['application']
type CampaignView = OutputOf<typeof staffDecideCampaign>['campaign']

/** Versions of applications, and campaigns that bring them to cards. The TSM asks for the second person. */
export function applicationRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { office } = needs
  return [
    bind(staffApplications, async () => ({
      applications: await describeApplications(needs, await asStaffRefusal(() => office.applications())),
    })),
    bind(staffCampaigns, async (page, context) => {
      const { staffId } = staffOf(context, [...acting, 'auditor'])
      const { campaigns, nextCursor } = await asStaffRefusal(() => office.campaigns(page))
      return { campaigns: await describeCampaigns(needs, staffId, campaigns), nextCursor }
    }),
    ...actingRoutes(needs),
  ]
}

function actingRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { audit, office } = needs
  return [
    bind(staffUploadApplication, async ({ format: _format, ...order }, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.application-uploaded',
        description: `Package with load file ${order.loadFileHash}: ${order.name}`,
        resource: `application:${order.applicationId}`,
      }
      const taken = await recorded(audit, act, () =>
        office.uploadApplication({ ...order, requester: staffId }),
      )
      return { application: must((await describeApplications(needs, [taken]))[0]) }
    }),
    bind(staffSetApplication, async (order, context) => {
      const { staffId } = staffOf(context, acting)
      const { applicationId, version, state } = order
      const act = {
        staffId,
        context,
        event: 'staff.application-set',
        description: `Version ${version} becomes ${state}`,
        resource: `application:${applicationId}`,
      }
      const changed = await recorded(audit, act, () => office.setApplication({ ...order, actor: staffId }))
      const [application] = await describeApplications(needs, [changed])
      return { application: must(application) }
    }),
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
  ]
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('one in, one out')
  return value
}

async function describeApplications(
  needs: CardStaffNeeds,
  list: readonly Application[],
): Promise<ApplicationView[]> {
  const person = await peopleOf(
    needs,
    list.flatMap(({ registeredBy, activatedBy }) => [registeredBy, activatedBy]),
  )
  return list.map((entry) => ({
    ...entry,
    registeredBy: person(entry.registeredBy),
    activatedBy: entry.activatedBy === null ? null : person(entry.activatedBy),
  }))
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
