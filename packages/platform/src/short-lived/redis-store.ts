import { Redis } from 'ioredis'
import { silentLog, type Log } from '../log.ts'
import { sequenceText, type ShortLivedStore } from './short-lived-store.ts'

// Both scripts run in one step on the server; the key is their only key, so a cluster can take them too.
const incrementScript = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n`
const advanceScript = `local old = redis.call('GET', KEYS[1])
if old and old >= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

interface Scripts {
  anquIncrement(key: string, ttlMs: number): Promise<number>
  anquAdvance(key: string, sequence: string, ttlMs: number): Promise<number>
}

/**
 * Short-lived state in Redis or Valkey, shared by several processes. Entries end by the server's clock. The server must
 * keep them (`maxmemory-policy noeviction`). A command fails within 5 s when the server does not answer.
 */
export function createRedisStore(options: { url: string; prefix?: string; log?: Log }): ShortLivedStore {
  const { url, prefix = 'anqu:', log = silentLog } = options
  const redis = new Redis(url, {
    keyPrefix: prefix,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 2,
    commandTimeout: 5_000,
    connectTimeout: 5_000,
    lazyConnect: true,
    scripts: {
      anquIncrement: { lua: incrementScript, numberOfKeys: 1 },
      anquAdvance: { lua: advanceScript, numberOfKeys: 1 },
    },
  }) as Redis & Scripts // ioredis adds a method for each script and cannot type it
  redis.on('error', (error: Error) => log.warn({ error }, 'the store of short-lived state does not answer'))
  return {
    get: async (key) => (await redis.get(key)) ?? undefined,
    set: async (key, value, ttlMs) => {
      await redis.set(key, value, 'PX', ttlMs)
    },
    setIfAbsent: async (key, value, ttlMs) => (await redis.set(key, value, 'PX', ttlMs, 'NX')) === 'OK',
    take: async (key) => (await redis.getdel(key)) ?? undefined,
    increment: (key, ttlMs) => redis.anquIncrement(key, ttlMs),
    advance: async (key, sequence, ttlMs) =>
      (await redis.anquAdvance(key, sequenceText(sequence), ttlMs)) === 1,
    remove: async (key) => {
      await redis.del(key)
    },
    close: async () => {
      await redis.quit()
    },
  }
}
