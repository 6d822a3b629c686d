import { ByteReader, ByteWriter, bytesToUtf8, concatBytes, ParseError, utf8ToBytes } from '@anqu/encoding'
import { CardStorageError, type CardStorage, type ImageSlot } from '../storage/card-storage.ts'

/**
 * Types of elementary file (file descriptor byte of ISO/IEC 7816-4 table 12). Key files and PIN references are internal
 * files, which no interface command reads; the rest are working files (B-7.2-5, B-7.2-6).
 */
export const FileType = { working: 0x01, key: 0x09, pinReference: 0x0a } as const
export type FileTypeByte = (typeof FileType)[keyof typeof FileType]

export interface CardFile {
  readonly type: FileTypeByte
  readonly bytes: Uint8Array
}

export type Change =
  | { readonly kind: 'put'; readonly path: string; readonly file: CardFile }
  | { readonly kind: 'delete'; readonly path: string }

/** Bytes a card may hold: a generous chip. */
export const DEFAULT_QUOTA = 256 * 1024
const MAX_FILES = 4096
const MAGIC = utf8ToBytes('ANQUCARD')
const FORMAT = 1
const HEADER_LENGTH = MAGIC.length + 1 + 8

export class QuotaExceeded extends Error {
  constructor() {
    super('the card is full')
    this.name = 'QuotaExceeded'
  }
}

/** A commit whose outcome on the medium is not known; the memory takes no further change until it is opened again. */
export class MemoryFailure extends Error {
  constructor(cause: unknown) {
    super('a write to card memory failed', { cause })
    this.name = 'MemoryFailure'
  }
}

/**
 * Files by path with atomic commits. Each commit seals the whole image and writes it to the slot that does *not* hold
 * the current one, under a sequence number one higher; on opening, the whole image with the highest number counts. A
 * write torn anywhere fails its seal, and the other slot still holds the state before it.
 */
export class NonVolatileMemory {
  readonly #storage: CardStorage
  readonly #quota: number
  #files: ReadonlyMap<string, CardFile>
  #sequence: bigint
  #failed = false

  private constructor(storage: CardStorage, quota: number, image: Image) {
    this.#storage = storage
    this.#quota = quota
    this.#files = image.files
    this.#sequence = image.sequence
  }

  /**
   * Claims the storage and finds the current image; formats a storage that has none.
   * @throws CardStorageError 'damaged' when images exist but none is whole.
   */
  static async open(storage: CardStorage, quota = DEFAULT_QUOTA): Promise<NonVolatileMemory> {
    await storage.claim()
    const sealed = [await storage.read(0), await storage.read(1)]
    const images = await Promise.all(sealed.map((bytes) => (bytes ? openImage(storage, bytes) : undefined)))
    const whole = images.filter((image) => image !== undefined)
    const newest = whole.reduce<Image | undefined>(
      (best, image) => (best && best.sequence > image.sequence ? best : image),
      undefined,
    )
    // A blank card is formatted into both slots; so one torn slot alone can only be a first write that was cut.
    if (newest === undefined && sealed.every((bytes) => bytes !== undefined))
      throw new CardStorageError('damaged', 'neither image can be opened with this device key')
    const memory = new NonVolatileMemory(storage, quota, newest ?? { sequence: 0n, files: new Map() })
    if (newest === undefined || sealed.includes(undefined)) await memory.#format()
    return memory
  }

  get(path: string): CardFile | undefined {
    return this.#files.get(path)
  }

  /** Another object after every change, so that what was worked out from the files can be kept until then. */
  get revision(): object {
    return this.#files
  }

