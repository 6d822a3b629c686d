import { appendFileSync } from 'node:fs'
import { bytesToHex } from '../hex.ts'
import { mutate, seededNumbers } from './mutate.ts'

/** Far above what any input of this size needs, far below what would hurt a server. */
const SLOWEST_MS = 500
/** More than any parser may hold on to, whatever it is given. */
const MOST_BYTES = 256 * 1024 * 1024

interface Fuzzing {
  readonly parse: (bytes: Uint8Array) => unknown
  readonly samples: readonly Uint8Array[]
  readonly rounds: number
  /** The refusals that are a parser's answer; anything else that is thrown is a fault. */
  readonly expected: (error: unknown) => boolean
}

/** Mutated inputs for each parser in an ordinary run; ANQU_FUZZ_ROUNDS asks for more. */
export function fuzzRounds(): number {
  return Number(process.env['ANQU_FUZZ_ROUNDS'] ?? 4000)
}

function timeOf({ parse, expected }: Fuzzing, input: Uint8Array, place: string): number {
  const started = performance.now()
  try {
    parse(input)
  } catch (error) {
    if (!expected(error)) throw new Error(`${place}, input ${bytesToHex(input)}`, { cause: error })
  }
  return performance.now() - started
}

/**
 * Gives a parser changed samples, one after the other. Throws on anything but a value or an expected refusal, on an input that
 * takes too long, and when memory grows; the seed in the message repeats the run.
 */
export function fuzz(fuzzing: Fuzzing): void {
  const { samples, rounds } = fuzzing
  if (samples.length === 0) throw new Error('nothing to mutate')
  const seed = Math.trunc(performance.now() * 1000) >>> 0
  const random = seededNumbers(seed)
  const before = process.memoryUsage().heapUsed
  for (let round = 0; round < rounds; round++) {
    const input = mutate(samples[random(samples.length)] ?? new Uint8Array(0), random)
    const place = `seed ${seed}, round ${round}`
    // A machine that is busy stops any call for a while; an input that is slow by itself is slow again.
    const slow = timeOf(fuzzing, input, place) > SLOWEST_MS && timeOf(fuzzing, input, place) > SLOWEST_MS
    if (slow && timeOf(fuzzing, input, place) > SLOWEST_MS)
      throw new Error(`${place}: too slow, input ${bytesToHex(input)}`)
    if (round % 1000 === 0 && process.memoryUsage().heapUsed - before > MOST_BYTES)
      throw new Error(`${place}: memory grows`)
  }
  // Whoever asked for a long run counts them: one line for each parser.
  const file = process.env['ANQU_FUZZ_COUNTS']
  if (file !== undefined) appendFileSync(file, `${rounds}\n`)
}
