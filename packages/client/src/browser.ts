import type { SecretStore } from './instance-key.ts'

/** Kept under an AES-256-GCM key that the browser does not let out; one record for each secret. */
type RecordName = 'instance' | 'channel-keys'

const database = 'anqu-instance'
const storeName = 'key'

const asPromise = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser storage failed')))
  })

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(database, 1)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(storeName))
  return asPromise(request)
}

type Stored = { wrapping: CryptoKey; nonce: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer }

/**
 * Keeps the instance key in IndexedDB under an AES-256-GCM key that the browser does not let out (WebCrypto has no SM4; the
 * transitional algorithm is named in the policy). A copy of the database without this browser is useless.
 */
export const browserInstanceKeyStore: SecretStore = browserSecret('instance')

/** The card's channel keys, kept the same way. Session keys are kept nowhere (B-7.5.10.2-4). */
export const browserChannelKeyStore: SecretStore = browserSecret('channel-keys')

function browserSecret(record: RecordName): SecretStore {
  return {
    async load() {
      const db = await open()
      try {
        const transaction = db.transaction(storeName, 'readonly')
        // Written by `save` below and by nobody else.
        const stored = (await asPromise(transaction.objectStore(storeName).get(record))) as Stored | undefined
        if (stored === undefined) return undefined
        const { wrapping, nonce, sealed } = stored
        return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, wrapping, sealed))
      } finally {
        db.close()
      }
    },
    async save(secret) {
      const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
        'encrypt',
        'decrypt',
      ])
      const nonce = crypto.getRandomValues(new Uint8Array(12))
      const sealed = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv: nonce },
        wrapping,
        new Uint8Array(secret),
      )
      const db = await open()
      try {
        const transaction = db.transaction(storeName, 'readwrite')
        const stored: Stored = { wrapping, nonce, sealed }
        await asPromise(transaction.objectStore(storeName).put(stored, record))
      } finally {
        db.close()
      }
    },
  }
}
