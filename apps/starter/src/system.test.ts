import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ConfigError, openDatabase, sql } from '@anqu/platform'
import { startEmbeddedPostgres } from '@anqu/platform/embedded-postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startPrograms, type System, type SystemOptions } from './system.ts'
import { tinyProgram } from './testing/tiny-program.ts'

let dataDir = ''
const systems: System[] = []
const lines: string[] = []

beforeEach(() => {
  dataDir = path.join(mkdtempSync(path.join(tmpdir(), 'anqu-starter-')), 'data')
  lines.length = 0
})
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()))
  rmSync(path.dirname(dataDir), { recursive: true, force: true })
})

const options = (change: Partial<SystemOptions> = {}): SystemOptions => ({
  dataDir,
  ports: 'free',
  host: '127.0.0.1',
  tls: false,
  profile: 'demo',
  databaseUrl: undefined,
  databasePrefix: 'anqu',
  redisUrl: undefined,
  programs: [tinyProgram()],
  environment: {},
  report: (line) => lines.push(line),
  backoffMs: [0],
  ...change,
})

async function start(change: Partial<SystemOptions> = {}): Promise<System> {
  const system = await startPrograms(options({ databaseUrl: 'postgresql://unused', ...change }))
  systems.push(system)
  return system
}

type Answer = { pid: number; settings: Record<string, string> }

async function ask(system: System): Promise<Answer> {
  const response = await fetch(system.addresses['tiny'] ?? '')
  return (await response.json()) as Answer // the tiny program's own answer
}

async function until<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await Promise.resolve(probe()).catch(() => undefined)
    if (found !== undefined) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a system tells what it serves where, and which demo accounts there are', async () => {
  const system = await start()
  expect(Object.keys(system.addresses)).toEqual(['tiny'])
  expect(system.demoAccounts).toEqual([{ label: 'somebody' }])
  expect((await ask(system)).pid).toBe(system.pid('tiny'))
})

test('each program gets a database and a role of its own on the embedded server', async () => {
  const system = await start({
    databaseUrl: undefined,
    programs: [tinyProgram({ databases: ['anqu_tiny'] })],
  })
  const url = (await ask(system)).settings['ANQU_TINY_DATABASE_URL'] ?? ''
  const db = openDatabase({ url })
  expect(await db.one(sql`select current_database() as database, current_user as role`)).toEqual({
    database: 'anqu_tiny',
    role: 'anqu_tiny',
  })
  await db.close()
})

test("a server of one's own gets databases and roles under the chosen prefix, with passwords of ours", async () => {
  const server = await startEmbeddedPostgres({ dataDir: path.join(path.dirname(dataDir), 'server') })
  const programs = [tinyProgram({ databases: ['anqu_tiny'] })]
  const system = await start({ databaseUrl: server.adminUrl, databasePrefix: 'second', programs })
  const { settings } = await ask(system)
  const db = openDatabase({ url: settings['ANQU_TINY_DATABASE_URL'] ?? '' })
  expect(await db.one(sql`select current_database() as database, current_user as role`)).toEqual({
    database: 'second_tiny',
    role: 'second_tiny',
  })
  await db.close()
  expect(JSON.stringify(settings)).not.toContain(server.adminUrl)
  await systems.pop()?.stop()
  await server.stop()
})

test('the data folder and everything secret in it is closed to others', async () => {
  await start({ databaseUrl: undefined, programs: [tinyProgram({ databases: ['anqu_tiny'] })] })
  for (const folder of ['', 'tiny', 'logs', 'postgres'])
    expect(statSync(path.join(dataDir, folder)).mode & 0o777).toBe(0o700)
})

test('a second start on the same data folder is refused by the name of the folder', async () => {
  await start()
  await expect(start()).rejects.toThrow(`the data folder ${dataDir} is in use by process ${process.pid}`)
})

test('a stopped system leaves its folder to the next one', async () => {
  const first = await start()
  await first.stop()
  await expect(start()).resolves.toBeDefined()
})

test('a program that ends by itself is started again on the same address, and that is said', async () => {
  const system = await start()
  const before = await ask(system)
  await fetch(`${system.addresses['tiny']}/crash`).catch(() => {})
  await until(() => lines.find((line) => line === 'tiny serves again'))
  const after = await ask(system)
  expect(after.pid).not.toBe(before.pid)
  expect(after.settings).toEqual(before.settings)
  expect(lines[0]).toMatch(/tiny ended without being told to \(exit code 7\)/)
})

test('a killed program stays down until it is started again', async () => {
  const system = await start()
  await system.kill('tiny')
  await expect(ask(system)).rejects.toThrow()
  expect(system.pid('tiny')).toBeUndefined()
  await system.restart('tiny')
  expect((await ask(system)).pid).toBe(system.pid('tiny'))
  expect(lines).toEqual([])
})

test('a program gets its own settings and none of another program', async () => {
  const system = await start({ environment: { ANQU_TINY_COLOUR: 'blue', ANQU_OTHER_COLOUR: 'red' } })
  const { settings } = await ask(system)
  expect(settings['ANQU_TINY_COLOUR']).toBe('blue')
  expect(Object.keys(settings)).not.toContain('ANQU_OTHER_COLOUR')
})

test('a program that does not start ends the others, and its own words are in the error', async () => {
  const failing = start({ environment: { ANQU_TINY_MODE: 'refuse' } })
  await expect(failing).rejects.toThrow(/tiny ended at its start \(exit code 2\)[^]*ANQU_TINY_MODE: refuses/)
  await expect(start()).resolves.toBeDefined()
})

test('a program that never serves is given up', async () => {
  const failing = start({ environment: { ANQU_TINY_MODE: 'silent' }, readyLimitMs: 300 })
  await expect(failing).rejects.toThrow('tiny was not ready within 0.3 s')
})

test('a taken port is refused by the name of its setting', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' ? address?.port : 0
  const failing = start({ environment: { ANQU_TINY_PORT: String(port) } })
  await expect(failing).rejects.toThrow(`ANQU_TINY_PORT: port ${port} is in use`)
  await new Promise((resolve) => taken.close(resolve))
})

test('a host that others can reach is refused without TLS', async () => {
  await expect(start({ host: '0.0.0.0' })).rejects.toThrow(ConfigError)
  await expect(start({ host: '0.0.0.0' })).rejects.toThrow(/ANQU_HOST: .* TLS is required/)
  await expect(start({ host: 'example.org' })).rejects.toThrow(
    'ANQU_HOST: must be an IP address or localhost',
  )
})

test('programs start after those they need, and end before them', async () => {
  const order: string[] = []
  const program = (name: string, after: string[]) =>
    tinyProgram({
      name,
      after,
      ports: { [`ANQU_${name.toUpperCase()}_PORT`]: 1 },
      environment: ({ ports }) => {
        order.push(name)
        return { ANQU_TINY_PORT: String(ports[`ANQU_${name.toUpperCase()}_PORT`]) }
      },
    })
  await start({ programs: [program('first', []), program('second', ['first'])] })
  expect(order).toEqual(['first', 'second'])
})

test('logs of a program are kept in the data folder', async () => {
  await expect(start({ environment: { ANQU_TINY_MODE: 'refuse' } })).rejects.toThrow()
  expect(readFileSync(path.join(dataDir, 'logs', 'tiny.log'), 'utf8')).toContain('ANQU_TINY_MODE: refuses')
})
