import 'fake-indexeddb/auto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8ToBytes } from '@anqu/encoding'
import { afterEach, describe, expect, test } from 'vitest'
import { NonVolatileMemory, type Change } from '../runtime/non-volatile-memory.ts'
import type { CardStorage } from './card-storage.ts'
import { fileCardStorage } from './file-card-storage.ts'
import { indexedDbCardStorage } from './indexed-db-card-storage.ts'
import { MemoryCard } from './memory-card-storage.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'anqu-card-'))
  folders.push(path)
  return join(path, 'card')
}

let databases = 0
/** Each gives a new medium and, on it, any number of holders. */
const MEDIA: [string, () => Promise<() => CardStorage>][] = [
  [
    'memory',
    async () => {
      const card = new MemoryCard()
      return () => card.holder()
    },
  ],
  [
    'file',
    async () => {
      const path = await folder()
      return () => fileCardStorage(path)
    },
  ],
  [
    'IndexedDB',
    async () => {
      const name = `card-${databases++}`
      return () => indexedDbCardStorage(name)
    },
  ],
]
const CHANGE: Change = { kind: 'put', path: 'a', file: { type: 0x01, bytes: utf8ToBytes('stored') } }

describe.each(MEDIA)('%s storage', (_, medium) => {
  test('what was committed is there for the next holder', async () => {
    const holder = await medium()
    await (await NonVolatileMemory.open(holder())).commit([CHANGE])
    expect((await NonVolatileMemory.open(holder())).get('a')?.bytes).toEqual(utf8ToBytes('stored'))
  })

  test('the newest holder writes, an older one is told that it was released', async () => {
    const holder = await medium()
    const [first, second] = [holder(), holder()]
    await first.claim()
    await second.claim()
    await expect(first.write(0, Uint8Array.of(1))).rejects.toMatchObject({ code: 'released' })
    await second.write(0, Uint8Array.of(2))
    expect(await first.read(0)).toEqual(Uint8Array.of(2))
  })

  test('what is sealed on one device opens there, unaltered, and on no other device', async () => {
    const [here, there] = [await medium(), await medium()]
    const aad = utf8ToBytes('header')
    await here().claim()
    await there().claim()
    const sealed = await here().seal(utf8ToBytes('secret'), aad)
    expect(await here().open(sealed, aad)).toEqual(utf8ToBytes('secret'))
    expect(await there().open(sealed, aad)).toBeUndefined()
    expect(await here().open(sealed, utf8ToBytes('Header'))).toBeUndefined()
    expect(await here().open(sealed.slice(1), aad)).toBeUndefined()
    expect(await here().open(new Uint8Array(3), aad)).toBeUndefined()
    expect(await here().seal(utf8ToBytes('secret'), aad)).not.toEqual(sealed)
  })

  test('destroying leaves a blank medium with another device key', async () => {
    const holder = await medium()
    const storage = holder()
    await storage.claim()
    const sealed = await storage.seal(utf8ToBytes('secret'), new Uint8Array(0))
    await storage.write(1, sealed)
    await storage.destroy()
    expect(await storage.read(1)).toBeUndefined()
    expect(await holder().open(sealed, new Uint8Array(0))).toBeUndefined()
  })
})

test('the device key file is for its owner only, and one that others may read is refused', async () => {
  const path = await folder()
  await NonVolatileMemory.open(fileCardStorage(path))
  const key = join(path, 'device.key')
  expect((await stat(key)).mode & 0o777).toBe(0o600)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  await chmod(key, 0o640)
  await expect(NonVolatileMemory.open(fileCardStorage(path))).rejects.toMatchObject({
    code: 'key-file-exposed',
  })
})

test('a damaged key file is refused and not replaced', async () => {
  const path = await folder()
  await NonVolatileMemory.open(fileCardStorage(path))
  await writeFile(join(path, 'device.key'), 'short')
  await expect(NonVolatileMemory.open(fileCardStorage(path))).rejects.toMatchObject({ code: 'damaged' })
  expect(await readFile(join(path, 'device.key'), 'utf8')).toBe('short')
})

test('the browser keeps the device key as one it refuses to export', async () => {
  const storage = indexedDbCardStorage('not-extractable')
  await storage.claim()
  await storage.seal(Uint8Array.of(1), new Uint8Array(0))
  const key = await new Promise<CryptoKey>((resolve, reject) => {
    const open = indexedDB.open('not-extractable', 1)
    open.addEventListener('error', () => reject(open.error))
    open.addEventListener('success', () => {
      const request = open.result.transaction('card').objectStore('card').get('device-key')
      request.addEventListener('success', () => resolve(request.result))
    })
  })
  expect(key).toMatchObject({ extractable: false, algorithm: { name: 'AES-GCM', length: 256 } })
  await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow()
})
