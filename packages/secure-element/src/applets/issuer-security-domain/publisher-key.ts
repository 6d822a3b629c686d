import { ByteReader } from '@anqu/encoding'
import { GmCryptoError, Sm2PublicKey } from '@anqu/gm-crypto'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import { put, type AppletMemory } from '../../runtime/applet-memory.ts'

/** Version and P2 of the key for DAP verification (GlobalPlatform Card Specification 2.3.1 §C.2, table 11-16 for its type). */
export const PUBLISHER_VERSION = 0x73
export const PUBLISHER_KEY = 0x01
export const ECC_PUBLIC = 0xb0
/** GET DATA: which key it is, over an open session. */
export const PUBLISHER_TAG = 0xdf21
const PATH = 'publisher-key'

/**
 * Whose signature packages must carry: the card checks it itself, so that not even the issuer's session brings anything onto it
 * that this publisher has not signed. One that the card was built with stays; one that the issuer installed can be replaced and
 * never taken away, for then everything could be loaded again.
 */
export class PublisherKey {
  readonly #memory: AppletMemory
  readonly #built: Sm2PublicKey | undefined

  constructor(memory: AppletMemory, built: Sm2PublicKey | undefined) {
    this.#memory = memory
    this.#built = built
  }

  get current(): Sm2PublicKey | undefined {
    const bytes = this.#memory.get(PATH)
    return this.#built ?? (bytes && Sm2PublicKey.fromBytes(bytes))
  }

  /**
   * PUT KEY: 73 ‖ {B0, 41, point, 00}. @throws StatusError 6985 for a key where one is already, or a built-in one; 6A88 with
   * nothing to replace; 6A80 for what is no key.
   */
  async store({ p1, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(this.#built === undefined, StatusWord.conditionsNotSatisfied)
    requireStatus(p1 === 0 || p1 === PUBLISHER_VERSION, StatusWord.wrongParameters)
    const isThere = this.#memory.get(PATH) !== undefined
    requireStatus(p1 === 0 || isThere, StatusWord.referencedDataNotFound)
    requireStatus(p1 !== 0 || !isThere, StatusWord.conditionsNotSatisfied)
    const reader = new ByteReader(data, 'PUT KEY')
    requireStatus(reader.u8() === PUBLISHER_VERSION && reader.u8() === ECC_PUBLIC, StatusWord.wrongData)
    const key = parsePoint(reader.vector8())
    // A public key needs no check value.
    requireStatus(reader.u8() === 0, StatusWord.wrongData)
    reader.end()
    await this.#memory.commit([put(PATH, key.bytes)])
    return Uint8Array.of(PUBLISHER_VERSION)
  }
}

function parsePoint(bytes: Uint8Array): Sm2PublicKey {
  try {
    return Sm2PublicKey.fromBytes(bytes)
  } catch (error) {
    if (error instanceof GmCryptoError) throw new StatusError(StatusWord.wrongData)
    throw error
  }
}
