/** One test of GM/T 0005 over a bit sequence; `statistic` is what its bound is about. */
export interface RandomnessVerdict {
  readonly name: string
  readonly statistic: number
  readonly passed: boolean
}

/** Two-sided bound of a normal statistic, and of a χ² with 15 degrees of freedom: false alarm below 10⁻⁵. */
const normalBound = 4.5
const chiSquareBound = 55
const shift = 8

/** Monobit, poker with m = 4, total number of runs, and autocorrelation with d = 8 (GM/T 0005 §5.1, 5.3, 5.5, 5.8). */
export function judgeRandomness(bytes: Uint8Array): RandomnessVerdict[] {
  const bits = Uint8Array.from(
    { length: bytes.length * 8 },
    (_, at) => ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1,
  )
  const n = bits.length
  const ones = bits.reduce((sum, bit) => sum + bit, 0)
  const share = ones / n
  let runs = 1
  let differing = 0
  for (let at = 1; at < n; at += 1) if (bits[at] !== bits[at - 1]) runs += 1
  for (let at = shift; at < n; at += 1) if (bits[at] !== bits[at - shift]) differing += 1
  const expectedRuns = 2 * n * share * (1 - share)
  const length = n - shift
  return [
    normal('单比特频数', (2 * ones - n) / Math.sqrt(n)),
    { name: '扑克（m=4）', ...poker(bytes) },
    normal('游程总数', (runs - expectedRuns) / (2 * Math.sqrt(n) * share * (1 - share))),
    normal('自相关（d=8）', (2 * differing - length) / Math.sqrt(length)),
  ]
}

function normal(name: string, statistic: number): RandomnessVerdict {
  return { name, statistic, passed: Math.abs(statistic) < normalBound }
}

function poker(bytes: Uint8Array): { statistic: number; passed: boolean } {
  const counts = Array.from({ length: 16 }, () => 0)
  for (const byte of bytes) {
    counts[byte >> 4] = (counts[byte >> 4] ?? 0) + 1
    counts[byte & 15] = (counts[byte & 15] ?? 0) + 1
  }
  const blocks = bytes.length * 2
  const statistic = (16 / blocks) * counts.reduce((sum, count) => sum + count * count, 0) - blocks
  return { statistic, passed: statistic < chiSquareBound }
}
