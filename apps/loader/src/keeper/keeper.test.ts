import { manifestFile, type Trust } from '@anqu/app-package'
import { testFiles, testPublisher, testTimeMs, type TestPublisher } from '@anqu/app-package/testing'
import { utf8ToBytes } from '@anqu/encoding'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Keeper } from './keeper.ts'
import type { Installed, PackageStore } from './package-store.ts'

/** What lies on a device, open to everybody who shares the origin. */
class Device implements PackageStore {
  state: Installed | undefined
  readonly packages = new Map<string, Map<string, Uint8Array>>()

  installed = async () => this.state
  install = async (installed: Installed) => void (this.state = installed)
  read = async (id: string, path: string) => this.packages.get(id)?.get(path)
  write = async (id: string, files: ReadonlyMap<string, Uint8Array>) =>
    void this.packages.set(id, new Map(files))
  keepOnly = async (ids: readonly string[]) => {
    for (const id of this.packages.keys()) if (!ids.includes(id)) this.packages.delete(id)
  }

  get current(): Map<string, Uint8Array> {
    return this.packages.get(this.state?.id ?? '') ?? new Map()
  }
}

let publisher: TestPublisher
let stranger: TestPublisher
beforeAll(async () => {
  publisher = await testPublisher()
  stranger = await testPublisher()
})

let device: Device
let offered: Map<string, Uint8Array>
let asked: string[]
let status: 'good' | 'revoked' | 'unknown'
let keeper: Keeper
beforeEach(async () => {
  device = new Device()
  status = 'good'
  await offer(await publisher.release())
  keeper = newKeeper()
})

const newKeeper = (): Keeper =>
  new Keeper({
    store: device,
    download: async (path) => {
      asked.push(path)
      return offered.get(path)
    },
    refreshStatus: async () => undefined,
    trust: (kind, atMs): Trust => ({
      anchors: [publisher.root],
      atMs,
      status: () => {
        if (status === 'revoked') return { status, revokedAtMs: testTimeMs, reason: 'keyCompromise' }
        return status === 'unknown' && kind === 'offered'
          ? { status, detail: 'no answer' }
          : { status: 'good' }
      },
    }),
    nowMs: () => testTimeMs,
  })

async function offer(message: Uint8Array, files: ReadonlyMap<string, Uint8Array> = testFiles): Promise<void> {
  asked = []
  offered = new Map([...files].map(([path, content]) => [`app/${path}`, content]))
  offered.set(manifestFile, message)
}

const changed = (content: Uint8Array | undefined): Uint8Array => {
  const copy = (content ?? new Uint8Array(1)).slice()
  copy[3] = (copy[3] ?? 0) ^ 1
  return copy
}
const page = async () => new TextDecoder().decode(await keeper.file('index.html'))

/** A package one version on, with another page. */
const newFiles = new Map([...testFiles, ['index.html', utf8ToBytes('<title>new</title>')]])
const update = (by = publisher) =>
  by.release({ version: '1.1.0', releasedAtMs: testTimeMs + 1, files: newFiles })

describe('an installation (B-7.4-1, A-5.6-3)', () => {
  test('puts a whole package in, or nothing', async () => {
    expect(await keeper.start()).toEqual({ state: 'none' })
    expect(await keeper.install()).toMatchObject({ state: 'ready', version: '1.0.0' })
    expect(await page()).toContain('app')
    expect(await keeper.file('version.txt')).toBeUndefined()
  })

  test.each([
    ['unsigned', async () => utf8ToBytes('{"files":[]}')],
    ['foreign', () => stranger.release()],
    ['unsigned', async () => changed(await publisher.release())],
  ] as const)('of a package that is %s is refused before any file is fetched', async (why, message) => {
    await offer(await message())
    expect(await keeper.install()).toEqual({ state: 'refused', at: 'install', why })
    expect(asked).toEqual([manifestFile])
    expect(device.state).toBeUndefined()
  })

  test('with a changed file is refused, and nothing of it is stored', async () => {
    offered.set('app/assets/index-1.js', changed(offered.get('app/assets/index-1.js')))
    expect(await keeper.install()).toEqual({ state: 'refused', at: 'install', why: 'altered' })
    expect(device.packages.size).toBe(0)
  })

  test('waits until the CA vouches for the publisher', async () => {
    status = 'unknown'
    expect(await keeper.install()).toMatchObject({ state: 'refused', why: 'revoked' })
    status = 'good'
    expect(await keeper.install()).toMatchObject({ state: 'ready' })
  })

  test('without a server says so', async () => {
    offered.clear()
    expect(await keeper.install()).toMatchObject({ state: 'refused', why: 'unreachable' })
  })
})

