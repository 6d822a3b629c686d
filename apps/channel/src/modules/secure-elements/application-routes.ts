import { staffApplications, staffSetApplication, staffUploadApplication, type OutputOf } from '@anqu/contract'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { Application } from './card-office.ts'
import { acting, asStaffRefusal, must, peopleOf, recorded, type CardStaffNeeds } from './staff-needs.ts'

type ApplicationView = OutputOf<typeof staffSetApplication>['application']

/** Versions of applications. The TSM asks for the second person. */
export function applicationRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { office } = needs
  return [
    bind(staffApplications, async () => ({
      applications: await describeApplications(needs, await asStaffRefusal(() => office.applications())),
    })),
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
      return { application: must((await describeApplications(needs, [changed]))[0]) }
    }),
  ]
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
