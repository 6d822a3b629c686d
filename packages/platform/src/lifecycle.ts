import { ConfigError } from './config.ts'
import type { Log } from './log.ts'

const shutdownLimitMs = 20_000

/**
 * Runs `stop` once when the process is told to end: SIGTERM, SIGINT, or the parent that started it with an IPC channel
 * is gone (kill -9 included). Ends the process afterwards, by force when `stop` takes longer than 20 s.
 */
export function onShutdown(log: Log, stop: () => Promise<void>): void {
  let stopping = false
  const end = (reason: string): void => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    const limit = setTimeout(() => {
      log.error({ limitMs: shutdownLimitMs }, 'stopping took too long')
      process.exit(1)
    }, shutdownLimitMs)
    limit.unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  // `on`, not `once`: without a listener the second signal would end the process in the middle of stopping.
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
  process.once('disconnect', () => end('parent gone'))
}

export interface ReadyReport {
  readonly name: string
  /** What is served where, for example `{ inbox: 'http://127.0.0.1:8091' }`. */
  readonly addresses: Readonly<Record<string, string>>
  /** Accounts of the demo profile, to be shown to whoever started the system. */
  readonly demoAccounts?: readonly object[]
}

/** Tells whoever started this process that it serves: one line `ready {json}` on standard output, and over IPC. */
export function readyLine(report: ReadyReport): void {
  process.stdout.write(`ready ${JSON.stringify(report)}\n`)
  process.send?.({ type: 'ready', ...report })
}

/** Runs the start of a process: a bad setting ends it with its message and code 2, anything else with code 1. */
export async function runMain(start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    const message =
      error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)
    process.stderr.write(`${message}\n`)
    process.exit(error instanceof ConfigError ? 2 : 1)
  }
}
