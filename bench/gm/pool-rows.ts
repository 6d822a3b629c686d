import { performance } from 'node:perf_hooks'
import { initGmCrypto, sm2Exchange, Sm2PrivateKey, sm2Sign, sm2Verify } from '@anqu/gm-crypto'
import { createGmPool } from '@anqu/gm-crypto/pool'

// What a server gains by workers: how long its own thread is busy for each operation, and how many it gets done. A thread
// that is busy answers nobody.

const operations = 3000
const rounds = 5
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

type Work = () => unknown
type Timed = { readonly perSecond: number; readonly busyMicros: number }

async function time(work: Work, atOnce: number): Promise<Timed> {
  let left = operations
  const before = performance.eventLoopUtilization()
  const startedAt = performance.now()
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const tookMs = performance.now() - startedAt
  const { active } = performance.eventLoopUtilization(before)
  return { perSecond: (operations / tookMs) * 1000, busyMicros: (active * 1000) / operations }
}

/** Prints a table: each operation in this thread, then in one and two workers, one at a time and 64 at once. */
export async function poolTable(): Promise<void> {
  await initGmCrypto()
  const [key, ephemeral] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
  const peer = Sm2PrivateKey.generate().publicKey
  const message = new Uint8Array(200).fill(5)
  const claim = { publicKey: key.publicKey, message, signature: sm2Sign(key, message) }
  const agreement = { role: 'responder', peer, peerEphemeral: peer, ephemeral, keyLength: 48 } as const
  const pools = [createGmPool({ workers: 1 }), createGmPool({ workers: 2 })]
  const rows: { name: string; here: Work; pooled: Work[] }[] = [
    {
      name: 'sign',
      here: () => sm2Sign(key, message),
      pooled: pools.map((pool) => {
        const pooled = pool.useKey(key)
        return () => pooled.sign(message)
      }),
    },
    {
      name: 'verify',
      here: () => sm2Verify(key.publicKey, message, claim.signature),
      pooled: pools.map((pool) => () => pool.verify(claim)),
    },
    {
      name: 'key agreement',
      here: () => sm2Exchange({ ...agreement, self: key }).agree(peer, 48),
      pooled: pools.map((pool) => {
        const pooled = pool.useKey(key)
        return () => pooled.agree(agreement)
      }),
    },
  ]
  console.log('\nWorker pool: operations a second, and microseconds the calling thread is busy for each')
  for (const { name, here, pooled } of rows) {
    const ways: [string, Work, number][] = [['in this thread', here, 1]]
    for (const [index, work] of pooled.entries())
      for (const atOnce of [1, 64])
        ways.push([`${index + 1} worker${index === 0 ? '' : 's'}, ${atOnce} at once`, work, atOnce])
    const times = new Map<string, Timed[]>()
    for (let round = 0; round < rounds; round++)
      for (const [way, work, atOnce] of ways)
        times.set(way, [...(times.get(way) ?? []), await time(work, atOnce)])
    console.log(`  SM2 ${name}`)
    for (const [way, list] of times) {
      const perSecond = Math.round(median(list.map((timed) => timed.perSecond))).toLocaleString('en')
      const busy = median(list.map((timed) => timed.busyMicros)).toFixed(1)
      console.log(`    ${way.padEnd(24)}${perSecond.padStart(10)} /s${busy.padStart(10)} µs`)
    }
  }
  await Promise.all(pools.map((pool) => pool.close()))
}
