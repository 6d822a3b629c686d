import { limitsGet, limitsSet, Refusal, type InputOf, type OutputOf } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { sql, type Clock, type Db, type Queryable, type Transaction } from '@anqu/platform'
import { bind, customerOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import { dayOf } from './domain/business-day.ts'
import { release, reserve, settle } from './store/reservations.ts'

type Category = 'premium'
type View = OutputOf<typeof limitsGet>['limits'][number]
type Use = { operationId: string; accountId: string; category: Category; amountFen: bigint }
type Setting = { per_operation_fen: bigint; per_day_fen: bigint; used_fen: bigint }

export type Limits = {
  readonly routes: BoundRoute[]
  assertWithin(accountId: string, category: Category, amountFen: bigint): Promise<void>
  /** Takes the amount from the day's limit, once an operation; throws `limit.exceeded`. */
  reserveIn(tx: Transaction, use: Use): Promise<void>
  settleIn(tx: Transaction, operationId: string): Promise<void>
  releaseIn(tx: Transaction, operationId: string): Promise<void>
}

type LimitNeeds = {
  db: Db
  clock: Clock
  audit: AuditLog
  verifyTransactionPassword: (
    accountId: string,
    secret: InputOf<typeof limitsSet>['secret'],
    context: RequestContext,
  ) => Promise<void>
}

/** Customer-set limits under the institution's ceilings (C-6.3.2-d-s1, C-6.3.2-d-s2). */
export function createLimits(needs: LimitNeeds): Limits {
  const { db, clock } = needs
  const ceilings = policy.limits.premium

  const read = (queryable: Queryable, accountId: string, category: Category): Promise<Setting> =>
    queryable.one<Setting>(sql`
      select coalesce(s.per_operation_fen, ${ceilings.defaultPerOperationFen}) as per_operation_fen,
        coalesce(s.per_day_fen, ${ceilings.defaultPerDayFen}) as per_day_fen, coalesce(u.used_fen, 0) as used_fen
      from (select 1) one
      left join limit_setting s on s.account_id = ${accountId} and s.category = ${category}
      left join limit_use u on u.account_id = ${accountId} and u.category = ${category} and u.day = ${dayOf(clock.nowMs())}`)

  const view = async (accountId: string): Promise<{ limits: View[] }> => {
    const row = await read(db, accountId, 'premium')
    return {
      limits: [
        {
          category: 'premium',
          perOperationFen: row.per_operation_fen.toString(),
          perDayFen: row.per_day_fen.toString(),
          usedTodayFen: row.used_fen.toString(),
          ceilingPerOperationFen: ceilings.ceilingPerOperationFen.toString(),
          ceilingPerDayFen: ceilings.ceilingPerDayFen.toString(),
        },
      ],
    }
  }

  return {
    async assertWithin(accountId, category, amountFen) {
      const row = await read(db, accountId, category)
      if (amountFen > row.per_operation_fen || row.used_fen + amountFen > row.per_day_fen)
        throw new Refusal('limit.exceeded')
    },
    async reserveIn(tx, use) {
      const setting = await read(tx, use.accountId, use.category)
      const day = dayOf(clock.nowMs())
      const taken =
        use.amountFen <= setting.per_operation_fen &&
        (await reserve(tx, { ...use, day, perDayFen: setting.per_day_fen }))
      if (!taken) throw new Refusal('limit.exceeded')
    },
    settleIn: settle,
    releaseIn: release,
    routes: [
      bind(limitsGet, (_input, context) => view(customerOf(context).accountId)),
      bind(limitsSet, async (input, context) => {
        const accountId = customerOf(context).accountId
        await change(needs, { input, accountId, context })
        return view(accountId)
      }),
    ],
  }
}

async function change(
  needs: LimitNeeds,
  request: { input: InputOf<typeof limitsSet>; accountId: string; context: RequestContext },
): Promise<void> {
  const { db, clock, audit } = needs
  const { input, accountId, context } = request
  const perOperationFen = BigInt(input.perOperationFen)
  const perDayFen = BigInt(input.perDayFen)
  const { ceilingPerOperationFen, ceilingPerDayFen } = policy.limits.premium
  if (perOperationFen > ceilingPerOperationFen || perDayFen > ceilingPerDayFen)
    throw new Refusal('limit.above-ceiling')
  await needs.verifyTransactionPassword(accountId, input.secret, context)
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      insert into limit_setting (account_id, category, per_operation_fen, per_day_fen, changed_at_ms)
      values (${accountId}, ${input.category}, ${perOperationFen}, ${perDayFen}, ${clock.nowMs()})
      on conflict (account_id, category) do update set per_operation_fen = excluded.per_operation_fen,
        per_day_fen = excluded.per_day_fen, changed_at_ms = excluded.changed_at_ms`)
    await audit.recordIn(tx, {
      event: 'limits.changed',
      eventClass: 'operation',
      outcome: 'success',
      subject: accountId,
      description: 'Customer changed the limits',
      origin: context.origin,
      resource: `limit:${input.category}`,
      correlationId: context.correlationId,
      fields: { perOperationFen: input.perOperationFen, perDayFen: input.perDayFen },
    })
  })
}
