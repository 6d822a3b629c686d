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
