/** One contender: a name and the work of one operation. */
export interface Contender {
  readonly name: string
  readonly run: () => unknown
  /** Operations that one call of `run` does; 1 unless given. */
  readonly operations?: number
}

export interface Row {
  readonly name: string
  /** Median time of one operation. */
  readonly micros: number
}

const rounds = 41
const roundMs = 8

/** The first call is not timed: it finds what the row before left of caches and sleeping threads. */
async function timed(run: () => unknown, times: number): Promise<number> {
  await run()
  const startedAt = performance.now()
  for (let i = 0; i < times; i++) await run()
  return performance.now() - startedAt
}

/** The better of two tries: one that was interrupted would make all rounds of its row too short. */
async function batchSize(run: () => unknown): Promise<number> {
  for (let size = 1; ; size *= 2)
    if (Math.min(await timed(run, size), await timed(run, size)) > roundMs / 2) return size * 2
}

/**
 * Times the contenders in turns, so that what else the machine does falls on all alike, and takes each one's median of 41
 * short rounds: most of them are too short to be interrupted.
 */
export async function inTurns(contenders: readonly Contender[]): Promise<Row[]> {
  const entries: { contender: Contender; size: number; times: number[] }[] = []
  for (const contender of contenders)
    entries.push({ contender, size: await batchSize(contender.run), times: [] })
  for (let round = 0; round < rounds; round++) {
    // Another one begins each time: on a busy machine it matters who comes after whom.
    const first = round % entries.length
    for (const { contender, size, times } of [...entries.slice(first), ...entries.slice(0, first)])
      times.push(((await timed(contender.run, size)) * 1000) / size / (contender.operations ?? 1))
  }
  return entries.map(({ contender: { name }, times }) => {
    const sorted = times.toSorted((a, b) => a - b)
    return { name, micros: sorted[Math.floor(rounds / 2)] ?? Number.NaN }
  })
}

export function printRows(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`)
  const floor = rows[0]?.micros ?? Number.NaN
  for (const { name, micros } of rows)
    console.log(
      `  ${name.padEnd(52)}${micros.toFixed(1).padStart(9)} µs${(floor / micros).toFixed(2).padStart(7)} of the floor`,
    )
}

/** Prints whether `name` reaches `share` of the first row, the floor. */
export function judge(rows: readonly Row[], name: string, share: number): void {
  const row = rows.find((one) => one.name === name)
  const reached = (rows[0]?.micros ?? Number.NaN) / (row?.micros ?? Number.NaN)
  const verdict = reached >= share ? 'reached' : 'MISSED'
  console.log(`  → ${name}: ${(reached * 100).toFixed(0)} % (at least ${share * 100} %): ${verdict}`)
}
