import { spawn, type ChildProcess } from 'node:child_process'
import { openSync, closeSync, readFileSync, renameSync, statSync } from 'node:fs'
import { readEnvironment } from '@anqu/platform'
import { z } from 'zod'

/** What a program says once it serves. Values are shown to a person as they are. */
const readyMessage = z.object({
  type: z.literal('ready'),
  name: z.string(),
  addresses: z.record(z.string(), z.string()),
  demoAccounts: z.array(z.record(z.string(), z.string())).optional(),
})

export type Ready = Omit<z.output<typeof readyMessage>, 'type'>

/** A running process of a program. */
export interface RunningChild {
  readonly pid: number
  readonly ready: Ready
  /** Resolves when the process is gone, however that came about. */
  readonly ended: Promise<string>
  /** Asks it to end and waits; by force after the limit. */
  stop(): Promise<void>
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>
}

export interface ChildOptions {
  readonly name: string
  readonly entry: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly logFile: string
  readonly cwd: string
  readonly readyLimitMs: number
  readonly stopLimitMs: number
  /** Told the pid as soon as there is one. */
  readonly onSpawn: (pid: number) => void
}

const logLimitBytes = 16 * 1024 * 1024

export class ChildFailed extends Error {
  constructor(name: string, what: string, logFile: string) {
    super(`${name} ${what}\n${tail(logFile)}\n(everything it said: ${logFile})`)
    this.name = 'ChildFailed'
  }
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n').replace(/^/gm, '  ')
  } catch {
    return ''
  }
}

function openLog(file: string): number {
  try {
    if (statSync(file).size > logLimitBytes) renameSync(file, `${file}.old`)
  } catch {
    // there is no log yet
  }
  return openSync(file, 'a', 0o600)
}

/** Our own environment without our settings: a program gets exactly those that are meant for it. */
function environmentFor(own: ChildOptions['environment']): NodeJS.ProcessEnv {
  const inherited = Object.entries(readEnvironment()).filter(([name]) => !name.startsWith('ANQU_'))
  return Object.fromEntries([...inherited, ...Object.entries(own)])
}

function launch({ entry, environment, logFile, cwd }: ChildOptions): ChildProcess {
  const log = openLog(logFile)
  try {
    return spawn(process.execPath, ['--enable-source-maps', entry], {
      cwd,
      env: environmentFor(environment),
      stdio: ['ignore', log, log, 'ipc'],
      // In a group of its own: Ctrl-C in the terminal reaches the starter only, which ends everybody in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
  } finally {
    closeSync(log)
  }
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
}

async function untilReady(
  child: ChildProcess,
  ended: Promise<string>,
  options: ChildOptions,
): Promise<Ready> {
  const { name, readyLimitMs, logFile } = options
  let limit: NodeJS.Timeout | undefined
  const ready = new Promise<Ready>((resolve) => {
    child.on('message', (message) => {
      const parsed = readyMessage.safeParse(message)
      if (parsed.success) resolve(parsed.data)
    })
  })
  const tooLate = new Promise<string>((resolve) => {
    limit = setTimeout(() => resolve(`was not ready within ${readyLimitMs / 1000} s`), readyLimitMs)
  })
  const first = await Promise.race([ready, ended.then((how) => `ended at its start (${how})`), tooLate])
  clearTimeout(limit)
  if (typeof first !== 'string') return first
  child.kill('SIGKILL')
  await ended
  throw new ChildFailed(name, first, logFile)
}

/**
 * Starts a program and waits until it serves.
 * @throws {ChildFailed} with the end of its log
 */
export async function startChild(options: ChildOptions): Promise<RunningChild> {
  const child = launch(options)
  const ended = whenEnded(child)
  const pid = child.pid ?? 0
  if (pid !== 0) options.onSpawn(pid)
  const ready = await untilReady(child, ended, options)
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    pid,
    ready,
    ended,
    kill,
    stop: async () => {
      // Windows knows no SIGTERM; there the end of the channel between us is the request.
      if (process.platform === 'win32') child.disconnect()
      else child.kill('SIGTERM')
      const limit = setTimeout(() => child.kill('SIGKILL'), options.stopLimitMs)
      await ended
      clearTimeout(limit)
    },
  }
}
