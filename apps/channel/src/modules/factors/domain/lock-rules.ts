/** Failures of one subject with one factor in one place. Times in epoch ms. */
export type FailureCounter = {
  readonly consecutive: number
  /** How often a timed lock was set since the last success; each one is longer than the one before. */
  readonly lockLevel: number
  readonly dayStartedAtMs: number
  readonly dayCount: number
  readonly cumulative: number
  readonly lockedUntilMs: number
}

export type LockRules = {
  readonly consecutiveCap: number
  readonly dayCap: number
  readonly cumulativeCap: number
  readonly firstLockMs: number
  readonly lockFactor: number
  readonly longestLockMs: number
}

const dayMs = 86_400_000

export const noFailures = (nowMs: number): FailureCounter => ({
  consecutive: 0,
  lockLevel: 0,
  dayStartedAtMs: nowMs,
  dayCount: 0,
  cumulative: 0,
  lockedUntilMs: 0,
})

export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'locked'; readonly untilMs: number }
  | { readonly kind: 'blocked' }

/** Whether another attempt is allowed now. Only an operator opens a blocked gate (A-6.8-3, A-6.8-4). */
export function gateOf(counter: FailureCounter, rules: LockRules, nowMs: number): Gate {
  if (counter.cumulative >= rules.cumulativeCap) return { kind: 'blocked' }
  if (counter.lockedUntilMs > nowMs) return { kind: 'locked', untilMs: counter.lockedUntilMs }
  return { kind: 'open' }
}

/**
 * Counts an attempt as failed before it is checked, so that parallel guesses and a crash count too; `afterSuccess` takes
 * it back. The third failure in a row sets a timed lock that grows, the fifth of a day locks for the rest of that day.
 */
export function afterAttempt(counter: FailureCounter, rules: LockRules, nowMs: number): FailureCounter {
  const newDay = nowMs - counter.dayStartedAtMs >= dayMs
  const dayStartedAtMs = newDay ? nowMs : counter.dayStartedAtMs
  const dayCount = (newDay ? 0 : counter.dayCount) + 1
  const consecutive = counter.consecutive + 1
  const runLock = consecutive % rules.consecutiveCap === 0
  const lockLevel = counter.lockLevel + (runLock ? 1 : 0)
  const runLockMs = Math.min(rules.firstLockMs * rules.lockFactor ** (lockLevel - 1), rules.longestLockMs)
  const untilMs = Math.max(
    runLock ? nowMs + runLockMs : 0,
    dayCount >= rules.dayCap ? dayStartedAtMs + dayMs : 0,
    counter.lockedUntilMs,
  )
  return {
    consecutive,
    lockLevel,
    dayStartedAtMs,
    dayCount,
    cumulative: counter.cumulative + 1,
    lockedUntilMs: untilMs,
  }
}

/** Takes the attempt that turned out right back and ends the run; the failures of the day and in all remain. */
export function afterSuccess(counter: FailureCounter): FailureCounter {
  return {
    consecutive: 0,
    lockLevel: 0,
    dayStartedAtMs: counter.dayStartedAtMs,
    dayCount: Math.max(0, counter.dayCount - 1),
    cumulative: Math.max(0, counter.cumulative - 1),
    lockedUntilMs: 0,
  }
}
