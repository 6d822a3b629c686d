import { concatBytes } from '@anqu/encoding'
import { GmCryptoError, randomBytes, SecretBytes, sm4GcmOpen, sm4GcmSeal } from '@anqu/gm-crypto'

const NONCE_LENGTH = 12
/** Length in bytes of a device key held by this process. */
export const DEVICE_KEY_LENGTH = 16

/** An SM4 device key in this process's memory, for storages that have no platform key store. */
export class Sm4DeviceKey {
  readonly #key: SecretBytes

  /** Copies `key` (16 bytes). */
  constructor(key: Uint8Array) {
    if (key.length !== DEVICE_KEY_LENGTH) throw new RangeError('a device key has 16 bytes')
    this.#key = SecretBytes.from(key)
  }

  /** nonce ‖ ciphertext ‖ tag, SM4-GCM with a fresh random nonce. */
  seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
    const nonce = randomBytes(NONCE_LENGTH)
    return concatBytes(nonce, sm4GcmSeal(this.#key, nonce, plaintext, aad))
  }

  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
    if (sealed.length < NONCE_LENGTH) return undefined
    try {
      return sm4GcmOpen(this.#key, sealed.subarray(0, NONCE_LENGTH), sealed.subarray(NONCE_LENGTH), aad)
    } catch (error) {
      if (error instanceof GmCryptoError) return undefined
      throw error
    }
  }

  wipe(): void {
    this.#key.wipe()
  }
}
