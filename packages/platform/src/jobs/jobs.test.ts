import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../clock.ts'
import { platformMigrations } from '../database/migrate.ts'
import { sql } from '../database/sql.ts'
import { silentLog } from '../log.ts'
import { testDatabase, type TestDatabase } from '../testing/index.ts'
import { createDueWork, type DueWork } from './due-work.ts'
import { createOutbox } from './outbox.ts'
import { createPeriodicJobs } from './periodic-jobs.ts'

let test: TestDatabase
const clock = new FakeClock()
const worker = (): DueWork => createDueWork({ db: test.db, clock, log: silentLog })
beforeAll(async () => {
  test = await testDatabase([platformMigrations])
})
afterAll(() => test.drop())
beforeEach(async () => {
  await test.db.execute(sql`delete from due_work`)
  await test.db.execute(sql`delete from job_lease`)
})

describe('due work', () => {
  const item = (key: string, dueAtMs = clock.nowMs()) => ({ kind: 'pay', key, payload: { key }, dueAtMs })

  it('exists exactly when the transaction that scheduled it commits, and once a key', async () => {
    const work = worker()
    const seen: unknown[] = []
    work.handle('pay', async (payload) => void seen.push(payload))
    await expect(
      test.db.transaction(async (tx) => {
        await work.schedule(tx, item('rolled-back'))
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await work.schedule(test.db, item('a'))
    await work.schedule(test.db, item('a'))
    expect(await work.runDue()).toBe(1)
    expect(await work.runDue()).toBe(0)
    expect(seen).toEqual([{ key: 'a' }])
  })

  it('waits for its time, and comes back at the time its handler names', async () => {
    const work = worker()
    let runs = 0
    work.handle('pay', async () => (++runs === 1 ? { againAtMs: clock.nowMs() + 500 } : undefined))
    await work.schedule(test.db, item('later', clock.nowMs() + 1_000))
    expect(await work.runDue()).toBe(0)
    clock.advance(1_000)
    expect(await work.runDue()).toBe(1)
    expect(await work.runDue()).toBe(0)
    clock.advance(500)
    expect(await work.runDue()).toBe(1)
    expect(runs).toBe(2)
  })

  it('does each item once although several workers look at the same time', async () => {
    const counts = new Map<string, number>()
    const workers = Array.from({ length: 4 }, () => {
      const work = worker()
      work.handle('pay', async (_payload, { key }) => void counts.set(key, (counts.get(key) ?? 0) + 1))
      return work
    })
    for (let n = 0; n < 100; n += 1) await workers[0]?.schedule(test.db, item(`k${n}`))
    await Promise.all(workers.map((work) => work.runDue()))
    expect(counts.size).toBe(100)
    expect([...counts.values()].every((count) => count === 1)).toBe(true)
  })

  it('gives the work of a worker that died to another one after the lease, and not before', async () => {
    const dying = worker()
    let held: () => void = () => {}
    dying.handle('pay', () => new Promise<void>((resolve) => (held = resolve)))
    await dying.schedule(test.db, item('orphan'))
    const never = dying.runDue()
    const other = worker()
    let done = 0
    other.handle('pay', async () => void (done += 1))
    await expect.poll(() => test.db.one(sql`select attempts from due_work`)).toEqual({ attempts: 1 })
    expect(await other.runDue()).toBe(0)
    clock.advance(60_001)
    expect(await other.runDue()).toBe(1)
    expect(done).toBe(1)
    // The slow worker wakes up: it must not settle what the other one may have scheduled anew.
    await other.schedule(test.db, item('orphan'))
    held()
    await never
    expect(await test.db.query(sql`select key from due_work`)).toEqual([{ key: 'orphan' }])
  })

  it('tries a failing item again after growing pauses and then keeps it for a person', async () => {
    const work = worker()
    let broken = true
    let tries = 0
    work.handle('pay', async () => {
      tries += 1
      if (broken) throw new Error('bank down')
    })
    await work.schedule(test.db, item('bad'))
    for (let n = 0; n < 30; n += 1) {
      await work.runDue()
      clock.advance(300_000)
    }
    expect(tries).toBe(20)
    expect(await work.failed()).toMatchObject([{ kind: 'pay', key: 'bad', lastError: 'bank down' }])
    broken = false
    expect(await work.retryFailed('pay', 'bad')).toBe(true)
    await work.runDue()
    expect(tries).toBe(21)
    expect(await work.failed()).toEqual([])
  })

  it('runs by itself after a poke and finishes what runs before it stops', async () => {
    const work = worker()
    let finished = false
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let begun: () => void = () => {}
    const running = new Promise<void>((resolve) => (begun = resolve))
    work.handle('pay', async () => {
      begun()
      await gate
      finished = true
    })
    work.start(3_600_000)
    await work.schedule(test.db, item('poked'))
    work.poke()
    await running
    const stopped = work.stop()
    release()
    await stopped
    expect(finished).toBe(true)
  })
})

describe('outbox', () => {
  it('gives each subscriber each message, and retries the one that failed alone', async () => {
    const dueWork = worker()
    const outbox = createOutbox({ db: test.db, clock, dueWork })
    const seen = { audit: 0, notify: 0 }
    const ids = new Set<string>()
    outbox.subscribe('paid', 'audit', async (payload, { id }) => {
      expect(payload).toEqual({ fen: '12' })
      ids.add(id)
      seen.audit += 1
    })
    outbox.subscribe('paid', 'notify', async () => {
      seen.notify += 1
      if (seen.notify === 1) throw new Error('sms down')
    })
    await test.db.transaction((tx) => outbox.append(tx, 'paid', { fen: 12n }))
    await dueWork.runDue()
    await dueWork.runDue()
    clock.advance(1_000)
    await dueWork.runDue()
    expect(seen).toEqual({ audit: 1, notify: 2 })
    expect(ids.size).toBe(1)
    expect(await test.db.query(sql`select 1 from due_work`)).toEqual([])
  })
})

describe('periodic jobs', () => {
  const jobs = () => createPeriodicJobs({ db: test.db, clock, log: silentLog })

  it('runs in one process at a time', async () => {
    const [one, two] = [jobs(), jobs()]
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let begun: () => void = () => {}
    const running = new Promise<void>((resolve) => (begun = resolve))
    one.registerPeriodic('seal', 60_000, async () => {
      begun()
      await gate
    })
    two.registerPeriodic('seal', 60_000, async () => {})
    const first = one.runNow('seal')
    await running
    expect(await two.runNow('seal')).toBe(false)
    release()
    expect(await first).toBe(true)
    expect(await two.runNow('seal')).toBe(true)
  })

  it('goes on after a failure, and takes over from a holder that died', async () => {
    const one = jobs()
    let runs = 0
    one.registerPeriodic('sweep', 60_000, async () => {
      runs += 1
      throw new Error('no')
    })
    expect(await one.runNow('sweep')).toBe(true)
    await test.db.execute(sql`update job_lease set holder = 'dead', ends_at_ms = ${clock.nowMs() + 600_000}`)
    expect(await one.runNow('sweep')).toBe(false)
    clock.advance(600_001)
    expect(await one.runNow('sweep')).toBe(true)
    expect(runs).toBe(2)
  })
})
