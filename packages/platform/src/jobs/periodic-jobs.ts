import type { Clock } from '../clock.ts'
import type { Db } from '../database/database.ts'
import { sql } from '../database/sql.ts'
import { uuidv7 } from '../ids.ts'
import type { Log } from '../log.ts'

export interface PeriodicJobs {
  /** `run` happens about every `everyMs`, in one process at a time. It must stand being cut off and run again. */
  registerPeriodic(name: string, everyMs: number, run: () => Promise<void>): void
  /** Runs a job now, whatever its time; answers false when another process holds it. */
  runNow(name: string): Promise<boolean>
  start(): void
  /** Starts nothing more and waits for what runs. */
  stop(): Promise<void>
}

interface Job {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<void>
}

interface Needs {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
}

// A holder that died lets go after this; one that is alive renews its lease while the job runs.
const leaseMs = 10_000
const renewEveryMs = 3_000

async function runWithLease({ db, clock, log }: Needs, job: Job, when: 'due' | 'now'): Promise<boolean> {
  const holder = uuidv7()
  const nowMs = clock.nowMs()
  const taken = await db.execute(sql`
    insert into job_lease as l (name, holder, ends_at_ms, next_at_ms) values (${job.name}, ${holder}, ${nowMs + leaseMs}, ${nowMs})
    on conflict (name) do update set holder = excluded.holder, ends_at_ms = excluded.ends_at_ms
    where l.ends_at_ms <= ${nowMs} and (${when === 'now'} or l.next_at_ms <= ${nowMs})`)
  if (taken === 0) return false
  const renewal = setInterval(() => {
    const held = sql`name = ${job.name} and holder = ${holder}`
    db.execute(sql`update job_lease set ends_at_ms = ${clock.nowMs() + leaseMs} where ${held}`).catch(
      (error: unknown) => log.warn({ job: job.name, error }, 'a lease could not be renewed'),
    )
  }, renewEveryMs)
  try {
    await job.run()
  } catch (error) {
    log.error({ job: job.name, error }, 'a periodic job failed')
  } finally {
    clearInterval(renewal)
    await db.execute(sql`update job_lease set ends_at_ms = 0, next_at_ms = ${nowMs + job.everyMs}
      where name = ${job.name} and holder = ${holder}`)
  }
  return true
}

/** Jobs that come back at an interval; a lease row in `job_lease` (`platformMigrations`) keeps processes apart. */
export function createPeriodicJobs(needs: Needs): PeriodicJobs {
  const jobs = new Map<string, Job>()
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<unknown>>()
  const attempt = (job: Job, when: 'due' | 'now'): Promise<boolean> => {
    const run = runWithLease(needs, job, when).finally(() => running.delete(run))
    running.add(run)
    return run
  }
  return {
    registerPeriodic(name, everyMs, run) {
      if (jobs.has(name)) throw new TypeError(`${name} is registered already`)
      jobs.set(name, { name, everyMs, run })
    },
    async runNow(name) {
      const job = jobs.get(name)
      if (job === undefined) throw new TypeError(`no job ${name}`)
      return attempt(job, 'now')
    },
    start() {
      for (const job of jobs.values()) {
        const tick = (): void => {
          attempt(job, 'due').catch((error: unknown) =>
            needs.log.warn({ job: job.name, error }, 'a lease failed'),
          )
        }
        // Looking twice an interval keeps the job close to its time when another process held it before.
        timers.add(setInterval(tick, Math.max(50, job.everyMs / 2)))
        tick()
      }
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      timers.clear()
      await Promise.allSettled(running)
    },
  }
}