  /** The files whose path starts with `prefix`, by the rest of their path, as of this revision. */
  under(prefix: string): ReadonlyMap<string, CardFile> {
    const own = [...this.#files].filter(([path]) => path.startsWith(prefix))
    return new Map(own.map(([path, file]) => [path.slice(prefix.length), file]))
  }

  /** Whether any path starts with `prefix`. */
  has(prefix: string): boolean {
    for (const path of this.#files.keys()) if (path.startsWith(prefix)) return true
    return false
  }

  /** Paths that start with `prefix`, in order of creation. */
  paths(prefix: string): string[] {
    return [...this.#files.keys()].filter((path) => path.startsWith(prefix))
  }

  /** Bytes that can still be stored. */
  get free(): number {
    return this.#quota - contentLength(this.#files)
  }

  /**
   * All changes or none, also across a power cut. Key files are sealed: they can be made and deleted, never overwritten,
   * and a deletion is always explicit (B-7.2-8, B-7.2-9).
   * @throws QuotaExceeded, nothing changed; MemoryFailure, outcome unknown until the memory is opened again.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    if (this.#failed) throw new MemoryFailure('an earlier write failed')
    const files = new Map(this.#files)
    for (const change of changes) {
      const present = files.get(change.path)
      if (change.kind === 'delete') files.delete(change.path)
      else if (present !== undefined && (present.type === FileType.key || present.type !== change.file.type))
        throw new Error(`file ${change.path} is sealed`)
      else files.set(change.path, { type: change.file.type, bytes: change.file.bytes.slice() })
    }
    if (contentLength(files) > this.#quota || files.size > MAX_FILES) throw new QuotaExceeded()
    await this.#write({ sequence: this.#sequence + 1n, files })
  }

  /** @throws CardStorageError 'released' when a newer holder has the card. */
  confirm(): Promise<void> {
    return this.#storage.confirm()
  }

  async #format(): Promise<void> {
    await this.#write({ sequence: this.#sequence + 1n, files: this.#files })
    await this.#write({ sequence: this.#sequence + 1n, files: this.#files })
  }

  async #write(image: Image): Promise<void> {
    const slot: ImageSlot = image.sequence % 2n === 0n ? 0 : 1
    try {
      await this.#storage.write(slot, await sealImage(this.#storage, image))
    } catch (error) {
      this.#failed = true
      if (error instanceof CardStorageError && error.code === 'released') throw error
      throw new MemoryFailure(error)
    }
    this.#files = image.files
    this.#sequence = image.sequence
  }
}

interface Image {
  readonly sequence: bigint
  readonly files: ReadonlyMap<string, CardFile>
}

async function sealImage(storage: CardStorage, image: Image): Promise<Uint8Array> {
  const header = new ByteWriter(HEADER_LENGTH).bytes(MAGIC).u8(FORMAT).u64(image.sequence).finish()
  const body = new ByteWriter().u16(image.files.size)
  for (const [path, file] of image.files) body.vector8(utf8ToBytes(path)).u8(file.type).vector32(file.bytes)
  return concatBytes(header, await storage.seal(body.finish(), header))
}

async function openImage(storage: CardStorage, bytes: Uint8Array): Promise<Image | undefined> {
  if (bytes.length < HEADER_LENGTH) return undefined
  const header = bytes.subarray(0, HEADER_LENGTH)
  const body = await storage.open(bytes.subarray(HEADER_LENGTH), header)
  if (body === undefined) return undefined
  const fields = new ByteReader(header, 'card image')
  const magic = fields.bytes(MAGIC.length)
  const format = fields.u8()
  if (!magic.every((byte, index) => byte === MAGIC[index]) || format !== FORMAT)
    throw new CardStorageError('damaged', `card image format ${format} is not known`)
  return { sequence: fields.u64(), files: readFiles(new ByteReader(body, 'card image')) }
}

function readFiles(reader: ByteReader): Map<string, CardFile> {
  const files = new Map<string, CardFile>()
  const count = reader.u16()
  for (let index = 0; index < count; index++) {
    const path = bytesToUtf8(reader.vector8())
    const type = fileType(reader.u8(), reader.offset)
    files.set(path, { type, bytes: reader.vector32(reader.remaining).slice() })
  }
  reader.end()
  return files
}

function fileType(byte: number, offset: number): FileTypeByte {
  for (const known of Object.values(FileType)) if (byte === known) return known
  throw new ParseError('card image', offset, 'a file type')
}

function contentLength(files: ReadonlyMap<string, CardFile>): number {
  let length = 0
  for (const [path, file] of files) length += path.length + file.bytes.length + 6
  return length
}
