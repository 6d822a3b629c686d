import { SecretBytes, Sm2PrivateKey, sm3 } from '@anqu/gm-crypto'
import type { CardRandom } from '../../runtime/card-random.ts'

const FORM_LENGTH = 64
const HASH_LENGTH = 32

interface MaskedKey {
  /** Of this key alone, so that no mask is used twice. */
  readonly secret: SecretBytes
  readonly masked: Uint8Array
}

/**
 * Private keys used since power-up, kept in volatile memory under a mask that only the master key gives: so under the PIN,
 * as their files are, but without an SM4-GCM opening for every signature.
 */
export class QuickKeys {
  readonly #random: CardRandom
  readonly #keys = new Map<string, MaskedKey>()

  constructor(random: CardRandom) {
    this.#random = random
  }

  keep(id: string, masterKey: SecretBytes, signingForm: Uint8Array): void {
    const secret = SecretBytes.from(this.#random.bytes(HASH_LENGTH))
    const masked = mask(secret, masterKey)
    xorInto(masked, signingForm)
    this.#keys.set(id, { secret, masked })
  }

  open(id: string, masterKey: SecretBytes): Sm2PrivateKey | undefined {
    const key = this.#keys.get(id)
    if (key === undefined) return undefined
    const form = mask(key.secret, masterKey)
    xorInto(form, key.masked)
    try {
      return Sm2PrivateKey.fromSigningForm(form)
    } finally {
      form.fill(0)
    }
  }

  forget(): void {
    for (const { secret, masked } of this.#keys.values()) {
      secret.wipe()
      masked.fill(0)
    }
    this.#keys.clear()
  }
}

/** SM3(secret ‖ master key ‖ counter), as in the KDF of GB/T 32918.4 §5.4.3; the input fits one block. */
function mask(secret: SecretBytes, masterKey: SecretBytes): Uint8Array {
  const input = new Uint8Array(HASH_LENGTH + masterKey.length + 1)
  secret.use((bytes) => input.set(bytes))
  masterKey.use((bytes) => input.set(bytes, HASH_LENGTH))
  const result = new Uint8Array(FORM_LENGTH)
  for (let part = 0; part < FORM_LENGTH / HASH_LENGTH; part++) {
    input[input.length - 1] = part + 1
    result.set(sm3(input), part * HASH_LENGTH)
  }
  input.fill(0)
  return result
}

function xorInto(target: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) ^ (other[at] ?? 0)
}
