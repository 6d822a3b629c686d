import type { ClauseId } from '../clauses/clause-ids.ts'

/** One value of the policy, the clauses that ask for it, and why it is what it is. */
export type Setting<Value> = {
  readonly value: Value
  readonly clauses: readonly [ClauseId, ...ClauseId[]]
  readonly zh: string
  readonly en: string
}

export const setting = <Value>(
  value: Value,
  clauses: readonly [ClauseId, ...ClauseId[]],
  why: { readonly zh: string; readonly en: string },
): Setting<Value> => ({ value, clauses, ...why })

export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
/** Fen in one yuan. */
export const yuanFen = 100n
