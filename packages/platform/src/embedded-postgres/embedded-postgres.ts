import { spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { randomBytes } from '@anqu/gm-crypto'
import { Client } from 'pg'
import { databaseUrl, provisionDatabase } from '../database/provision.ts'
import { findBinaries } from './binaries.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { lockFolder } from './folder-lock.ts'
import { endOrphan, endServer, logTail, pause, spawnServer } from './server-process.ts'
import { chooseRunner, ownerFor, type Runner } from './unprivileged.ts'

export interface EmbeddedPostgresOptions {
  /** Belongs to the server alone; made when missing, mode 0700. */
  readonly dataDir: string
  /** A TCP port on 127.0.0.1, 0 for a free one. Left out: a unix socket in the folder (TCP where there are none). */
  readonly port?: number
  /** Server settings, for example `{ fsync: 'off' }` for a database that only lives for a test. */
  readonly settings?: Readonly<Record<string, string>>
  /** Name of the setting that takes a server of one's own, for refusals. */
  readonly urlSetting?: string
  /** For tests: how to run although another way would be chosen. */
  readonly runAs?: Runner['kind']
}

export interface EmbeddedPostgres {
  readonly pid: number
  /** A login that may do everything. For provisioning only. */
  readonly adminUrl: string
  /** Makes sure that the database and its owner of the same name exist; the password is random and kept in the folder. */
  createDatabaseAndRole(database: string, role?: string): Promise<string>
  /** Called when the server ends without having been told to. */
  onUnexpectedEnd(report: (detail: string) => void): void
  stop(): Promise<void>
}

const administrator = 'anqu_admin'
const longestSocketPath = 90
const startLimitMs = 60_000

function savedSecret(dataDir: string, name: string): string {
  const folder = path.join(dataDir, 'passwords')
  const file = path.join(folder, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const secret = Buffer.from(randomBytes(24)).toString('base64url')
  // Whole or not at all: a half-written password would lock us out of our own data.
  writeFileSync(`${file}.new`, secret, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return secret
}

function initialise(runner: Runner, cluster: string, password: string): void {
  if (existsSync(cluster)) return
  const fresh = `${cluster}.new`
  const passwordFile = `${cluster}.password`
  rmSync(fresh, { recursive: true, force: true }) // what a killed first start left
  writeFileSync(passwordFile, password, { mode: 0o600 })
  const owner = ownerFor(runner)
  if (owner !== undefined) chownSync(passwordFile, owner, owner)
  const words = [...runner.wrap, runner.binaries.initdb, '-D', fresh, `--username=${administrator}`]
  words.push(`--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C')
  words.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions')
  const [program = '', ...rest] = words
  const result = spawnSync(program, rest, {
    cwd: path.dirname(cluster),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
    windowsHide: true,
  })
  rmSync(passwordFile, { force: true })
  if (result.status !== 0)
    throw new EmbeddedPostgresError(
      'failed',
      `the database cannot be made: ${result.stderr || String(result.error)}`,
    )
  renameSync(fresh, cluster)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string')
    throw new EmbeddedPostgresError('failed', 'no free port')
  return address.port
}

interface Place {
  readonly host: string
  readonly args: readonly string[]
}

async function chooseAddress(cluster: string, port: number | undefined): Promise<Place> {
  const socketFits = process.platform !== 'win32' && cluster.length <= longestSocketPath
  if (port === undefined && socketFits)
    return {
      host: encodeURIComponent(cluster),
      args: ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${cluster}`],
    }
  const tcpPort = port === undefined || port === 0 ? await freePort() : port
  const noSocket = process.platform === 'win32' ? [] : ['-c', 'unix_socket_directories=']
  return {
    host: `127.0.0.1:${tcpPort}`,
    args: ['-p', String(tcpPort), '-c', 'listen_addresses=127.0.0.1', ...noSocket],
  }
}

const ownSettings: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '64MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  password_encryption: 'scram-sha-256',
  log_min_messages: 'warning',
  log_min_error_statement: 'panic', // statements may carry people's data
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
}

async function untilItAnswers(child: ChildProcess, url: string, logFile: string): Promise<void> {
  const endsAt = performance.now() + startLimitMs
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  while (performance.now() < endsAt) {
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null)
      throw new EmbeddedPostgresError(
        'failed',
        `the database does not start: ${failure?.message ?? ''}\n${logTail(logFile)}`,
      )
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {}) // the promise below reports it
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await pause(15)
    }
  }
  throw new EmbeddedPostgresError('failed', `the database does not answer\n${logTail(logFile)}`)
}

function handle(
  child: ChildProcess,
  needs: { adminUrl: string; dataDir: string; release: () => void },
): EmbeddedPostgres {
  const { adminUrl, dataDir, release } = needs
  const pid = child.pid ?? 0
  let stopping: Promise<void> | undefined
  let report: ((detail: string) => void) | undefined
  // Where nothing ends the server together with us, at least an orderly end of this process does.
  const onExit = (): void => {
    child.kill('SIGINT')
  }
  process.once('exit', onExit)
  child.once('exit', (code, signal) => {
    process.removeListener('exit', onExit)
    if (stopping === undefined) report?.(`the database ended by itself (${signal ?? code})`)
  })
  return {
    pid,
    adminUrl,
    createDatabaseAndRole: (database, role = database) =>
      provisionDatabase(adminUrl, { database, role, password: savedSecret(dataDir, role) }),
    onUnexpectedEnd: (callback) => {
      report = callback
    },
    stop: () => (stopping ??= endServer(pid).finally(release)),
  }
}

/**
 * Starts a PostgreSQL server of our own on a folder, and makes the folder at the first start. Works as root and as an
 * ordinary user. The server ends with this process, also when that is killed.
 * @throws {EmbeddedPostgresError} `folder-in-use` naming the folder, `unsupported` naming the URL setting
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { port, settings = {}, urlSetting = 'ANQU_DATABASE_URL', runAs } = options
  const dataDir = path.resolve(options.dataDir)
  const programs = findBinaries(urlSetting)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  chmodSync(dataDir, 0o700)
  const lock = lockFolder(dataDir)
  try {
    const runner = chooseRunner(programs, dataDir, runAs)
    const cluster = path.join(dataDir, 'cluster')
    const password = savedSecret(dataDir, administrator)
    initialise(runner, cluster, password)
    await endOrphan(cluster)
    const place = await chooseAddress(cluster, port)
    const chosen = Object.entries({ ...ownSettings, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const logFile = path.join(dataDir, 'postgres.log')
    const child = spawnServer(runner, {
      args: ['-D', cluster, ...place.args, ...chosen],
      logFile,
      cwd: dataDir,
    })
    const adminUrl = databaseUrl(`postgresql://${place.host}`, 'postgres', { role: administrator, password })
    const server = handle(child, { adminUrl, dataDir, release: lock.release })
    await untilItAnswers(child, adminUrl, logFile).catch(async (error: unknown) => {
      await server.stop()
      throw error
    })
    return server
  } catch (error) {
    lock.release()
    throw error
  }
}
