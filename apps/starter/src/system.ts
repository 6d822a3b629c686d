import path from 'node:path'
import { readEnvironment, systemClock } from '@anqu/platform'
import { startChild, type Ready } from './child-process.ts'
import { openDataFolder, type DataFolder } from './data-folder.ts'
import { openDatabases, type Databases } from './databases.ts'
import { requireSafeExposure } from './exposure.ts'
import { processRecord } from './orphans.ts'
import { choosePorts } from './ports.ts'
import type { Program, Surroundings } from './program.ts'
import { settingsOf, type StarterSettings } from './settings.ts'
import { supervise, type Supervisor } from './supervisor.ts'
import { localTls } from './tls/local-tls.ts'

export interface System {
  /** What is served where, under the names that the programs gave: `app`, `console`, `apiDocs`, `smsInbox`, `ca` … */
  readonly addresses: Readonly<Record<string, string>>
  readonly demoAccounts: readonly Readonly<Record<string, string>>[]
  /** The file a client of the local TLS has to trust, when TLS is on. */
  readonly tlsAuthorityFile: string | undefined
  /** Connection URL of each program's database, for tests that look into them. */
  readonly databases: Readonly<Record<string, string>>
  pid(name: string): number | undefined
  /** kill -9 of one program; it stays down until `restart`. */
  kill(name: string): Promise<void>
  /** Stops one program when it runs, and waits until it serves again. */
  restart(name: string): Promise<void>
  /** Ends everything in order. */
  stop(): Promise<void>
}

export interface SystemOptions extends StarterSettings {
  readonly programs: readonly Program[]
  /** Settings of the programs, as environment variables; those of this process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly report?: (line: string) => void
  /** Called when the system cannot go on, for example because its database ended. */
  readonly onFailure?: (reason: string) => void
  readonly readyLimitMs?: number
  readonly backoffMs?: readonly number[]
}

const nothing = (): void => {}

/** Everything that has been opened so far, closed again in the opposite order, whatever fails. */
class Opened {
  #closers: (() => Promise<void> | void)[] = []

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

interface Parts {
  readonly options: SystemOptions
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly data: DataFolder
  readonly surroundings: Surroundings
  readonly record: ReturnType<typeof processRecord>
}

function supervisorOf(program: Program, parts: Parts): Supervisor {
  const { options, environment, data, surroundings, record } = parts
  const { name, entry, once = false } = program
  const folder = data.folder(name)
  const launch = () =>
    startChild({
      name,
      entry,
      environment: {
        ...program.environment(surroundings),
        ...settingsOf(program, environment),
      },
      logFile: path.join(data.folder('logs'), `${name}.log`),
      cwd: folder,
      readyLimitMs: options.readyLimitMs ?? 60_000,
      stopLimitMs: 25_000,
      onSpawn: (pid) => record.add(name, pid, entry),
    })
  const { report = nothing, backoffMs } = options
  return supervise({ name, launch, report, once, ...(backoffMs && { backoffMs }) })
}

/** Starts the programs, each after those it needs; what needs nothing of each other starts side by side. */
async function startInOrder(
  programs: readonly Program[],
  supervisors: ReadonlyMap<string, Supervisor>,
): Promise<void> {
  const started = new Map<string, Promise<Ready | undefined>>()
  const start = (program: Program): Promise<Ready | undefined> => {
    const running = started.get(program.name)
    if (running !== undefined) return running
    const needed = programs.filter(({ name }) => program.after.includes(name)).map(start)
    const starting = Promise.all(needed).then(() => supervisors.get(program.name)?.start())
    started.set(program.name, starting)
    return starting
  }
  // All of them are waited for, so that nothing is still starting when a failure is cleaned up.
  const results = await Promise.allSettled(programs.map(start))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function prepare(options: SystemOptions, opened: Opened): Promise<Parts & { databases: Databases }> {
  const { environment = readEnvironment(), programs, host, profile, redisUrl, report = nothing } = options
  requireSafeExposure(options, environment)
  const data = openDataFolder(options.dataDir)
  opened.add(data.release)
  const record = processRecord(data.path)
  await record.endOrphans(report)
  const ports = await choosePorts(programs, options.ports, { host, given: environment })
  const tls = options.tls ? localTls(data.folder('tls'), host, systemClock.nowMs()) : undefined
  const names = programs.flatMap((program) => program.databases)
  const { databaseUrl: url, databasePrefix: prefix } = options
  const databases = await openDatabases(names, data, { url, prefix })
  opened.add(databases.stop)
  const surroundings = { profile, host, ports, databases: databases.urls, redisUrl, tls, folder: data.folder }
  return { options, environment, data, record, databases, surroundings }
}

function systemOf(parts: Parts, supervisors: ReadonlyMap<string, Supervisor>, opened: Opened): System {
  const find = (name: string): Supervisor => {
    const supervisor = supervisors.get(name)
    if (supervisor === undefined) throw new RangeError(`no program ${name}`)
    return supervisor
  }
  const ready = [...supervisors.values()].flatMap((supervisor) => supervisor.ready() ?? [])
  const { tls, databases } = parts.surroundings
  let stopping: Promise<void> | undefined
  return {
    addresses: Object.assign({}, ...ready.map(({ addresses }) => addresses)),
    demoAccounts: ready.flatMap(({ demoAccounts }) => demoAccounts ?? []),
    tlsAuthorityFile: tls && path.join(parts.data.folder('tls'), 'ca.pem'),
    databases,
    pid: (name) => find(name).pid(),
    kill: (name) => find(name).kill(),
    restart: async (name) => void (await find(name).restart()),
    stop: () => (stopping ??= opened.close()),
  }
}

/**
 * Starts programs and everything they need; resolves when all of them serve. What was started is ended again when it fails.
 * @throws {ConfigError} naming a bad setting
 * @throws {EmbeddedPostgresError} `folder-in-use` when another start holds the data folder
 * @throws {ChildFailed} with the end of the log of the program that did not start
 */
export async function startPrograms(options: SystemOptions): Promise<System> {
  const opened = new Opened()
  try {
    const parts = await prepare(options, opened)
    const supervisors = new Map(
      options.programs.map((program) => [program.name, supervisorOf(program, parts)]),
    )
    // Closed in the opposite order of starting: who needs others is listed, and ends, before them.
    for (const supervisor of supervisors.values()) opened.add(() => supervisor.stop())
    parts.databases.onUnexpectedEnd((reason) => options.onFailure?.(reason))
    await startInOrder(options.programs, supervisors)
    return systemOf(parts, supervisors, opened)
  } catch (error) {
    await opened.close()
    throw error
  }
}
