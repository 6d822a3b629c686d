import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import { afterAll, beforeAll } from 'vitest'

/** One running system for all tests of a file. */
export function attackedSystem(): () => LiveSystem {
  let running: Awaited<ReturnType<typeof startLiveSystem>> | undefined
  let dataDir: string | undefined
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-attacks-'))
    running = await startLiveSystem(dataDir)
  })
  afterAll(async () => {
    await running?.stop()
    if (dataDir !== undefined) await rm(dataDir, { recursive: true })
  })
  return () => {
    if (running === undefined) throw new Error('the system is not running')
    return running.system
  }
}
