import { bytesToHex } from '@anqu/encoding'
import { encodeKeySet, isClientVersion, isSetOf, parseKeySet, type KeySet } from '../../channel/key-set.ts'
import type { BlockCipher } from '../../channel/block-cipher.ts'
import type { ChannelKeyStore, ChannelProfile, Scp02Profile } from '../../channel/secure-channel.ts'
import { put, remove, type AppletMemory } from '../../runtime/applet-memory.ts'
import type { CardRandom } from '../../runtime/card-random.ts'
import type { ClientKeys } from '../../runtime/access-control.ts'
import { FileType, type Change } from '../../runtime/non-volatile-memory.ts'

const SEQUENCE = 'sequence'
const DIVERSIFICATION = 'diversification'
const DIVERSIFICATION_LENGTH = 10
const LAST_SEQUENCE = 0xff_ffff

/** Channel keys in card memory: one key file for each version, never overwritten, replaced by delete and create in one step. */
export class StoredChannelKeys implements ChannelKeyStore, ClientKeys {
  readonly aid: Uint8Array
  readonly #memory: AppletMemory
  readonly #random: CardRandom
  readonly scp02: Scp02Profile | undefined
  /** Ciphers that the card's profile names beside SM4. */
  readonly otherCiphers: readonly BlockCipher[]

  constructor(aid: Uint8Array, memory: AppletMemory, random: CardRandom, profile: ChannelProfile) {
    this.aid = aid
    this.scp02 = profile.scp02
    this.otherCiphers = [profile.aes, profile.scp02?.tripleDes].filter((cipher) => cipher !== undefined)
    this.#memory = memory
    this.#random = random
  }

  /** At first power-up: the keys a card leaves its issuer with, and its own diversification data. */
  async personalise(keySets: readonly KeySet[]): Promise<void> {
    if (this.#memory.get(DIVERSIFICATION) !== undefined) return
    const files = keySets.map((keySet) => ({ ...keySet, bytes: encodeKeySet(keySet) }))
    if (files.some(({ bytes }) => !isSetOf(bytes, this.otherCiphers)))
      throw new RangeError('keys of a cipher that the profile of the card does not name')
    if (files.some(({ cipher, version }) => cipher.name === 'TDES' && isClientVersion(version)))
      throw new RangeError('triple DES keys are for the issuer')
    const keys = files.map(({ version, bytes }) => put(this.#newPath(version), bytes, FileType.key))
    await this.#memory.commit([put(DIVERSIFICATION, this.#random.bytes(DIVERSIFICATION_LENGTH)), ...keys])
  }

  get diversification(): Uint8Array {
    return this.#memory.get(DIVERSIFICATION) ?? new Uint8Array(DIVERSIFICATION_LENGTH)
  }

  get versions(): number[] {
    return this.#memory
      .paths('key/')
      .map(versionOf)
      .toSorted((a, b) => a - b)
  }

  has(version: number): boolean {
    return this.#path(version) !== undefined
  }

  /** Version 0 asks for the issuer's first, and never for triple DES where there is another. */
  keySet(version: number): KeySet | undefined {
    if (version !== 0) return this.#keySet(version)
    const issuers = this.versions
      .filter((candidate) => !isClientVersion(candidate))
      .map((candidate) => this.#keySet(candidate))
      .filter((set) => set !== undefined)
    return issuers.find(({ cipher }) => cipher.name !== 'TDES') ?? issuers[0]
  }

  random(length: number): Uint8Array {
    return this.#random.bytes(length)
  }

  get sequence(): number {
    const bytes = this.#memory.get(SEQUENCE)
    return bytes === undefined ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  }

  /** A used-up counter ends the keys' life: no session opens any more. */
  async advance(): Promise<void> {
    const next = this.sequence + 1
    if (next > LAST_SEQUENCE) throw new RangeError('the sequence counter of the channel keys is used up')
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, next)
    await this.#memory.commit([put(SEQUENCE, bytes)])
  }

  /** Adds a key set, or puts it in the place of version `replaced`, all or nothing. */
  async store(keySet: KeySet, replaced: number): Promise<void> {
    const gone = this.#memory
      .paths('key/')
      .filter((path) => versionOf(path) === replaced || versionOf(path) === keySet.version)
    const added = put(this.#newPath(keySet.version), encodeKeySet(keySet), FileType.key)
    await this.#memory.commit([...gone.map(remove), added])
  }

  /** What must be committed to delete a key set. */
  removal(version: number): Change[] {
    const path = this.#path(version)
    return path === undefined ? [] : [remove(path)]
  }

  async commit(changes: readonly Change[]): Promise<void> {
    await this.#memory.commit(changes)
  }

  #keySet(version: number): KeySet | undefined {
    const path = this.#path(version)
    const bytes = path === undefined ? undefined : this.#memory.get(path)
    // Keys of a cipher outlive no profile that names it.
    if (bytes === undefined || !isSetOf(bytes, this.otherCiphers)) return undefined
    return parseKeySet(version, bytes, this.otherCiphers)
  }

  #path(version: number): string | undefined {
    return this.#memory.paths('key/').find((candidate) => versionOf(candidate) === version)
  }

  #newPath(version: number): string {
    return `key/${version}/${bytesToHex(this.#random.bytes(4))}`
  }
}

function versionOf(path: string): number {
  return Number(path.split('/')[1])
}
