import { closeSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** A process that may be gone, and whose number may since belong to another one. */
interface Holder {
  readonly pid: number
  /** When it started, as the kernel says; empty where that cannot be read. */
  readonly startedAt: string
}

const lockName = 'in-use-by'

/** The fields of /proc/<pid>/stat from the state on; undefined where there is no such process or no /proc. */
function kernelFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before it is in brackets and may hold blanks
  } catch {
    return undefined
  }
}

function startOf(pid: number): string {
  const fields = kernelFields(pid)
  if (fields === undefined) return ''
  // The start is counted from the machine's own start, which the boot id tells apart.
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot}:${fields[19] ?? ''}`
}

/** A zombie counts as gone: it holds nothing, and in a container it may never be buried. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return !['Z', 'X'].includes(kernelFields(pid)?.[0] ?? '')
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid = '', startedAt = ''] = readFileSync(file, 'utf8').trim().split(' ')
    return /^\d+$/.test(pid) ? { pid: Number(pid), startedAt } : undefined
  } catch {
    return undefined
  }
}

function holds(holder: Holder): boolean {
  return isAlive(holder.pid) && (holder.startedAt === '' || startOf(holder.pid) === holder.startedAt)
}

/**
 * Takes the folder for this process, or refuses by name when a living process has it. What a killed process left is taken
 * over. PostgreSQL's own lock stands behind this one; this one gives the better answer.
 */
export function lockFolder(folder: string): { release(): void } {
  const file = path.join(folder, lockName)
  const mine = `${file}.${process.pid}.${process.hrtime.bigint()}`
  const descriptor = openSync(mine, 'wx', 0o600)
  writeSync(descriptor, `${process.pid} ${startOf(process.pid)}\n`)
  closeSync(descriptor)
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        linkSync(mine, file) // appears with its content in one step, or not at all
        return { release: () => rmSync(file, { force: true }) }
      } catch {
        const holder = readHolder(file)
        if (holder !== undefined && holds(holder))
          throw new EmbeddedPostgresError(
            'folder-in-use',
            `the data folder ${folder} is in use by process ${holder.pid}`,
          )
        rmSync(file, { force: true })
      }
    }
    throw new EmbeddedPostgresError(
      'folder-in-use',
      `the data folder ${folder} is being taken by another process`,
    )
  } finally {
    rmSync(mine, { force: true })
  }
}
