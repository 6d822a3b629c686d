import { concatBytes } from '@anqu/encoding'
import { securedConnection, SM4, type CardConnection, type KeySet } from '@anqu/secure-element'
import type { SecretStore } from './instance-key.ts'

const keyLength = 16

/**
 * The card of this client instance. Before it is provisioned the application cannot be reached; from then on everything after
 * each SELECT goes through a fresh secure channel under the keys that the TSM gave to this instance and no other
 * (B-7.4-3, B-7.5.10.2).
 */
export class ClientCard implements CardConnection {
  readonly #card: CardConnection
  readonly #store: SecretStore
  #secured: Promise<CardConnection | undefined> | undefined

  constructor(card: CardConnection, store: SecretStore) {
    this.#card = card
    this.#store = store
  }

  /** Whether this instance has channel keys of its own. */
  async isProvisioned(): Promise<boolean> {
    return (await this.#connection()) !== undefined
  }

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    return ((await this.#connection()) ?? this.#card).transmit(command)
  }

  async reset(): Promise<void> {
    await ((await this.#connection()) ?? this.#card).reset()
  }

  /** The card itself, for who relays what the TSM says. It takes the selection away from everybody else. */
  relay(command: Uint8Array): Promise<Uint8Array> {
    return this.#card.transmit(command)
  }

  /** New channel keys, kept before they are used. */
  async take({ version, keys }: KeySet): Promise<void> {
    const bytes = concatBytes(Uint8Array.of(version), keys.encryption, keys.mac, keys.data)
    await this.#store.save(bytes)
    bytes.fill(0)
    this.#secured = undefined
  }

  #connection(): Promise<CardConnection | undefined> {
    this.#secured ??= this.#open().catch((error: unknown) => {
      this.#secured = undefined
      throw error
    })
    return this.#secured
  }

  async #open(): Promise<CardConnection | undefined> {
    const bytes = await this.#store.load()
    if (bytes === undefined) return undefined
    return securedConnection(this.#card, parseKeys(bytes[0] ?? 0, bytes.subarray(1)))
  }
}

/** ENC ‖ MAC ‖ DEK. */
export function parseKeys(version: number, bytes: Uint8Array): KeySet {
  const part = (at: number): Uint8Array => bytes.slice(at * keyLength, (at + 1) * keyLength)
  return { version, cipher: SM4, keys: { encryption: part(0), mac: part(1), data: part(2) } }
}
