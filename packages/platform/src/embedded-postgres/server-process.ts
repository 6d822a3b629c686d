import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, fchownSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { isAlive } from './folder-lock.ts'
import { ownerFor, type Runner } from './unprivileged.ts'

const logLimitBytes = 8 * 1024 * 1024

export const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

function openLog(file: string, owner: number | undefined): number {
  try {
    if (statSync(file).size > logLimitBytes) renameSync(file, `${file}.old`)
  } catch {
    // no log yet
  }
  const descriptor = openSync(file, 'a', 0o600)
  if (owner !== undefined) fchownSync(descriptor, owner, owner)
  return descriptor
}

/** The last lines of the server's log, for an error that a person reads. */
export function logTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-6).join('\n')
  } catch {
    return ''
  }
}

/** Starts `postgres`; the child's pid is the server's own, since each word before it replaces itself by the next. */
export function spawnServer(
  runner: Runner,
  {
    args,
    logFile,
    cwd,
  }: { readonly args: readonly string[]; readonly logFile: string; readonly cwd: string },
): ChildProcess {
  const [program = '', ...rest] = [...runner.wrapServer, runner.binaries.postgres, ...args]
  const log = openLog(logFile, ownerFor(runner))
  try {
    return spawn(program, rest, {
      cwd,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
      windowsHide: true,
    })
  } finally {
    closeSync(log)
  }
}

async function endsWithin(pid: number, limitMs: number): Promise<boolean> {
  const endsAt = performance.now() + limitMs
  while (performance.now() < endsAt) {
    if (!isAlive(pid)) return true
    await pause(20)
  }
  return !isAlive(pid)
}

/** SIGINT is PostgreSQL's fast shutdown: running statements end, everything committed stays. */
export async function endServer(pid: number): Promise<void> {
  for (const [signal, limitMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    if (await endsWithin(pid, limitMs)) return
  }
  throw new EmbeddedPostgresError('failed', `the database process ${pid} does not end`)
}

/** Ends a server whose starter was killed. Only called by the holder of the folder's lock. */
export async function endOrphan(cluster: string): Promise<void> {
  const file = path.join(cluster, 'postmaster.pid')
  let pid: number
  try {
    const [firstLine = '', folder = ''] = readFileSync(file, 'utf8').split('\n')
    pid = Number(firstLine)
    if (!Number.isInteger(pid) || pid <= 1 || path.resolve(folder) !== path.resolve(cluster)) return
  } catch {
    return
  }
  // The number may belong to something else since a restart of the machine; only a postgres of this folder is ended.
  if (isAlive(pid) && isServerOf(pid, cluster)) await endServer(pid)
  if (!isAlive(pid)) rmSync(file, { force: true })
}

function isServerOf(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') return true
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes('postgres') && command.includes(cluster)
  } catch {
    return false
  }
}
