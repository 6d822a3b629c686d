import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { manifestFile, verifyRelease, verifyUpdate, type Release } from '@anqu/app-package'
import { testPublisher, testTimeMs, type TestPublisher } from '@anqu/app-package/testing'
import { bytesToBase64 } from '@anqu/encoding'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { publish } from './publish.ts'

let publisher: TestPublisher
let folder: string
beforeAll(async () => {
  publisher = await testPublisher()
})
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'anqu-publisher-'))
  await put('app/index.html', 'page')
  await put('app/assets/index.js', 'script')
  await put('app/version.txt', '1.2.3\n')
  await put('loader/index.html', 'loader')
  await put('loader/sw.js', 'worker')
})
afterEach(() => rm(folder, { recursive: true }))

async function put(name: string, content: string): Promise<void> {
  const file = path.join(folder, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, content)
}

const run = (nowMs = testTimeMs, by = publisher): Promise<string> =>
  publish({
    appDir: path.join(folder, 'app'),
    loaderDir: path.join(folder, 'loader'),
    releaseDir: path.join(folder, 'release'),
    key: by.key,
    certificate: by.certificate,
    anchors: [by.root],
    nowMs,
  })

const published = (name: string) => readFile(path.join(folder, 'release/current', name), 'utf8')

async function release(): Promise<Release> {
  const message = await readFile(path.join(folder, 'release/current', manifestFile))
  const verdict = verifyRelease(message, {
    anchors: [publisher.root],
    atMs: testTimeMs,
    status: () => ({ status: 'good' }),
  })
  if (!verdict.ok) throw new Error(verdict.detail)
  return verdict.release
}

test('a release holds loader, package and manifest, and the service worker its root', async () => {
  expect(await run()).toBe('released 1.2.3 with 3 files')
  expect(await published('index.html')).toBe('loader')
  expect(await published('app/index.html')).toBe('page')
  expect(await published('sw.js')).toBe(`self.anquRoots = ["${bytesToBase64(publisher.root.raw)}"]\nworker`)
  const { manifest } = await release()
  expect(manifest.version).toBe('1.2.3')
  expect(manifest.files.map(({ path: name }) => name)).toEqual([
    'assets/index.js',
    'index.html',
    'version.txt',
  ])
})

test('what is published already stays as it is; a changed file, key or copy makes a newer release', async () => {
  await run()
  const first = await release()
  expect(await run(testTimeMs + 1)).toBe('the release is up to date')
  expect((await release()).id).toBe(first.id)

  await put('app/assets/index.js', 'script 2')
  expect(await run(testTimeMs + 2)).toMatch(/^released/)
  const second = await release()
  expect(second.manifest.releasedAtMs).toBe(testTimeMs + 2)

  await writeFile(path.join(folder, 'release/current/app/index.html'), 'altered')
  expect(await run(testTimeMs + 3)).toMatch(/^released/)
  expect(await published('app/index.html')).toBe('page')

  const successor = await testPublisher()
  expect(await run(testTimeMs + 4, successor)).toMatch(/^released/)
  expect(await readdir(path.join(folder, 'release'))).toHaveLength(2)
})

test('a release follows the one before in time, even when the clock was turned back', async () => {
  await run()
  const { manifest } = await release()
  await put('app/index.html', 'page 2')
  await run(testTimeMs - 1_000)
  const message = await readFile(path.join(folder, 'release/current', manifestFile))
  const trust = { anchors: [publisher.root], atMs: testTimeMs, status: () => ({ status: 'good' }) as const }
  expect(verifyUpdate(message, trust, manifest)).toMatchObject({ ok: true })
})

test('an app without a version and a loader without a service worker are not published', async () => {
  await rm(path.join(folder, 'app/version.txt'))
  await expect(run()).rejects.toThrow('no version')
  await put('app/version.txt', '1.2.3')
  await rm(path.join(folder, 'loader/sw.js'))
  await expect(run()).rejects.toThrow('no service worker')
  await expect(readdir(path.join(folder, 'release'))).rejects.toThrow('ENOENT')
})
