import {
  staffDecideSettlement,
  staffProposeSettlement,
  staffSettlements,
  type OutputOf,
} from '@anqu/contract'
import { bind, staffOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { OperationNeeds } from './needs.ts'
import { decideSettlement, proposeSettlement, type Officer } from './settle-held.ts'
import { settlementsOf, type SettlementRow } from './store/settlement-store.ts'

type View = OutputOf<typeof staffSettlements>['settlements'][number]
type Needs = Pick<OperationNeeds, 'db' | 'clock' | 'audit'> & {
  readonly staffNames: (staffIds: readonly string[]) => Promise<ReadonlyMap<string, string>>
  /** Runs the operation on, by what was decided. */
  readonly runOn: (operationId: string) => Promise<void>
}

/** Staff settle an operation whose outcome outside is in doubt: two of them, and each with a reason. */
export function settlementRoutes(needs: Needs): BoundRoute[] {
  return [
    bind(staffSettlements, async ({ operationId }) => ({ settlements: await listed(needs, operationId) })),
    bind(staffProposeSettlement, async (input, context) => {
      await proposeSettlement(needs, input, officerOf(context))
      return { settlements: await listed(needs, input.operationId) }
    }),
    bind(staffDecideSettlement, async (input, context) => {
      const { operationId } = await decideSettlement(needs, input, officerOf(context))
      if (input.decision === 'approve') await needs.runOn(operationId)
      return { settlements: await listed(needs, operationId) }
    }),
  ]
}

const officerOf = (context: RequestContext): Officer => ({
  staffId: staffOf(context, ['operator', 'administrator']).staffId,
  origin: context.origin,
})

async function listed({ db, clock, staffNames }: Needs, operationId: string): Promise<View[]> {
  const rows = await settlementsOf(db, operationId)
  const names = await staffNames([
    ...new Set(rows.flatMap(({ proposed_by, decided_by }) => [proposed_by, decided_by ?? []].flat())),
  ])
  const person = (staffId: string) => ({ staffId, name: names.get(staffId) ?? staffId })
  const nowMs = clock.nowMs()
  const stateOf = ({ state, expires_at_ms }: SettlementRow): View['state'] =>
    state === 'open' && Number(expires_at_ms) <= nowMs ? 'expired' : state
  return rows.map((row) => ({
    settlementId: row.settlement_id,
    kind: row.kind,
    step: row.step,
    bankReference: row.bank_reference,
    reason: row.reason,
    state: stateOf(row),
    proposedBy: person(row.proposed_by),
    proposedAtMs: Number(row.proposed_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    decidedBy: row.decided_by === null ? null : person(row.decided_by),
    decidedAtMs: row.decided_at_ms === null ? null : Number(row.decided_at_ms),
  }))
}
