import { expect, test } from 'vitest'
import { fuzzCard } from './testing/fuzz-card.ts'

const RUNS = 40_000
const SEED = 20_261_121

test(`${RUNS} random and damaged commands: a status word each, never 6F00, no answer without bound, no change without right`, async () => {
  expect(await fuzzCard({ runs: RUNS, seed: SEED })).toEqual([])
}, 120_000)
