import type { Clock } from '../clock.ts'
import type { Db, Queryable } from '../database/database.ts'
import { sql } from '../database/sql.ts'
import { uuidv7 } from '../ids.ts'
import type { Log } from '../log.ts'

export interface DueItem {
  readonly kind: string
  /** One item per kind and key: scheduling it again changes nothing. */
  readonly key: string
  /** What JSON can carry. */
  readonly payload: unknown
  readonly dueAtMs: number
}

export interface DueContext {
  readonly key: string
  /** 1 at the first try. */
  readonly attempt: number
}

/** Does the work, at least once: it may run again after a crash. Answer a time to run again then, or nothing when done. */
export type DueHandler = (
  payload: unknown,
  context: DueContext,
) => Promise<void | { readonly againAtMs: number }>

export interface DueWork {
  /** Writes the item in the caller's transaction, so that it exists exactly when the rest of it does. */
  schedule(tx: Queryable, item: DueItem): Promise<void>
  /** Takes an item back. */
  cancel(tx: Queryable, kind: string, key: string): Promise<void>
  handle(kind: string, handler: DueHandler): void
  /** Does everything that is due now; answers how many items. For tests and for `start`. */
  runDue(): Promise<number>
  /** Items that failed too often and wait for a person. */
  failed(): Promise<{ kind: string; key: string; lastError: string | null; failedAtMs: bigint }[]>
  retryFailed(kind: string, key: string): Promise<boolean>
  start(pollMs?: number): void
  /** Looks for due work at once; call it after a commit that scheduled some. */
  poke(): void
  /** Finishes what is running. */
  stop(): Promise<void>
}

interface Row {
  id: string
  kind: string
  key: string
  payload: unknown
  attempts: number
}

const leaseMs = 60_000
const batch = 16
const attemptLimit = 20
const longestPauseMs = 300_000

const pauseAfter = (attempts: number): number => Math.min(500 * 2 ** (attempts - 1), longestPauseMs)

interface Needs {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
}

/** Leases up to a batch of due rows; rows another worker holds are skipped, rows of a dead worker come back by time. */
async function lease({ db, clock }: Needs, kinds: readonly string[], token: string): Promise<Row[]> {
  const nowMs = clock.nowMs()
  return db.query<Row>(sql`
    with due as (
      select id from due_work
      where failed_at_ms is null and due_at_ms <= ${nowMs} and leased_until_ms <= ${nowMs} and kind = any(${kinds})
      order by due_at_ms limit ${batch} for update skip locked)
    update due_work w set lease = ${token}, leased_until_ms = ${nowMs + leaseMs}, attempts = attempts + 1
    from due where w.id = due.id
    returning w.id, w.kind, w.key, w.payload, w.attempts`)
}

// Every settling statement names the lease: a worker that was too slow must not settle what another one does now.
async function runOne(
  { db, clock, log }: Needs,
  row: Row,
  { token, handler }: { token: string; handler: DueHandler },
) {
  try {
    const again = await handler(row.payload, { key: row.key, attempt: row.attempts })
    if (again === undefined)
      await db.execute(sql`delete from due_work where id = ${row.id} and lease = ${token}`)
    else
      await db.execute(sql`update due_work set due_at_ms = ${again.againAtMs}, leased_until_ms = 0, attempts = 0
        where id = ${row.id} and lease = ${token}`)
  } catch (error) {
    const text = error instanceof Error ? error.message.slice(0, 500) : 'unknown'
    const givenUp = row.attempts >= attemptLimit
    log[givenUp ? 'error' : 'warn'](
      { kind: row.kind, item: row.id, attempt: row.attempts, error },
      'due work failed',
    )
    const nowMs = clock.nowMs()
    await db.execute(sql`update due_work set last_error = ${text}, leased_until_ms = 0,
      due_at_ms = ${nowMs + pauseAfter(row.attempts)}, failed_at_ms = ${givenUp ? nowMs : null}
      where id = ${row.id} and lease = ${token}`)
  }
}

function createPoller(runDue: () => Promise<number>, log: Log) {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let again = false
  let pollEveryMs: number | undefined
  const look = (): void => {
    if (pollEveryMs === undefined) return
    if (running !== undefined) {
      again = true
      return
    }
    clearTimeout(timer)
    running = runDue()
      .then(
        () => {},
        (error: unknown) => log.warn({ error }, 'looking for due work failed'),
      )
      .then(() => {
        running = undefined
        if (pollEveryMs === undefined) return
        timer = setTimeout(look, again ? 0 : pollEveryMs)
        again = false
      })
  }
  return {
    start: (everyMs: number) => {
      pollEveryMs = everyMs
      look()
    },
    look,
    stop: async () => {
      pollEveryMs = undefined
      clearTimeout(timer)
      await running
    },
  }
}

function createRunner(needs: Needs, handlers: ReadonlyMap<string, DueHandler>, isStopping: () => boolean) {
  return async (): Promise<number> => {
    let done = 0
    for (;;) {
      const token = uuidv7()
      const rows = isStopping() ? [] : await lease(needs, [...handlers.keys()], token)
      await Promise.all(
        rows.map(async (row) => {
          const handler = handlers.get(row.kind)
          if (handler !== undefined) await runOne(needs, row, { token, handler })
        }),
      )
      done += rows.length
      if (rows.length < batch) return done
    }
  }
}

/**
 * Work that is due at a time, kept in the table `due_work` (`platformMigrations`). Several processes may run it. A failing
 * item is tried again after growing pauses, 20 times, and then waits for a person.
 */
export function createDueWork(needs: Needs): DueWork {
  const { db, clock } = needs
  const handlers = new Map<string, DueHandler>()
  let stopping = false
  const runDue = createRunner(needs, handlers, () => stopping)
  const poller = createPoller(runDue, needs.log)
  return {
    async schedule(tx, { kind, key, payload, dueAtMs }) {
      await tx.execute(sql`insert into due_work (id, kind, key, payload, due_at_ms)
        values (${uuidv7(clock.nowMs())}, ${kind}, ${key}, ${sql.json(payload)}, ${dueAtMs}) on conflict (kind, key) do nothing`)
    },
    async cancel(tx, kind, key) {
      await tx.execute(sql`delete from due_work where kind = ${kind} and key = ${key}`)
    },
    handle(kind, handler) {
      if (handlers.has(kind)) throw new TypeError(`${kind} has a handler already`)
      handlers.set(kind, handler)
    },
    runDue,
    failed: () =>
      db.query(sql`select kind, key, last_error as "lastError", failed_at_ms as "failedAtMs" from due_work
        where failed_at_ms is not null order by failed_at_ms limit 200`),
    async retryFailed(kind, key) {
      const touched = await db.execute(sql`update due_work set failed_at_ms = null, attempts = 0,
        due_at_ms = ${clock.nowMs()} where kind = ${kind} and key = ${key} and failed_at_ms is not null`)
      return touched === 1
    },
    start: (pollMs = 250) => poller.start(pollMs),
    poke: poller.look,
    async stop() {
      stopping = true
      await poller.stop()
    },
  }
}
