/** One contender of a comparison: a name and the work of one operation. */
export interface Contender {
  readonly name: string
  readonly run: () => unknown
}

/** Median time of one operation in microseconds. */
export interface Timing {
  readonly name: string
  readonly micros: number
}

const rounds = 9
const roundMs = 40

function batchSize(run: () => unknown): number {
  for (let size = 1; ; size *= 2) {
    const start = performance.now()
    for (let i = 0; i < size; i++) run()
    if (performance.now() - start > roundMs / 4) return Math.max(1, size * 2)
  }
}

/**
 * Times the contenders in turns, so that what else the machine does falls on all alike, and takes each one's median of
 * nine rounds of about 40 ms.
 */
export function compare(contenders: readonly Contender[]): Timing[] {
  const entries = contenders.map(({ name, run }) => ({
    name,
    run,
    size: batchSize(run),
    times: [] as number[],
  }))
  for (let round = 0; round < rounds; round++) {
    for (const { run, size, times } of entries) {
      const start = performance.now()
      for (let i = 0; i < size; i++) run()
      times.push(((performance.now() - start) * 1000) / size)
    }
  }
  return entries.map(({ name, times }) => {
    const sorted = times.toSorted((a, b) => a - b)
    return { name, micros: sorted[Math.floor(rounds / 2)] ?? Number.NaN }
  })
}
