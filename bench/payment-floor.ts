import { availableParallelism } from 'node:os'
import {
  randomBytes,
  hmacSm3,
  Sm2PrivateKey,
  sm2Exchange,
  sm2Sign,
  sm2Verifier,
  sm2Verify,
  sm3,
} from '@anqu/gm-crypto'
import { sm4GcmOpen, sm4GcmSeal } from '@anqu/gm-crypto'
import { hash, verify } from '@node-rs/argon2'
import { sql } from '@anqu/platform'
import type { LiveSystem } from '@anqu/conformance/system'
import { compare } from './gm/measure.ts'

/** What one whole payment needs; all but the taps are counted during the run. */
export type Need = {
  /** Transactions that wrote. */
  readonly commits: number
  readonly auditRecords: number
  /** Requests with their answers. */
  readonly sealedExchanges: number
  readonly taps: number
}

type Work = { readonly name: string; readonly times: number; readonly micros: number }

const message = randomBytes(640)
const sealedBytes = 1024

/** The operations of one payment, both ends and all programs together, since all of them share this machine. */
async function works(need: Need): Promise<Work[]> {
  const [key, peer] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
  const signature = sm2Sign(key, message)
  const known = sm2Verifier(key.publicKey)
  const [sm4Key, nonce, content] = [randomBytes(16), randomBytes(12), randomBytes(sealedBytes)]
  const box = sm4GcmSeal(sm4Key, nonce, content)
  const tap = sm4GcmSeal(sm4Key, nonce, Uint8Array.of(7))
  const offer = Sm2PrivateKey.generate().publicKey
  const row = (
    name: string,
    times: number,
    run: () => unknown,
  ): { name: string; times: number; run: () => unknown } => ({
    name,
    times,
    run,
  })
  const rows = [
    // Order (secure element), question to the CA, its answer, question to the bank, its answer, receipt.
    row('SM2 sign', 6, () => sm2Sign(key, message)),
    // Question and answer of CA and bank, between parties that know each other's key.
    row('SM2 verify, known key', 4, () => known(message, signature)),
    // The customer's signature, at the CA.
    row('SM2 verify', 1, () => sm2Verify(key.publicKey, message, signature)),
    // The key of the secure keyboard, on both ends.
    row('SM2 key agreement', 2, () =>
      sm2Exchange({ role: 'initiator', self: key, peer: peer.publicKey }).agree(offer, 32),
    ),
    // Each message is sealed by one side and opened by the other, and so is its answer; keyboard state on the server.
    row(`SM4-GCM seal, ${sealedBytes} B`, 2 * need.sealedExchanges + 1, () =>
      sm4GcmSeal(sm4Key, nonce, content),
    ),
    row(`SM4-GCM open, ${sealedBytes} B`, 2 * need.sealedExchanges + 1, () => sm4GcmOpen(sm4Key, nonce, box)),
    row('SM4-GCM seal, one tap', need.taps, () => sm4GcmSeal(sm4Key, nonce, Uint8Array.of(7))),
    row('SM4-GCM open, one tap', need.taps, () => sm4GcmOpen(sm4Key, nonce, tap)),
    // One key for each message and tap, derived on both ends: two HMAC each.
    row('HMAC-SM3', 2 * (4 * need.sealedExchanges + 2 * need.taps), () => hmacSm3(sm4Key, nonce)),
    // The hash chain of the audit log.
    row('SM3, 640 B', need.auditRecords, () => sm3(message)),
  ]
  const timings = compare(rows)
  const micros = new Map(timings.map((timing) => [timing.name, timing.micros]))
  const counted = rows.map(({ name, times }) => ({ name, times, micros: micros.get(name) ?? Number.NaN }))
  return [...counted, { name: 'Argon2id, 19 MiB, 2 passes', times: 1, micros: await argonMicros() }]
}

async function argonMicros(): Promise<number> {
  const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
  const stored = await hash('a transaction password', options)
  const times: number[] = []
  for (let round = 0; round < 15; round += 1) {
    const start = performance.now()
    await verify(stored, 'a transaction password')
    times.push((performance.now() - start) * 1000)
  }
  return times.toSorted((a, b) => a - b)[7] ?? Number.NaN
}

/** Milliseconds of one payment's bare crypto when every core of the machine does nothing else. */
export async function cryptoFloor(need: Need): Promise<number> {
  const all = await works(need)
  console.log('  bare crypto of one payment')
  for (const { name, times, micros } of all)
    console.log(
      `    ${name.padEnd(28)}${times.toFixed(1).padStart(7)} × ${micros.toFixed(2).padStart(9)} µs = ${((times * micros) / 1000).toFixed(3).padStart(8)} ms`,
    )
  const cores = availableParallelism()
  const perPayment = all.reduce((sum, { times, micros }) => sum + (times * micros) / 1000, 0) / cores
  console.log(`    on ${cores} cores${perPayment.toFixed(3).padStart(52 - String(cores).length)} ms`)
  return perPayment
}

const databases = ['anqu_channel', 'anqu_ca', 'anqu_bank', 'anqu_sms', 'anqu_witness'] as const
const connectionsEach = 2
const commitsEach = 40
const blocks = 9

/** Milliseconds of one payment's bare commits: one row each, on ten connections at once, in the same database server. */
export async function commitFloor(system: LiveSystem, need: Need): Promise<number> {
  const { rows } = system.database
  for (const name of databases) await rows(name, sql`create table bench_commit (body text)`)
  const body = 'x'.repeat(400)
  const worker = async (name: string): Promise<void> => {
    for (let index = 0; index < commitsEach; index += 1)
      await rows(name, sql`insert into bench_commit (body) values (${body})`)
  }
  const times: number[] = []
  for (let block = 0; block < blocks; block += 1) {
    const startedAt = performance.now()
    const workers = databases.flatMap((name) => Array.from({ length: connectionsEach }, () => worker(name)))
    await Promise.all(workers)
    times.push((performance.now() - startedAt) / (workers.length * commitsEach))
  }
  const eachMs = times.toSorted((a, b) => a - b)[Math.floor(blocks / 2)] ?? Number.NaN
  const perPayment = eachMs * need.commits
  console.log(
    `  bare commits of one payment\n    one row, committed          ${need.commits.toFixed(1).padStart(7)} × ${(eachMs * 1000).toFixed(2).padStart(9)} µs = ${perPayment.toFixed(3).padStart(8)} ms   (${Math.round(1000 / eachMs)} commits a second)`,
  )
  return perPayment
}
