import { expect, test } from 'vitest'
import { pollDelayMs } from './poll-delay.ts'

test.each(['unknown', 'executing', 'authorised', 'held', undefined] as const)(
  'an outcome that is %s is asked for again, ever more rarely but at least every ten seconds',
  (state) => {
    const delays = Array.from({ length: 40 }, (_, round) => pollDelayMs(state, round) ?? 0)
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    expect(delays[0]).toBe(1000)
    expect(Math.max(...delays)).toBe(10_000)
  },
)

test.each(['done', 'refused', 'reversed'] as const)(
  'an operation that is %s is not asked for again',
  (state) => expect(pollDelayMs(state, 0)).toBeUndefined(),
)
