import { randomBytes } from '@anqu/gm-crypto'
import { CardStorageError, type CardStorage, type ImageSlot } from './card-storage.ts'
import { DEVICE_KEY_LENGTH, Sm4DeviceKey } from './device-key.ts'

/** A card that lives as long as this process; each call of `holder` is one program that opens the same card. */
export class MemoryCard {
  readonly #slots: (Uint8Array | undefined)[] = [undefined, undefined]
  #key = new Sm4DeviceKey(randomBytes(DEVICE_KEY_LENGTH))
  #owner: symbol | undefined

  holder(): CardStorage {
    const self = Symbol('holder')
    const confirm = async (): Promise<void> => {
      if (this.#owner !== self) throw new CardStorageError('released', 'another holder opened this card')
    }
    return {
      claim: async () => {
        this.#owner = self
      },
      confirm,
      read: async (slot) => this.#slots[slot]?.slice(),
      write: async (slot, bytes) => {
        await confirm()
        this.#slots[slot] = bytes.slice()
      },
      seal: async (plaintext, aad) => this.#key.seal(plaintext, aad),
      open: async (sealed, aad) => this.#key.open(sealed, aad),
      destroy: async () => this.#destroy(),
    }
  }

  /** The raw bytes of a slot, as somebody who steals the medium would see them. */
  image(slot: ImageSlot): Uint8Array | undefined {
    return this.#slots[slot]?.slice()
  }

  #destroy(): void {
    this.#slots.fill(undefined)
    this.#key.wipe()
    this.#key = new Sm4DeviceKey(randomBytes(DEVICE_KEY_LENGTH))
  }
}

/** Storage of a card that lives as long as this process. */
export function memoryCardStorage(): CardStorage {
  return new MemoryCard().holder()
}
