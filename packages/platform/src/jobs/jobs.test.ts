import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../clock.ts'
import { platformMigrations } from '../database/migrate.ts'
import { sql } from '../database/sql.ts'
import { silentLog } from '../log.ts'
import { testDatabase, type TestDatabase } from '../testing/index.ts'
import { createPeriodicJobs } from './periodic-jobs.ts'

let test: TestDatabase
const clock = new FakeClock()
beforeAll(async () => {
  test = await testDatabase([platformMigrations])
})
afterAll(() => test.drop())
beforeEach(async () => {
  await test.db.execute(sql`delete from job_lease`)
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
