import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeClock } from '../clock.ts'
import { createMemoryStore, ShortLivedStoreFull } from './memory-store.ts'
import { createRedisStore } from './redis-store.ts'
import type { ShortLivedStore } from './short-lived-store.ts'

// A Redis of this machine is used when there is one; ANQU_TEST_REDIS_URL names another.
const redisProgram = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find((file) => existsSync(file))
const givenRedis = process.env['ANQU_TEST_REDIS_URL']

function shared(make: () => ShortLivedStore): void {
  let store: ShortLivedStore
  beforeAll(() => {
    store = make()
  })
  afterAll(() => store.close())

  it('accepts a nonce once, also when many ask at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => store.setIfAbsent('nonce', 'x', 60_000)),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
  })

  it('gives a value to one taker only', async () => {
    await store.set('challenge', '4711', 60_000)
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.take('challenge')))
    expect(answers.filter((answer) => answer === '4711')).toHaveLength(1)
    expect(await store.get('challenge')).toBeUndefined()
  })

  it('counts every call', async () => {
    await Promise.all(Array.from({ length: 50 }, () => store.increment('count', 60_000)))
    expect(await store.increment('count', 60_000)).toBe(51)
  })

  it('lets a sequence only grow, exactly up to 2^64 - 1', async () => {
    expect(await store.advance('seq', 9007199254740993n, 60_000)).toBe(true)
    expect(await store.advance('seq', 9007199254740992n, 60_000)).toBe(false)
    expect(await store.advance('seq', 9007199254740993n, 60_000)).toBe(false)
    expect(await store.advance('seq', 9007199254740994n, 60_000)).toBe(true)
    expect(await store.advance('seq', 18446744073709551615n, 60_000)).toBe(true)
    await expect(store.advance('seq', 1n << 64n, 60_000)).rejects.toThrow(RangeError)
    const same = await Promise.all(Array.from({ length: 20 }, () => store.advance('other', 1n, 60_000)))
    expect(same.filter(Boolean)).toHaveLength(1)
  })

  it('forgets what was removed', async () => {
    await store.set('gone', 'x', 60_000)
    await store.remove('gone')
    expect(await store.get('gone')).toBeUndefined()
  })
}

describe('memory store', () => {
  shared(() => createMemoryStore({ clock: new FakeClock() }))

  it('ends entries by the clock, and a counter keeps the end of its first count', async () => {
    const clock = new FakeClock()
    const store = createMemoryStore({ clock })
    await store.set('a', '1', 1_000)
    await store.increment('n', 1_000)
    clock.advance(999)
    expect(await store.get('a')).toBe('1')
    expect(await store.increment('n', 1_000)).toBe(2)
    clock.advance(1)
    expect(await store.get('a')).toBeUndefined()
    expect(await store.setIfAbsent('a', '2', 1_000)).toBe(true)
    expect(await store.increment('n', 1_000)).toBe(1)
  })

  it('refuses new entries when full rather than forget a counter, and has room again when entries ended', async () => {
    const clock = new FakeClock()
    const store = createMemoryStore({ clock, limit: 3 })
    for (const key of ['a', 'b', 'c']) await store.set(key, '1', 1_000)
    await expect(store.set('d', '1', 1_000)).rejects.toThrow(ShortLivedStoreFull)
    await store.set('a', '2', 1_000)
    clock.advance(1_001)
    await store.set('d', '1', 1_000)
    expect(await store.get('d')).toBe('1')
  })
})

describe.skipIf(redisProgram === undefined && givenRedis === undefined)('redis store', () => {
  let server: ChildProcess | undefined
  let folder: string | undefined
  let url = givenRedis ?? ''
  beforeAll(async () => {
    if (givenRedis !== undefined || redisProgram === undefined) return
    folder = mkdtempSync(path.join(tmpdir(), 'redis-'))
    const socket = path.join(folder, 's')
    server = spawn(redisProgram, ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', ''])
    await new Promise<void>((resolve, reject) => {
      server?.stdout?.on('data', (text: Buffer) => {
        if (text.includes('ready to accept connections')) resolve()
      })
      server?.once('error', reject)
    })
    url = `redis+unix://${socket}`
  })
  afterAll(() => {
    server?.kill()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })
  const prefix = `test-${process.hrtime.bigint()}:`
  shared(() => createRedisStore({ url: url.replace('redis+unix://', ''), prefix }))

  it('ends entries by itself', async () => {
    const store = createRedisStore({ url: url.replace('redis+unix://', ''), prefix })
    await store.set('short', '1', 1)
    await expect.poll(() => store.get('short')).toBeUndefined()
    await store.close()
  })
})
