import type { OperationState } from '@anqu/contract'

const final: ReadonlySet<OperationState> = new Set<OperationState>([
  'done',
  'refused',
  'reversed',
  'prepared',
  'challenged',
])

/** Milliseconds until the outcome is asked for again; undefined when it is final. Grows, so that waiting costs little. */
export function pollDelayMs(state: OperationState | undefined, round: number): number | undefined {
  if (state !== undefined && final.has(state)) return undefined
  return Math.min(1000 * 1.4 ** Math.min(round, 12), 10_000)
}
