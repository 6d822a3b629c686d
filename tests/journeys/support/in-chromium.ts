import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  chromiumPath,
  launchBrowser,
  skippedWithoutChromium,
  startLiveSystem,
  type LiveSystem,
} from '@anqu/conformance/system'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'

/** To be asked once the tests run. */
export type Live = { readonly system: LiveSystem; readonly browser: Browser }

/** One running system and one browser for all tests of a file; they are skipped where there is no Chromium. */
export function inChromium(what: string, tests: (live: Live) => void): void {
  describe.skipIf(chromiumPath() === undefined)(`${what} (${skippedWithoutChromium} otherwise)`, () => {
    let dataDir: string | undefined
    let running: Awaited<ReturnType<typeof startLiveSystem>> | undefined
    let browser: Browser | undefined
    beforeAll(async () => {
      dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-journey-'))
      running = await startLiveSystem(dataDir)
      browser = await launchBrowser()
    })
    afterAll(async () => {
      await browser?.close()
      await running?.stop()
      if (dataDir !== undefined) await rm(dataDir, { recursive: true })
    })
    tests({
      get system() {
        return started(running).system
      },
      get browser() {
        return started(browser)
      },
    })
  })
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('nothing is running yet')
  return part
}
