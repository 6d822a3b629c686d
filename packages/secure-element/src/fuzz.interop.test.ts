import { expect, test } from 'vitest'
import { fuzzCard } from './testing/fuzz-card.ts'

const SHARES = [1, 2, 3, 4]
const RUNS = 250_000

// Together a million; it runs with the other judges, because it takes a minute.
test.each(SHARES)(
  `${RUNS.toLocaleString('en')} random and damaged commands, share %i: a status word each, never 6F00, no change without right`,
  async (share) => {
    expect(await fuzzCard({ runs: RUNS, seed: share })).toEqual([])
  },
)
