import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { manifestFile } from '@anqu/app-package'
import { testPublisher, testTimeMs, type TestPublisher } from '@anqu/app-package/testing'
import { bytesToHex } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrationsOf } from '../../testing/module-world.fixture.ts'
import { createReleases } from './index.ts'

const clock = new FakeClock(testTimeMs)
let database: TestDatabase
let directory: string
let publisher: TestPublisher
beforeAll(async () => {
  database = await testDatabase(migrationsOf('releases'))
  directory = await mkdtemp(path.join(tmpdir(), 'anqu-releases-'))
  publisher = await testPublisher()
})
afterAll(async () => {
  await database.drop()
  await rm(directory, { recursive: true })
})

const unknown = { code: 'client.unknown-package' }
const marker = 'not-available'
const environment = (platform: 'h5' | 'node') => ({
  platform,
  osVersion: marker,
  model: marker,
  language: 'zh',
  timeZone: marker,
  screen: marker,
  network: marker,
  location: marker,
  automation: 'no' as const,
})
const openReleases = (served: string | undefined = directory) =>
  createReleases({ db: database.db, clock, directory: served })
const login = (appPackage?: string, releases = openReleases()): Promise<void> =>
  releases.assertOurs({ environment: environment('h5'), ...(appPackage && { appPackage }) })

async function serve(releasedAtMs: number): Promise<string> {
  const message = await publisher.release({ releasedAtMs })
  await writeFile(path.join(directory, manifestFile), message)
  return bytesToHex(sm3(message))
}

test('an app from a release of ours logs in, also from one before; a foreign one and none do not (C-6.1.2-c)', async () => {
  const first = await serve(testTimeMs)
  await expect(login(first)).resolves.toBeUndefined()
  const second = await serve(testTimeMs + 1)
  await expect(login(second)).resolves.toBeUndefined()
  await expect(login(first)).resolves.toBeUndefined()
  await expect(login('0'.repeat(64))).rejects.toMatchObject(unknown)
  await expect(login()).rejects.toMatchObject(unknown)
})

test('a release that nobody logged in with is known once another one is asked about', async () => {
  const quiet = await serve(testTimeMs + 2)
  await expect(login('f'.repeat(64))).rejects.toMatchObject(unknown)
  await serve(testTimeMs + 3)
  await expect(login(quiet)).resolves.toBeUndefined()
})

test('what is served is no release: nobody new is let in', async () => {
  await writeFile(path.join(directory, manifestFile), 'nonsense')
  await expect(login('1'.repeat(64))).rejects.toMatchObject(unknown)
})

test('clients that are no browser app, and channels that serve none, are not asked', async () => {
  await expect(openReleases().assertOurs({ environment: environment('node') })).resolves.toBeUndefined()
  const withoutApp = createReleases({ db: database.db, clock, directory: undefined })
  await expect(withoutApp.assertOurs({ environment: environment('h5') })).resolves.toBeUndefined()
})
