import type { SecretBytes } from '@anqu/gm-crypto'
import { requireStatus, StatusWord } from '../../apdu/status-word.ts'

/**
 * The right that a verified PIN gives: the container master key, in volatile memory only. Without it no private key on
 * the card can be opened, so access control does not rest on a flag alone.
 */
export class AccessState {
  #masterKey: SecretBytes | undefined

  get granted(): boolean {
    return this.#masterKey !== undefined
  }

  grant(masterKey: SecretBytes): void {
    this.reset()
    this.#masterKey = masterKey
  }

  /** @throws StatusError 6982 when the PIN has not been verified since the last reset. */
  masterKey(): SecretBytes {
    requireStatus(this.#masterKey !== undefined, StatusWord.securityNotSatisfied)
    return this.#masterKey
  }

  reset(): void {
    this.#masterKey?.wipe()
    this.#masterKey = undefined
  }
}

/** The rights of each logical channel by itself: a PIN verified on one opens nothing on another. */
export class AccessStates {
  readonly #states = new Map<number, AccessState>()

  of(channel: number): AccessState {
    const state = this.#states.get(channel) ?? new AccessState()
    this.#states.set(channel, state)
    return state
  }

  reset(channel: number): void {
    this.#states.get(channel)?.reset()
    this.#states.delete(channel)
  }

  resetAll(): void {
    for (const state of this.#states.values()) state.reset()
    this.#states.clear()
  }
}
