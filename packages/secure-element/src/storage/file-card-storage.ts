import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex } from '@anqu/encoding'
import { randomBytes } from '@anqu/gm-crypto'
import { CardStorageError, type CardStorage, type ImageSlot } from './card-storage.ts'
import { DEVICE_KEY_LENGTH, Sm4DeviceKey } from './device-key.ts'

const KEY_FILE = 'device.key'
const OWNER_FILE = 'owner'
const GROUP_AND_OTHERS = 0o077

/**
 * A card in a folder (created with mode 0700): two image files, an owner mark and the device key (mode 0600).
 * Keep the key file on another medium than the backups of the images: together they need only the PIN.
 */
export function fileCardStorage(directory: string): CardStorage {
  return new FileCardStorage(directory)
}

class FileCardStorage implements CardStorage {
  readonly #directory: string
  readonly #self = bytesToHex(randomBytes(16))
  #key: Sm4DeviceKey | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  async claim(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    await this.#replace(OWNER_FILE, new TextEncoder().encode(this.#self))
  }

  async confirm(): Promise<void> {
    const owner = await readIfPresent(this.#path(OWNER_FILE))
    if (owner === undefined || new TextDecoder().decode(owner) !== this.#self)
      throw new CardStorageError('released', 'another program opened this card')
  }

  async read(slot: ImageSlot): Promise<Uint8Array | undefined> {
    return readIfPresent(this.#path(slotFile(slot)))
  }

  async write(slot: ImageSlot, bytes: Uint8Array): Promise<void> {
    await this.confirm()
    await this.#replace(slotFile(slot), bytes)
  }

  async seal(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    return (await this.#deviceKey()).seal(plaintext, aad)
  }

  async open(sealed: Uint8Array, aad: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.#deviceKey()).open(sealed, aad)
  }

  async destroy(): Promise<void> {
    this.#key?.wipe()
    this.#key = undefined
    for (const file of [KEY_FILE, slotFile(0), slotFile(1), OWNER_FILE])
      await rm(this.#path(file), { force: true })
  }

  #path(file: string): string {
    return join(this.#directory, file)
  }

  async #deviceKey(): Promise<Sm4DeviceKey> {
    this.#key ??= await loadOrCreateKey(this.#path(KEY_FILE))
    return this.#key
  }

  /** Old bytes or new bytes, never a mixture: write beside, flush, rename, flush the folder. */
  async #replace(file: string, bytes: Uint8Array): Promise<void> {
    const beside = this.#path(`${file}.${this.#self}.new`)
    const handle = await open(beside, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, this.#path(file))
    await flushFolder(this.#directory)
  }
}

async function loadOrCreateKey(path: string): Promise<Sm4DeviceKey> {
  const existing = await readKey(path)
  if (existing !== undefined) return existing
  const bytes = randomBytes(DEVICE_KEY_LENGTH)
  // 'wx' fails when the file has appeared meanwhile: a key that seals an image is never overwritten.
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const key = new Sm4DeviceKey(bytes)
  bytes.fill(0)
  return key
}

async function readKey(path: string): Promise<Sm4DeviceKey | undefined> {
  const handle = await open(path, 'r').catch(ignoreMissing)
  if (handle === undefined) return undefined
  try {
    const { mode } = await handle.stat()
    if ((mode & GROUP_AND_OTHERS) !== 0)
      throw new CardStorageError('key-file-exposed', `${path} must have mode 0600`)
    const bytes = await handle.readFile()
    if (bytes.length !== DEVICE_KEY_LENGTH)
      throw new CardStorageError('damaged', `${path} is not a device key`)
    const key = new Sm4DeviceKey(bytes)
    bytes.fill(0)
    return key
  } finally {
    await handle.close()
  }
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch(ignoreMissing)
  return bytes === undefined ? undefined : new Uint8Array(bytes)
}

async function flushFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function slotFile(slot: ImageSlot): string {
  return slot === 0 ? 'card-a.img' : 'card-b.img'
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}
