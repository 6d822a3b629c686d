import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import { type Engine, jsEngine, loadWasmEngine } from '@anqu/gm-crypto/engines'

// Does the time of an operation tell a fixed secret from random ones? Two classes of input are timed in random order, the slower
// half is cut off (interrupts, garbage collection, neighbours), and Welch's t of the means is printed; |t| above 4.5 is the
// usual sign of a leak (O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant time?", 2016). The inputs are
// prepared before the clock starts, so that only the operation differs.

const samples = 12_000

function cropped(times: readonly number[]): number[] {
  return times.toSorted((a, b) => a - b).slice(0, Math.floor(times.length * 0.5))
}

const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length

function welch(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [mean(left), mean(right)]
  const spread = (x: readonly number[], m: number) =>
    x.reduce((s, v) => s + (v - m) ** 2, 0) / (x.length - 1) / x.length
  return (a - b) / Math.sqrt(spread(left, a) + spread(right, b))
}

function measure(
  name: string,
  fixed: Uint8Array,
  random: () => Uint8Array,
  run: (secret: Uint8Array) => unknown,
): void {
  const times: [number[], number[]] = [[], []]
  const order = randomBytes(samples)
  const inputs = Array.from(order, (byte) => Uint8Array.from((byte & 1) === 0 ? fixed : random()))
  for (const input of inputs.slice(0, 500)) run(input)
  // Every secret is read from the same place, so that where an input lies in memory does not count.
  const secret = new Uint8Array(fixed.length)
  for (const [i, input] of inputs.entries()) {
    secret.set(input)
    const start = process.hrtime.bigint()
    run(secret)
    const nanos = Number(process.hrtime.bigint() - start)
    times[(order[i] ?? 0) & 1 ? 1 : 0].push(nanos)
  }
  const [left, right] = [cropped(times[0]), cropped(times[1])]
  const t = welch(left, right)
  const difference = `${(mean(left) - mean(right)).toFixed(1)} of ${mean(right).toFixed(0)} ns`
  const mark = Math.abs(t) > 4.5 ? '   look at this' : ''
  console.log(`  ${name.padEnd(46)} t = ${t.toFixed(2).padStart(7)}   ${difference.padStart(20)}${mark}`)
}

function measureEngine(engine: Engine): void {
  console.log(`\n${engine.name} engine, ${samples} samples each`)
  const scalar = () => Sm2PrivateKey.generate().exportBytes()
  const low = new Uint8Array(32)
  low[31] = 1
  const point = engine.multiplyBase(scalar())
  const [digest, random, key] = [randomBytes(32), randomBytes(32), scalar()]
  const inverse = engine.signingInverse(key)
  const block = new Uint8Array(16)
  measure('control: k·G, the same k in both classes', scalar(), scalar, () => engine.multiplyBase(key))
  measure('k·G, k = 1 against random k', low, scalar, (k) => engine.multiplyBase(k))
  measure('k·P, k = 1 against random k', low, scalar, (k) => engine.multiply(k, point))
  measure('sign, d = 1 against random d', low, scalar, (d) =>
    engine.sign({ digest, scalar: d, inverse, random }),
  )
  measure('(1 + d)⁻¹, d = 1 against random d', low, scalar, (d) => engine.signingInverse(d))
  measure('(1 + d)⁻¹, one random d against others', scalar(), scalar, (d) => engine.signingInverse(d))
  measure(
    'SM4 with the zero key against random keys',
    block,
    () => randomBytes(16),
    (k) => {
      engine.sm4Blocks(engine.sm4Schedule(k), block, new Uint8Array(16))
    },
  )
}

/** Prints t-values for both engines. */
export async function timingReport(): Promise<void> {
  console.log('\nDoes the time tell a fixed secret from random ones? |t| above 4.5 asks for a look')
  measureEngine(await loadWasmEngine())
  measureEngine(jsEngine)
}
