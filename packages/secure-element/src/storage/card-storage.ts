/** The two places a card image alternates between; see `runtime/non-volatile-memory.ts`. */
export type ImageSlot = 0 | 1

/**
 * Where a card keeps its image, and the device key the image is sealed under. A write may be torn by a power cut:
 * the memory above survives that. Implementations hold no knowledge of what the bytes mean.
 */
export interface CardStorage {
  /**
   * Takes the card for this holder: an earlier holder's next `write` fails with `CardStorageError('released')`
   * (B-7.5.1.3-2: a new binding releases the old one).
   */
  claim(): Promise<void>
  /** Fails with `CardStorageError('released')` when a newer holder has claimed the card. */
  confirm(): Promise<void>
  /** The slot's bytes, or undefined when it was never written. */
  read(slot: ImageSlot): Promise<Uint8Array | undefined>
  write(slot: ImageSlot, bytes: Uint8Array): Promise<void>
  /** Seals with authentication under the device key; `aad` is authenticated too. */
  seal(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>
  /** The reverse of `seal`; undefined when the bytes were not sealed so by this device. */
  open(sealed: Uint8Array, aad: Uint8Array): Promise<Uint8Array | undefined>
  /** Destroys image and device key: without the key, copies of the image are worthless too. */
  destroy(): Promise<void>
}

export type CardStorageErrorCode =
  /** A newer holder has claimed the card. */
  | 'released'
  /** Both images exist and neither is whole, or the device key does not belong to them. */
  | 'damaged'
  /** The medium refused to read or write. */
  | 'unavailable'
  /** The key file may be read by other users of the machine. */
  | 'key-file-exposed'

export class CardStorageError extends Error {
  readonly code: CardStorageErrorCode
  constructor(code: CardStorageErrorCode, detail: string, options?: ErrorOptions) {
    super(`card storage ${code}: ${detail}`, options)
    this.name = 'CardStorageError'
    this.code = code
  }
}
