import type { StepOutcome } from './index.ts'

/** What the scripted bank does at one call. `crash`: our process dies while it waits; the bank has committed or not. */
export type Move =
  | 'answer'
  | 'refuse'
  | 'silent-after-commit'
  | 'silent-before-commit'
  | 'crash-after-commit'
  | 'crash-before-commit'
  | 'dispute-after-commit'

export class Crash extends Error {}

/** A bank that keeps its own books by key and fails as it is told. */
export class ScriptedBank {
  readonly debits = new Map<string, 'taken' | 'barred' | 'returned' | 'refused'>()
  script: Move[] = []

  #act(key: string, commit: () => StepOutcome): StepOutcome {
    const move = this.script.shift() ?? 'answer'
    if (move === 'refuse' && !this.debits.has(key)) {
      this.debits.set(key, 'refused')
      return { kind: 'refused', code: 'payment.declined' }
    }
    if (move.endsWith('before-commit')) return this.#fail(move)
    const outcome = commit()
    return move.endsWith('after-commit') ? this.#fail(move) : outcome
  }

  #fail(move: Move): StepOutcome {
    if (move.startsWith('crash')) throw new Crash()
    if (move.startsWith('dispute')) return { kind: 'disputed', why: 'another amount' }
    return { kind: 'unknown', why: move }
  }

  #answer(key: string): StepOutcome {
    return this.debits.get(key) === 'taken'
      ? { kind: 'done', result: 'ref' }
      : { kind: 'refused', code: 'payment.declined' }
  }

  debit(key: string): StepOutcome {
    return this.#act(key, () => {
      if (!this.debits.has(key)) this.debits.set(key, 'taken')
      return this.#answer(key)
    })
  }

  query(key: string): StepOutcome | { kind: 'not-found' } {
    if (!this.debits.has(key)) return { kind: 'not-found' }
    return this.#act(key, () => this.#answer(key))
  }

  cancel(key: string): StepOutcome {
    return this.#act(key, () => {
      const state = this.debits.get(key)
      if (state === 'taken') this.debits.set(key, 'returned')
      if (state === undefined) this.debits.set(key, 'barred')
      return { kind: 'done', result: null }
    })
  }
}
