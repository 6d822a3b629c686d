import { bytesToHex, concatBytes } from '@anqu/encoding'
import { randomBytes } from '@anqu/gm-crypto'
import { CardStorageError, type CardStorage, type ImageSlot } from './card-storage.ts'
import { HolderLock } from './holder-lock.ts'

const STORE = 'card'
const KEY_RECORD = 'device-key'
const OWNER_RECORD = 'owner'
const NONCE_LENGTH = 12

/**
 * A card in this origin's IndexedDB. The device key is a WebCrypto AES-256-GCM key that the browser refuses to export;
 * WebCrypto offers no SM4, and the private keys inside the image are sealed under SM4-GCM and the PIN besides.
 */
export function indexedDbCardStorage(name = 'anqu-card'): CardStorage {
  return new IndexedDbCardStorage(name)
}

class IndexedDbCardStorage implements CardStorage {
  readonly #name: string
  readonly #self = bytesToHex(randomBytes(16))
  readonly #lock: HolderLock
  #database: Promise<IDBDatabase> | undefined
  #key: Promise<CryptoKey> | undefined

  constructor(name: string) {
    this.#name = name
    this.#lock = new HolderLock(name)
  }

  async claim(): Promise<void> {
    // The lock first: the former holder hears of it as early as can be.
    await this.#lock.take()
    await this.#write((store) => store.put(this.#self, OWNER_RECORD))
  }

  async confirm(): Promise<void> {
    if (this.#lock.isHeld) return
    if ((await this.#get(OWNER_RECORD)) !== this.#self)
      throw new CardStorageError('released', 'another page opened this card')
  }

  async read(slot: ImageSlot): Promise<Uint8Array | undefined> {
    const bytes = await this.#get(slotRecord(slot))
    if (bytes === undefined) return undefined
    if (!(bytes instanceof Uint8Array))
      throw new CardStorageError('damaged', 'the image is not a byte string')
    return bytes
  }

  async write(slot: ImageSlot, bytes: Uint8Array): Promise<void> {
    let released = false
    // Owner check and write share one transaction, so that two tabs cannot both believe they hold the card.
    await this.#write((store) => {
      const owner = store.get(OWNER_RECORD)
      owner.addEventListener('success', () => {
        released = owner.result !== this.#self
        if (!released) store.put(bytes.slice(), slotRecord(slot))
      })
    })
    if (released) throw new CardStorageError('released', 'another page opened this card')
  }

  async seal(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    const iv = randomBytes(NONCE_LENGTH)
    const parameters = { name: 'AES-GCM', iv: own(iv), additionalData: own(aad) }
    const sealed = await crypto.subtle.encrypt(parameters, await this.#deviceKey(), own(plaintext))
    return concatBytes(iv, new Uint8Array(sealed))
  }

  async open(sealed: Uint8Array, aad: Uint8Array): Promise<Uint8Array | undefined> {
    if (sealed.length < NONCE_LENGTH) return undefined
    const parameters = {
      name: 'AES-GCM',
      iv: own(sealed.subarray(0, NONCE_LENGTH)),
      additionalData: own(aad),
    }
    const key = await this.#deviceKey()
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, key, own(sealed.subarray(NONCE_LENGTH))))
    } catch (error) {
      // WebCrypto's one answer to a wrong tag, whatever the cause.
      if (error instanceof Error && error.name === 'OperationError') return undefined
      throw error
    }
  }

  async destroy(): Promise<void> {
    this.#key = undefined
    // Whoever holds the card hears of its end as of a newer holder.
    await this.#lock.take()
    this.#lock.drop()
    await this.#write((store) => store.clear())
  }

  #deviceKey(): Promise<CryptoKey> {
    this.#key ??= this.#loadOrCreateKey()
    return this.#key
  }

  async #loadOrCreateKey(): Promise<CryptoKey> {
    const usages: KeyUsage[] = ['encrypt', 'decrypt']
    const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages)
    // `add` in one transaction with the look-up: the first of two racing pages decides the key.
    await this.#write((store) => {
      const present = store.getKey(KEY_RECORD)
      present.addEventListener('success', () => {
        if (present.result === undefined) store.add(fresh, KEY_RECORD)
      })
    })
    const key = await this.#get(KEY_RECORD)
    if (!isCryptoKey(key)) throw new CardStorageError('damaged', 'the device key is not a key')
    return key
  }

  async #get(record: string): Promise<unknown> {
    const database = await this.#connect()
    const request = database.transaction(STORE, 'readonly').objectStore(STORE).get(record)
    return settle(request)
  }

  async #write(change: (store: IDBObjectStore) => void): Promise<void> {
    const database = await this.#connect()
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
    change(transaction.objectStore(STORE))
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve())
      transaction.addEventListener('abort', () => reject(unavailable(transaction.error)))
      transaction.addEventListener('error', () => reject(unavailable(transaction.error)))
    })
  }

  #connect(): Promise<IDBDatabase> {
    this.#database ??= openDatabase(this.#name)
    return this.#database
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE))
  return settle(request)
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(unavailable(request.error)))
  })
}

function unavailable(cause: unknown): CardStorageError {
  return new CardStorageError('unavailable', 'IndexedDB refused', { cause })
}

/** Worker and page may carry different CryptoKey classes, so the shape decides. */
function isCryptoKey(value: unknown): value is CryptoKey {
  return typeof value === 'object' && value !== null && 'algorithm' in value && 'extractable' in value
}

/** WebCrypto's types want a view of an ArrayBuffer of its own. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function slotRecord(slot: ImageSlot): string {
  return slot === 0 ? 'image-a' : 'image-b'
}
