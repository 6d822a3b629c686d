import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isAlive } from '@anqu/platform/embedded-postgres'
import { z } from 'zod'

const record = z.array(z.object({ name: z.string(), pid: z.int().min(2), entry: z.string() }))

type Recorded = z.output<typeof record>

const endLimitMs = 25_000

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

function read(file: string): Recorded {
  try {
    return record.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return [] // no record, or one that was cut off: then nothing is ended on its word
  }
}

/** Whether that process number still belongs to that program: it may be another one's since. */
function isStill(pid: number, entry: string): boolean {
  if (!isAlive(pid)) return false
  if (process.platform !== 'linux') return true
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(entry)
  } catch {
    return false
  }
}

async function untilGone({ pid, entry }: Recorded[number]): Promise<boolean> {
  const endsAt = performance.now() + endLimitMs
  while (performance.now() < endsAt) {
    if (!isStill(pid, entry)) return true
    await pause(50)
  }
  return false
}

/**
 * Which processes this starter started, kept in a file. After kill -9 of a starter its programs notice that it is gone and
 * end by themselves; the next start waits for that, and ends by force the one that hangs.
 */
export function processRecord(folder: string): {
  add(name: string, pid: number, entry: string): void
  endOrphans(report: (line: string) => void): Promise<void>
} {
  const file = path.join(folder, 'processes.json')
  const orphans = read(file)
  let running: Recorded = orphans
  const write = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(running), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return {
    add: (name, pid, entry) => {
      running = [...running.filter((one) => one.name !== name), { name, pid, entry }]
      write()
    },
    endOrphans: async (report) => {
      for (const orphan of orphans) {
        if (await untilGone(orphan)) continue
        report(`${orphan.name} of an earlier start (process ${orphan.pid}) hangs and is ended by force`)
        // Only where the system lets us make sure that it is that program.
        if (process.platform === 'linux') process.kill(orphan.pid, 'SIGKILL')
      }
      running = []
      write()
    },
  }
}
