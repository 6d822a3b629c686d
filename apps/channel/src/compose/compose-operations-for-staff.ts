import type { Clock, Db } from '@anqu/platform'
import type { BoundRoute } from '../http/bound-route.ts'
import type { Audit } from '../modules/audit/index.ts'
import type { createLedger } from '../modules/ledger/index.ts'
import { operationStaffRoutes, settlementRoutes, type Operations } from '../modules/operations/index.ts'
import { staffNames } from '../modules/operators/index.ts'

/** What staff see of operations, and what they settle. */
export function composeOperationsForStaff(
  needs: { db: Db; clock: Clock; audit: Audit },
  business: { ledger: ReturnType<typeof createLedger>; operations: Operations },
): BoundRoute[] {
  const { db } = needs
  const { ledger, operations } = business
  const runOn = (operationId: string): Promise<void> => operations.requery(operationId)
  return [
    ...operationStaffRoutes({
      ...needs,
      postingsOf: (correlationId) => ledger.postingsOf(correlationId),
      requery: runOn,
    }),
    ...settlementRoutes({ ...needs, runOn, staffNames: (staffIds) => staffNames(db, staffIds) }),
  ]
}
