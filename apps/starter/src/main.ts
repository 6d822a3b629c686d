import path from 'node:path'
import { ConfigError, readEnvironment, systemClock } from '@anqu/platform'
import { EmbeddedPostgresError } from '@anqu/platform/embedded-postgres'
import { ChildFailed } from './child-process.ts'
import { programsOf } from './programs.ts'
import { helpText, readSettings, type StarterSettings } from './settings.ts'
import { showSystem } from './show-system.ts'
import { startPrograms, type System } from './system.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const sinceStart = (): string => (performance.now() / 1000).toFixed(1)

/** Ends everything once, on the first signal; a second one does not wait. */
function stopOnSignal(starting: Promise<System>, end: { begun: boolean }): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (end.begun) process.exit(130)
    end.begun = true
    say(`\n${signal}: stopping … 正在停止 …`)
    starting
      .then((system) => system.stop())
      .then(
        () => {
          say('stopped · 已停止')
          process.exit(0)
        },
        (error: unknown) => fail(error),
      )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

/** A person can act on these; anything else is a bug of ours and shows where it is. */
function fail(error: unknown): never {
  const expected =
    error instanceof ConfigError || error instanceof EmbeddedPostgresError || error instanceof ChildFailed
  process.stderr.write(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`)
  process.exit(error instanceof ConfigError ? 2 : 1)
}

function start(settings: StarterSettings, end: { begun: boolean }): Promise<System> {
  say('Starting the system … 正在启动 …')
  const starting = startPrograms({
    ...settings,
    programs: programsOf(settings.profile),
    report: (line) => say(`[${new Date(systemClock.nowMs()).toISOString()}] ${line}`),
    onFailure: (reason) => {
      if (end.begun) return
      end.begun = true
      process.stderr.write(`${reason}; stopping\n`)
      void starting.then((system) => system.stop()).finally(() => process.exit(1))
    },
  })
  return starting
}

/** `npm start`: settings from flags and environment, the system, its addresses, and an orderly end. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const settings = readSettings(args, readEnvironment(), programsOf('demo'))
    if (settings === 'help') return say(helpText)
    const end = { begun: false }
    const starting = start(settings, end)
    stopOnSignal(starting, end)
    say(showSystem(await starting, path.resolve(settings.dataDir), sinceStart()))
  } catch (error) {
    fail(error)
  }
}
