import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runSource } from '../testing/run-source.ts'
import { isAlive } from './folder-lock.ts'
import { startEmbeddedPostgres, type EmbeddedPostgresOptions } from './index.ts'

const isRoot = process.getuid?.() === 0
// As another user only what lies open to everybody can be run: not a checkout under a closed home.
const othersCanRead =
  isRoot &&
  spawnSync('test', ['-r', fileURLToPath(import.meta.url)], { uid: 54_321, gid: 54_321 }).status === 0
const quick = { settings: { fsync: 'off' } }

let home: string
let dataDir: string
const open: { stop(): Promise<void> }[] = []
const start = async (options: Partial<EmbeddedPostgresOptions> = {}) => {
  const server = await startEmbeddedPostgres({ dataDir, ...quick, ...options })
  open.push(server)
  return server
}

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pg-'))
  dataDir = path.join(home, 'data')
})
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop()
  rmSync(home, { recursive: true, force: true })
})

async function answer(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ v: unknown }>(text)
    return rows[0]?.v
  } finally {
    await client.end()
  }
}

describe('embedded PostgreSQL', () => {
  it('runs under a home of mode 0700 and keeps data and passwords over a restart', async () => {
    chmodSync(home, 0o700)
    const first = await start()
    const url = await first.createDatabaseAndRole('anqu_one')
    await answer(url, 'create table kept as select 42 as v')
    await first.stop()
    const second = await start()
    expect(await second.createDatabaseAndRole('anqu_one')).toBe(url)
    expect(await answer(url, 'select v from kept')).toBe(42)
  })

  it('keeps passwords random, apart and readable by the owner only', async () => {
    const server = await start()
    const urls = [
      await server.createDatabaseAndRole('anqu_one'),
      await server.createDatabaseAndRole('anqu_two'),
    ]
    const passwords = [server.adminUrl, ...urls].map((url) => /:([^:@]+)@/.exec(url)?.[1] ?? '')
    expect(new Set(passwords).size).toBe(3)
    for (const password of passwords) expect(password.length).toBeGreaterThanOrEqual(32)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    const folder = path.join(dataDir, 'passwords')
    for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600)
    const log = readFileSync(path.join(dataDir, 'postgres.log'), 'utf8')
    for (const password of passwords) expect(log).not.toContain(password)
  })

  it('lets a role into its own database only, and nobody in without the password', async () => {
    const server = await start()
    const one = await server.createDatabaseAndRole('anqu_one')
    await server.createDatabaseAndRole('anqu_two')
    await expect(answer(one.replace(/anqu_one$/, 'anqu_two'), 'select 1 as v')).rejects.toThrow(
      'permission denied',
    )
    await expect(answer(one.replace(/:[^:@]+@/, ':password@'), 'select 1 as v')).rejects.toThrow(
      'authentication failed',
    )
    await expect(answer(one, 'create role other')).rejects.toThrow('permission denied')
  })

  it('refuses a second start on the same folder by name, while the first goes on', async () => {
    const server = await start()
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      `the data folder ${dataDir} is in use by process ${process.pid}`,
    )
    expect(await answer(server.adminUrl, 'select 1 as v')).toBe(1)
  })

  it('listens on a TCP port of loopback when one is asked for', async () => {
    const server = await start({ port: 0 })
    expect(server.adminUrl).toMatch(/@127\.0\.0\.1:\d+\/postgres$/)
    expect(await answer(server.adminUrl, "select current_setting('listen_addresses') as v")).toBe('127.0.0.1')
  })

  it('takes over TCP where the folder is too deep for a socket', async () => {
    dataDir = path.join(home, 'x'.repeat(90), 'data')
    const server = await start()
    expect(server.adminUrl).toContain('@127.0.0.1:')
  })

  it('makes the database anew when the very first start was cut off half-way', async () => {
    await (await start()).stop()
    rmSync(path.join(dataDir, 'cluster'), { recursive: true })
    const half = path.join(dataDir, 'cluster.new')
    mkdirSync(half)
    writeFileSync(path.join(half, 'PG_VERSION'), '18')
    expect(await answer((await start()).adminUrl, 'select 1 as v')).toBe(1)
    expect(existsSync(half)).toBe(false)
  })

  it('reports when the server ends by itself', async () => {
    const server = await start()
    const ended = new Promise<string>((resolve) => server.onUnexpectedEnd(resolve))
    process.kill(server.pid, 'SIGQUIT')
    expect(await ended).toContain('ended by itself')
  })

  it('leaves nothing in the way when its starter is killed with -9, and loses nothing committed', async () => {
    const child = runSource(new URL('./killable-starter.fixture.ts', import.meta.url), [dataDir])
    const [{ pid, url }] = (await once(child, 'message')) as [{ pid: number; url: string }] // sent by the fixture
    await answer(url, 'create table survivor as select 7 as v')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const server = await start()
    expect(isAlive(pid)).toBe(false)
    expect(await answer(await server.createDatabaseAndRole('anqu_one'), 'select v from survivor')).toBe(7)
  })

  it.runIf(othersCanRead).each([
    ['an ordinary user', 33],
    ['a user without a name, as containers have', 54_321],
  ])('runs for %s under a home of its own', async (_who, user) => {
    chownSync(home, user, user)
    const child = runSource(new URL('./killable-starter.fixture.ts', import.meta.url), [dataDir], { user })
    const [{ pid, url }] = (await once(child, 'message')) as [{ pid: number; url: string }] // sent by the fixture
    expect(await answer(url, 'select 1 as v')).toBe(1)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
  })

  it.runIf(isRoot)('runs as the user nobody where user namespaces are barred', async () => {
    chmodSync(home, 0o755)
    const server = await start({ runAs: 'nobody' })
    expect(await answer(server.adminUrl, 'select 1 as v')).toBe(1)
    const owner = readFileSync(`/proc/${server.pid}/status`, 'utf8')
    expect(owner).toMatch(/^Uid:\s+65534/m)
  })

  it.runIf(isRoot)('says which folder is closed when it has to run as nobody', async () => {
    chmodSync(home, 0o700)
    await expect(start({ runAs: 'nobody' })).rejects.toThrow(
      `its data folder ${dataDir} lies under a closed folder`,
    )
  })
})
