import { Refusal } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import {
  afterAttempt,
  afterSuccess,
  gateOf,
  noFailures,
  type FailureCounter,
  type LockRules,
} from './domain/lock-rules.ts'

/** One factor in one place: `login-password/elsewhere`, `login-password/device:…`, `otp`, `transaction` … */
export type Scope = string

export type LockView = {
  subject: string
  scope: string
  kind: 'timed' | 'cumulative' | 'transaction'
  failures: number
  untilMs: number | null
}

export type Guard = {
  /** Throws when locked; otherwise counts the attempt as failed until `passed` is called. */
  begin(subject: string, scope: Scope): Promise<void>
  passed(subject: string, scope: Scope): Promise<void>
  locks(): Promise<LockView[]>
  clear(subject: string, scope: Scope): Promise<void>
}

type Row = {
  consecutive: number
  lock_level: number
  day_started_at_ms: bigint
  day_count: number
  cumulative: number
  locked_until_ms: bigint
}

/** Repeated wrong transactions lock at three, and only a person opens that lock again (C-6.3.3-e-s3). */
export const transactionScope = 'transaction'
const shown = 200

const rulesOf = (scope: Scope): LockRules =>
  scope === transactionScope
    ? {
        ...policy.lockout,
        cumulativeCap: policy.lockout.transactionCap,
        consecutiveCap: policy.lockout.transactionCap,
        dayCap: policy.lockout.transactionCap,
      }
    : policy.lockout

export function createGuard({ db, clock }: { db: Db; clock: Clock }): Guard {
  const read = async (tx: Transaction, subject: string, scope: Scope): Promise<FailureCounter> => {
    const row = await tx.maybe<Row>(sql`
      select consecutive, lock_level, day_started_at_ms, day_count, cumulative, locked_until_ms
      from failure_counter where subject = ${subject} and scope = ${scope} for update`)
    if (row === undefined) return noFailures(clock.nowMs())
    return {
      consecutive: row.consecutive,
      lockLevel: row.lock_level,
      dayStartedAtMs: Number(row.day_started_at_ms),
      dayCount: row.day_count,
      cumulative: row.cumulative,
      lockedUntilMs: Number(row.locked_until_ms),
    }
  }
  const write = (tx: Transaction, subject: string, scope: Scope, c: FailureCounter): Promise<number> =>
    tx.execute(sql`
      insert into failure_counter (subject, scope, consecutive, lock_level, day_started_at_ms, day_count, cumulative, locked_until_ms)
      values (${subject}, ${scope}, ${c.consecutive}, ${c.lockLevel}, ${c.dayStartedAtMs}, ${c.dayCount}, ${c.cumulative}, ${c.lockedUntilMs})
      on conflict (subject, scope) do update set consecutive = excluded.consecutive, lock_level = excluded.lock_level,
        day_started_at_ms = excluded.day_started_at_ms, day_count = excluded.day_count, cumulative = excluded.cumulative,
        locked_until_ms = excluded.locked_until_ms`)
  return {
    async begin(subject, scope) {
      const gate = await db.transaction(async (tx) => {
        // The row exists before it is locked, so that two first attempts wait for each other as well.
        await tx.execute(sql`
          insert into failure_counter (subject, scope, consecutive, lock_level, day_started_at_ms, day_count, cumulative, locked_until_ms)
          values (${subject}, ${scope}, 0, 0, ${clock.nowMs()}, 0, 0, 0) on conflict do nothing`)
        const counter = await read(tx, subject, scope)
        const found = gateOf(counter, rulesOf(scope), clock.nowMs())
        if (found.kind === 'open')
          await write(tx, subject, scope, afterAttempt(counter, rulesOf(scope), clock.nowMs()))
        return found
      })
      if (gate.kind === 'blocked')
        throw new Refusal(scope === transactionScope ? 'operation.locked' : 'factor.blocked', scope)
      if (gate.kind === 'locked') throw new Refusal('factor.locked', scope, gate.untilMs)
    },
    passed: (subject, scope) =>
      db.transaction(async (tx) => {
        await write(tx, subject, scope, afterSuccess(await read(tx, subject, scope)))
      }),
    async locks() {
      const nowMs = clock.nowMs()
      const rows = await db.query<Row & { subject: string; scope: string }>(sql`
        select * from failure_counter
        where locked_until_ms > ${nowMs} or cumulative >= ${policy.lockout.cumulativeCap}
          or (scope = ${transactionScope} and cumulative >= ${policy.lockout.transactionCap})
        order by locked_until_ms desc limit ${shown}`)
      return rows.map((row) => {
        const blocked = row.cumulative >= rulesOf(row.scope).cumulativeCap
        const kind = row.scope === transactionScope ? 'transaction' : blocked ? 'cumulative' : 'timed'
        return {
          subject: row.subject,
          scope: row.scope,
          kind,
          failures: row.cumulative,
          untilMs: blocked ? null : Number(row.locked_until_ms),
        } as const
      })
    },
    async clear(subject, scope) {
      await db.execute(sql`delete from failure_counter where subject = ${subject} and scope = ${scope}`)
    },
  }
}
