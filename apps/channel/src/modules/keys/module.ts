import { Refusal } from '@anqu/contract'
import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import {
  GmCryptoError,
  hmacSm3,
  SecretBytes,
  sm2Sign,
  Sm2PrivateKey,
  sm4UnwrapKey,
  sm4WrapKey,
} from '@anqu/gm-crypto'
import type { GmPool } from '@anqu/gm-crypto/pool'
import { agreeWith, type ServerAgreement } from '@anqu/message'
import { createCsr } from '@anqu/pki'
import type { Clock, Db } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'
import { createEncryptionKeys, type EncryptionKeys } from './encryption-keys.ts'
import { createKeyStore, type KeyStore } from './key-store.ts'
import { openBox, sealBox } from './sealed-box.ts'

const keyBytes = 16
const subjectsCached = 10_000

export type ServerKey = {
  readonly key: Sm2PrivateKey
  readonly certificate: Uint8Array
  readonly chain: Uint8Array[]
}

export type KeySystem = Keys & {
  /** The certified SM2 key this server speaks with in the message protocol. */
  readonly messageKey: ServerKey & { readonly agree: ServerAgreement }
  readonly receiptKey: ServerKey
  readonly encryption: EncryptionKeys
}

/** Certificate of a server key: the leaf first, then the chain without the root. */
export type Certify = (csr: Uint8Array, purpose: ServerPurpose) => Promise<Uint8Array[]>
type ServerPurpose = 'message' | 'receipt' | 'encryption'

/**
 * The key system. The key-encryption key (KEK) wraps data keys (DEK) and stands apart from them: it is a file or a device,
 * they are in the database (A-11.4.2-2). One data key a purpose and one a person.
 */
export async function createKeys(needs: {
  db: Db
  clock: Clock
  kek: SecretBytes
  certify: Certify
  /** Whether the CA has taken a certificate of ours back; false while nobody can tell. */
  isRevoked: (chain: readonly Uint8Array[]) => Promise<boolean>
  pool?: GmPool | undefined
}): Promise<KeySystem> {
  const store = createKeyStore(needs)
  const wrap = (key: SecretBytes): Uint8Array => key.use((bytes) => sm4WrapKey(needs.kek, bytes))
  const unwrap = (wrapped: Uint8Array): SecretBytes => SecretBytes.from(sm4UnwrapKey(needs.kek, wrapped))

  const dataKeys = new Map<string, Promise<SecretBytes>>()
  const dataKey = (purpose: string): Promise<SecretBytes> => {
    const known = dataKeys.get(purpose)
    if (known !== undefined) return known
    // A failure is not kept: the next caller asks the database again.
    const loading = loadDataKey(store, `dek:${purpose}`, { wrap, unwrap }).catch((error: unknown) => {
      dataKeys.delete(purpose)
      throw error
    })
    dataKeys.set(purpose, loading)
    return loading
  }

  const subjectKeys = new Map<string, SecretBytes>()
  const subjectKey = async (subject: string): Promise<SecretBytes> => {
    const known = subjectKeys.get(subject)
    if (known !== undefined) return known
    const wrapped =
      (await store.subjectKey(subject)) ??
      (await store.insertSubjectKey(subject, wrap(SecretBytes.random(keyBytes))))
    const key = unwrap(wrapped)
    // Bounded: the oldest entry goes first.
    if (subjectKeys.size >= subjectsCached)
      for (const oldest of subjectKeys.keys()) {
        subjectKeys.delete(oldest)
        break
      }
    subjectKeys.set(subject, key)
    return key
  }

  const lookupKey = await dataKey('lookup')
  const receiptKey = await loadServerKey(store, 'receipt', needs)
  const messageKey = await loadServerKey(store, 'message', needs)
  const make = (name: string) => makeServerKey(store, name, { ...needs, purpose: 'encryption' })
  const encryption = createEncryptionKeys({ ...needs, store, make })
  await encryption.renew()
  return {
    messageKey: { ...messageKey, agree: agreement(messageKey.key, needs.pool) },
    receiptKey,
    encryption,
    receiptCertificate: receiptKey.certificate,
    async sealFor(subject, purpose, value) {
      return sealBox(await subjectKey(subject), `${purpose}\n${subject}`, value)
    },
    async openFor(subject, purpose, sealed) {
      return openBox(await subjectKey(subject), `${purpose}\n${subject}`, sealed)
    },
    async seal(purpose, value) {
      return sealBox(await dataKey(purpose), purpose, value)
    },
    async open(purpose, sealed) {
      return openBox(await dataKey(purpose), purpose, sealed)
    },
    lookup: (purpose, value) =>
      lookupKey.use((key) => bytesToHex(hmacSm3(key, utf8ToBytes(`${purpose}\n${value}`)))),
    signReceipt: async (bytes) => ({
      signature: sm2Sign(receiptKey.key, bytes),
      certificate: receiptKey.certificate,
    }),
  }
}

/** Workers that are overloaded or gone are this server's trouble: the customer is asked to try again. */
async function byWorkers<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof GmCryptoError && ['gm.busy', 'gm.closed', 'gm.worker-lost'].includes(error.code))
      throw new Refusal('server.unavailable', error.code)
    throw error
  }
}

/** A key agreement costs more than the way to a worker and back; a signature does not (decision 0008). */
const agreement = (key: Sm2PrivateKey, pool: GmPool | undefined): ServerAgreement => {
  const pooled = pool?.useKey(key)
  return pooled ? (exchange) => byWorkers(() => pooled.agree(exchange)) : agreeWith(key)
}

type Wrapping = { wrap: (key: SecretBytes) => Uint8Array; unwrap: (wrapped: Uint8Array) => SecretBytes }

async function loadDataKey(store: KeyStore, name: string, { wrap, unwrap }: Wrapping): Promise<SecretBytes> {
  const stored =
    (await store.find(name)) ??
    (await store.insert(name, 'data', {
      wrapped: wrap(SecretBytes.random(keyBytes)),
      certificate: null,
      chain: [],
    }))
  return unwrap(stored.wrapped)
}

/** Loads a certified signing key, or makes one and has it certified by the CA at first start. */
async function loadServerKey(
  store: KeyStore,
  purpose: 'message' | 'receipt',
  { kek, certify }: { kek: SecretBytes; certify: Certify },
): Promise<ServerKey> {
  const name = `sm2:${purpose}`
  const stored = (await store.find(name)) ?? (await makeServerKey(store, name, { purpose, kek, certify }))
  if (stored.certificate === null) throw new Error(`${name} has no certificate`)
  return {
    key: Sm2PrivateKey.fromBytes(openBox(kek, name, stored.wrapped)),
    certificate: stored.certificate,
    chain: stored.chain,
  }
}

async function makeServerKey(
  store: KeyStore,
  name: string,
  how: { purpose: ServerPurpose; kek: SecretBytes; certify: Certify },
) {
  const key = Sm2PrivateKey.generate()
  const csr = await createCsr({
    key: { publicKey: key.publicKey, sign: (message: Uint8Array) => sm2Sign(key, message) },
    subject: [
      { type: 'C', value: 'CN' },
      { type: 'O', value: 'Anqu' },
      { type: 'CN', value: `anqu-channel-${how.purpose}` },
    ],
  })
  const [certificate, ...chain] = await how.certify(csr, how.purpose)
  if (certificate === undefined) throw new Error('the CA answered without a certificate')
  const bytes = key.exportBytes()
  const wrapped = sealBox(how.kek, name, bytes)
  bytes.fill(0)
  return store.insert(name, 'sm2', { wrapped, certificate, chain: [certificate, ...chain] })
}