describe('a start (B-7.5.3-1)', () => {
  beforeEach(() => keeper.install())

  test('goes on without a server and without word of the CA', async () => {
    offered.clear()
    status = 'unknown'
    expect(await keeper.start()).toMatchObject({ state: 'ready', refusedUpdate: 'unreachable' })
  })

  test.each(['index.html', 'assets/index-1.js', manifestFile])(
    'is refused after %s was changed',
    async (path) => {
      device.current.set(path, changed(device.current.get(path)))
      const refused = { state: 'refused', at: 'start', why: 'altered' }
      expect(await keeper.start()).toEqual(refused)
      expect(await newKeeper().start()).toEqual(refused)
      if (path !== 'assets/index-1.js') expect(await keeper.file('index.html')).toBeUndefined()
      expect(await keeper.install()).toMatchObject({ state: 'ready' })
    },
  )

  test('is refused when a stranger’s package was put in the place of ours', async () => {
    const own = device.state
    const theirs = new Device()
    await offer(await stranger.release())
    const strangers = new Keeper({
      store: theirs,
      download: async (path) => offered.get(path),
      refreshStatus: async () => undefined,
      trust: (_kind, atMs) => ({ anchors: [stranger.root], atMs, status: () => ({ status: 'good' }) }),
      nowMs: () => testTimeMs,
    })
    expect(await strangers.install()).toMatchObject({ state: 'ready' })
    device.state = theirs.state
    for (const [id, files] of theirs.packages) device.packages.set(id, files)
    expect(device.state).not.toEqual(own)
    expect(await keeper.start()).toMatchObject({ state: 'refused', why: 'foreign' })
  })

  test('is refused once the publisher’s certificate is revoked', async () => {
    status = 'revoked'
    expect(await keeper.start()).toMatchObject({ state: 'refused', why: 'revoked' })
  })

  test('is followed by checks that notice what changed since (B-7.5.3-2)', async () => {
    expect(await keeper.check()).toMatchObject({ state: 'ready' })
    device.current.set('assets/index-1.js', utf8ToBytes('export const app = 2'))
    expect(await keeper.check()).toMatchObject({ state: 'refused', why: 'altered' })
  })
})

describe('an update (B-7.4-1)', () => {
  beforeEach(() => keeper.install())

  test('is taken at the next start, and pages of the old one still find their files', async () => {
    const files = new Map([...newFiles].filter(([path]) => path !== 'assets/index-1.js'))
    await offer(await publisher.release({ version: '1.1.0', releasedAtMs: testTimeMs + 1, files }), files)
    expect(await keeper.start()).toMatchObject({ state: 'ready', version: '1.1.0' })
    expect(await page()).toContain('new')
    expect(await keeper.file('assets/index-1.js')).toBeDefined()
    expect(device.packages.size).toBe(2)
  })

  test.each([
    ['unsigned', async () => utf8ToBytes('{}')],
    ['foreign', () => update(stranger)],
    ['older', () => publisher.release({ releasedAtMs: testTimeMs - 1, files: newFiles })],
    ['altered', async () => update()],
  ] as const)('that is %s is refused and the old app goes on', async (why, message) => {
    await offer(await message(), why === 'altered' ? testFiles : newFiles)
    expect(await keeper.start()).toMatchObject({ state: 'ready', version: '1.0.0', refusedUpdate: why })
    expect(await page()).toContain('app')
    expect(asked.filter((path) => path !== manifestFile)).toEqual(why === 'altered' ? asked.slice(1) : [])
  })

  test('cannot be turned back by asking for an installation', async () => {
    await offer(await update(), newFiles)
    await keeper.start()
    await offer(await publisher.release({ releasedAtMs: testTimeMs }))
    expect(await keeper.install()).toEqual({ state: 'refused', at: 'install', why: 'older' })
    expect(await keeper.check()).toMatchObject({ state: 'ready', version: '1.1.0' })
  })

  test('that broke off leaves the old app', async () => {
    await offer(await update(), newFiles)
    offered.delete('app/assets/index-1.js')
    expect(await keeper.start()).toMatchObject({
      state: 'ready',
      version: '1.0.0',
      refusedUpdate: 'unreachable',
    })
  })
})
