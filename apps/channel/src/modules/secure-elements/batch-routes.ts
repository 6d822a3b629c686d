import { staffBatches, staffDecideBatch, staffProposeBatch, type OutputOf } from '@anqu/contract'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { Batch } from './card-office.ts'
import { acting, asStaffRefusal, must, peopleOf, recorded, type CardStaffNeeds } from './staff-needs.ts'

type BatchView = OutputOf<typeof staffDecideBatch>['batch']

/** Physical cards by their manufacturer's list: one hands it in, another one approves. The TSM asks for the second person. */
export function batchRoutes(needs: CardStaffNeeds): BoundRoute[] {
  const { audit, office } = needs
  return [
    bind(staffBatches, async (page, context) => {
      const { staffId } = staffOf(context, [...acting, 'auditor'])
      const { batches, nextCursor } = await asStaffRefusal(() => office.batches(page))
      return { batches: await describe(needs, staffId, batches), nextCursor }
    }),
    bind(staffProposeBatch, async (order, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.card-batch-proposed',
        description: `List of physical cards: ${order.name}`,
        resource: 'card-batch',
      }
      const { batch, problems } = await recorded(audit, act, () =>
        office.proposeBatch({ ...order, requester: staffId }),
      )
      return { batch: batch === null ? null : must((await describe(needs, staffId, [batch]))[0]), problems }
    }),
    bind(staffDecideBatch, async (order, context) => {
      const { staffId } = staffOf(context, acting)
      const act = {
        staffId,
        context,
        event: 'staff.card-batch-decided',
        description: `Decision about a list of physical cards: ${order.decision}`,
        resource: `card-batch:${order.batchId}`,
      }
      const decided = await recorded(audit, act, () => office.decideBatch({ ...order, actor: staffId }))
      return { batch: must((await describe(needs, staffId, [decided]))[0]) }
    }),
  ]
}

async function describe(
  needs: CardStaffNeeds,
  staffId: string,
  list: readonly Batch[],
): Promise<BatchView[]> {
  const person = await peopleOf(
    needs,
    list.flatMap(({ requestedBy, decidedBy }) => [requestedBy, decidedBy]),
  )
  return list.map((entry) => ({
    ...entry,
    own: entry.requestedBy === staffId,
    requestedBy: person(entry.requestedBy),
    decidedBy: entry.decidedBy === null ? null : person(entry.decidedBy),
  }))
}
