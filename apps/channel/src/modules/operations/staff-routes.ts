import {
  Refusal,
  staffOperations,
  staffOperationStory,
  staffRequeryOperation,
  type OutputOf,
} from '@anqu/contract'
import { sql, type Db } from '@anqu/platform'
import { bind, staffOf, type BoundRoute } from '../../http/bound-route.ts'
import type { OperationNeeds } from './needs.ts'
import { stepsOf } from './store/operation-store.ts'

type View = OutputOf<typeof staffOperations>['operations'][number]
type Row = {
  operation_id: string
  type: string
  state: View['state']
  account_id: string
  payee: string
  amount_fen: bigint
  created_at_ms: bigint
  finished_at_ms: bigint | null
  reason: string | null
}

const view = (row: Row): View => ({
  operationId: row.operation_id,
  type: row.type,
  state: row.state,
  subject: row.account_id,
  payee: row.payee,
  amountFen: row.amount_fen.toString(),
  correlationId: row.operation_id,
  createdAtMs: Number(row.created_at_ms),
  finishedAtMs: row.finished_at_ms === null ? null : Number(row.finished_at_ms),
  reason: row.reason,
})
const columns = sql`operation_id, type, state, account_id, payee, amount_fen, created_at_ms, finished_at_ms, reason`

async function findOne(db: Db, operationId: string): Promise<View> {
  const row = await db.maybe<Row>(sql`select ${columns} from operation where operation_id = ${operationId}`)
  if (row === undefined) throw new Refusal('operation.not-found')
  return view(row)
}

/** What staff see of operations: pseudonymous, with the whole story of each. */
export function operationStaffRoutes(
  needs: Pick<OperationNeeds, 'db' | 'audit'> & {
    postingsOf: (correlationId: string) => Promise<{ account: string; amountFen: bigint; atMs: number }[]>
    requery: (operationId: string) => Promise<void>
  },
): BoundRoute[] {
  const { db, audit } = needs
  return [
    bind(staffOperations, async ({ state = null, cursor = null, limit }) => {
      const rows = await db.query<Row>(sql`
        select ${columns} from operation
        where (${state}::text is null or state = ${state}::text) and (${cursor}::uuid is null or operation_id < ${cursor}::uuid)
        order by operation_id desc limit ${limit}`)
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { operations: rows.map(view), nextCursor: last?.operation_id ?? null }
    }),
    bind(staffOperationStory, async ({ operationId }) => {
      const operation = await findOne(db, operationId)
      const steps = await stepsOf(db, operationId)
      const transitions = await db.query<{
        from_state: string
        to_state: string
        at_ms: bigint
        why: string
      }>(
        sql`select from_state, to_state, at_ms, why from operation_transition where operation_id = ${operationId} order by number`,
      )
      const postings = await needs.postingsOf(operationId)
      return {
        operation,
        steps: steps.map((step) => ({
          step: step.step,
          state: step.state,
          attempts: step.attempts,
          updatedAtMs: Number(step.updated_at_ms),
        })),
        transitions: transitions.map((entry) => ({
          from: entry.from_state,
          to: entry.to_state,
          atMs: Number(entry.at_ms),
          why: entry.why,
        })),
        postings: postings.map((posting) => ({
          account: posting.account,
          amountFen: posting.amountFen.toString(),
          atMs: posting.atMs,
        })),
      }
    }),
    bind(staffRequeryOperation, async ({ operationId }, context) => {
      const { staffId } = staffOf(context, ['operator', 'administrator'])
      await findOne(db, operationId)
      await audit.record({
        event: 'staff.requery-operation',
        eventClass: 'staff',
        outcome: 'success',
        subject: staffId,
        description: 'Asked the outside party for the outcome',
        origin: context.origin,
        resource: `operation:${operationId}`,
        correlationId: operationId,
      })
      await needs.requery(operationId)
      return { operation: await findOne(db, operationId) }
    }),
  ]
}

const dayMs = 86_400_000
const daysShown = 14

export type OperationFigures = {
  byState: { state: View['state']; count: number }[]
  lastDays: { date: string; paid: number; premiumFen: string; refused: number }[]
}

/** Counts for the overview: all operations by state, and the last days by outcome. */
export async function operationFigures(db: Db, nowMs: number): Promise<OperationFigures> {
  const states = await db.query<{ state: View['state']; count: bigint }>(
    sql`select state, count(*) as count from operation group by state order by state`,
  )
  // Days of China: UTC+8.
  const days = await db.query<{ date: string; paid: bigint; premium_fen: bigint; refused: bigint }>(sql`
    select to_char(to_timestamp(finished_at_ms / 1000 + 28800) at time zone 'UTC', 'YYYY-MM-DD') as date,
      count(*) filter (where state = 'done') as paid,
      coalesce(sum(amount_fen) filter (where state = 'done'), 0)::bigint as premium_fen,
      count(*) filter (where state in ('refused', 'reversed')) as refused
    from operation where finished_at_ms > ${nowMs - daysShown * dayMs} group by 1 order by 1`)
  return {
    byState: states.map((row) => ({ state: row.state, count: Number(row.count) })),
    lastDays: days.map((row) => ({
      date: row.date,
      paid: Number(row.paid),
      premiumFen: row.premium_fen.toString(),
      refused: Number(row.refused),
    })),
  }
}
