import { SecretBytes, Sm2PrivateKey, sm3 } from '@anqu/gm-crypto'
import type { CardRandom } from '../../runtime/card-random.ts'

const FORM_LENGTH = 64
const HASH_LENGTH = 32

/**
 * Private keys used since power-up, kept in volatile memory under a mask that only the master key gives: so under the PIN,
 * as their files are, but without an SM4-GCM opening for every signature. The mask of each key is used for that key alone.
 */
export class QuickKeys {
  readonly #random: CardRandom
  readonly #masked = new Map<string, Uint8Array>()
  #secret: SecretBytes | undefined

  constructor(random: CardRandom) {
    this.#random = random
  }

  keep(id: string, masterKey: SecretBytes, signingForm: Uint8Array): void {
    this.#secret ??= SecretBytes.from(this.#random.bytes(HASH_LENGTH))
    const masked = this.#mask(id, masterKey, this.#secret)
    xorInto(masked, signingForm)
    this.#masked.set(id, masked)
  }

  open(id: string, masterKey: SecretBytes): Sm2PrivateKey | undefined {
    const masked = this.#masked.get(id)
    if (masked === undefined || this.#secret === undefined) return undefined
    const form = this.#mask(id, masterKey, this.#secret)
    xorInto(form, masked)
    try {
      return Sm2PrivateKey.fromSigningForm(form)
    } finally {
      form.fill(0)
    }
  }

  forget(): void {
    for (const masked of this.#masked.values()) masked.fill(0)
    this.#masked.clear()
    this.#secret?.wipe()
    this.#secret = undefined
  }

  /** SM3(secret ‖ master key ‖ id ‖ counter), as in the KDF of GB/T 32918.4 §5.4.3. */
  #mask(id: string, masterKey: SecretBytes, secret: SecretBytes): Uint8Array {
    const input = new Uint8Array(HASH_LENGTH + masterKey.length + id.length + 1)
    secret.use((bytes) => input.set(bytes))
    masterKey.use((bytes) => input.set(bytes, HASH_LENGTH))
    for (let at = 0; at < id.length; at++) input[HASH_LENGTH + masterKey.length + at] = id.charCodeAt(at)
    const mask = new Uint8Array(FORM_LENGTH)
    for (let part = 0; part < FORM_LENGTH / HASH_LENGTH; part++) {
      input[input.length - 1] = part + 1
      mask.set(sm3(input), part * HASH_LENGTH)
    }
    input.fill(0)
    return mask
  }
}

function xorInto(target: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) ^ (other[at] ?? 0)
}
