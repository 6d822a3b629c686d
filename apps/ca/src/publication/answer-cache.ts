import { Recent } from '../recent.ts'
import type { SignedAnswer } from './sign-answer.ts'

const keptAnswers = 50_000

/** Signed answers by serial. An answer is given for half its life, so that whoever gets it has the other half to use it. */
export class AnswerCache {
  readonly #answers = new Recent<SignedAnswer>(keptAnswers)
  readonly #making = new Map<string, Promise<SignedAnswer>>()
  #changes = 0

  get size(): number {
    return this.#answers.size
  }

  current(serial: string, nowMs: number): SignedAnswer | undefined {
    const answer = this.#answers.get(serial)
    return answer !== undefined && nowMs < (answer.fromMs + answer.untilMs) / 2 ? answer : undefined
  }

  /** One answer is made for everybody who asks meanwhile. */
  make(serial: string, sign: () => Promise<SignedAnswer>): Promise<SignedAnswer> {
    const running = this.#making.get(serial)
    if (running !== undefined) return running
    const made = this.#makeAndKeep(serial, sign).finally(() => this.#making.delete(serial))
    this.#making.set(serial, made)
    return made
  }

  async #makeAndKeep(serial: string, sign: () => Promise<SignedAnswer>): Promise<SignedAnswer> {
    const seen = this.#changes
    const answer = await sign()
    // Not kept: what was read while a state changed may be older than the change, and serials that were never issued are
    // without number.
    if (seen === this.#changes && answer.known) this.#answers.set(serial, answer)
    return answer
  }

  /** No answer made, or begun to be made, before is given to whoever asks from now on. */
  stateChanged(serial: string): void {
    this.#changes += 1
    this.#answers.delete(serial)
    this.#making.delete(serial)
  }
}
