import { CardStorageError, type CardStorage, type ImageSlot } from '../storage/card-storage.ts'

/** What the power cut does to the write it hits: nothing reaches the medium, a part does, or all does but nobody hears. */
export type Cut = 'before' | 'torn' | 'after'

export class PowerCut extends Error {}

/** Memory storage that counts its writes and cuts the power at the one it is told. Sealing is inner's own. */
export class CuttingStorage implements CardStorage {
  readonly #inner: CardStorage
  writes = 0
  cutAt = Number.POSITIVE_INFINITY
  how: Cut = 'before'

  constructor(inner: CardStorage) {
    this.#inner = inner
  }

  claim(): Promise<void> {
    return this.#inner.claim()
  }

  confirm(): Promise<void> {
    return this.#inner.confirm()
  }

  read(slot: ImageSlot): Promise<Uint8Array | undefined> {
    return this.#inner.read(slot)
  }

  async write(slot: ImageSlot, bytes: Uint8Array): Promise<void> {
    this.writes += 1
    if (this.writes > this.cutAt) throw new CardStorageError('unavailable', 'no power')
    if (this.writes < this.cutAt) return this.#inner.write(slot, bytes)
    if (this.how === 'torn') await this.#inner.write(slot, bytes.slice(0, Math.floor(bytes.length / 2)))
    if (this.how === 'after') await this.#inner.write(slot, bytes)
    throw new PowerCut()
  }

  seal(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    return this.#inner.seal(plaintext, aad)
  }

  open(sealed: Uint8Array, aad: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#inner.open(sealed, aad)
  }

  destroy(): Promise<void> {
    return this.#inner.destroy()
  }
}
