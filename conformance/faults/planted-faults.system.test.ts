import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allControls } from '../controls/index.ts'
import { runControls } from '../runner/run-controls.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { startLiveSystem } from '../system/start.ts'
import { notices, plantedFaults } from './planted-faults.ts'

let system: LiveSystem
let stop: () => Promise<void>
const folder = mkdtempSync(path.join(tmpdir(), 'anqu-planted-'))

beforeAll(async () => {
  ;({ system, stop } = await startLiveSystem(folder))
  await system.fixtures.paid()
  await system.fixtures.operator()
  await system.fixtures.auditor()
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('a planted fault', () => {
  it.each(plantedFaults.map((fault) => [fault.name, fault] as const))(
    '%s: every control that should notice fails',
    async (_name, fault) => {
      const controls = allControls.filter(({ id }) => notices(fault, id))
      expect(controls, 'nobody is asked').not.toEqual([])
      const interference = await fault.interference(system)
      const { results } = await system.disturbed(interference, () => runControls(controls, system))
      // Without a browser nothing was looked at, which the run says.
      const tried = results.filter(({ outcome }) => outcome !== 'skipped')
      const blind = tried.filter(({ outcome }) => outcome !== 'failed').map(({ control }) => control.id)
      expect(blind).toEqual([])
    },
  )
})
