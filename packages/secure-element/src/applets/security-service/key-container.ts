import { bytesToHex, equalBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, Sm2PublicKey, sm4GcmOpen, sm4GcmSeal, type SecretBytes } from '@anqu/gm-crypto'
import { parseCertificate, type Certificate } from '@anqu/pki'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import { put, remove, type AppletMemory } from '../../runtime/applet-memory.ts'
import type { CardRandom } from '../../runtime/card-random.ts'
import { FileType, type Change } from '../../runtime/non-volatile-memory.ts'
import {
  containerName,
  containerPath,
  emptyContainer,
  encodeContainer,
  EVERYBODY,
  KEY_USAGES,
  parseContainer,
  type ContainerRecord,
  type KeyUsage,
  type PairSlots,
} from './container-record.ts'
import { generatePrivateKey } from './key-generation.ts'
import type { QuickKeys } from './quick-keys.ts'

/** Containers of one card: bounded so that listing them stays one answer. */
export const MAX_CONTAINERS = 64
const NONCE_LENGTH = 12

export type PairState = 'active' | 'pending'

export interface PairName {
  readonly name: string
  readonly usage: KeyUsage
  readonly state: PairState
}

/** What was looked up since the memory last changed. */
interface Known {
  readonly revision: object
  readonly records: Map<string, ContainerRecord>
  /** Whether the pair of that id has a certificate. */
  readonly certified: Map<string, boolean>
}

type KeyUse<T> = (key: Sm2PrivateKey, publicKey: Sm2PublicKey) => T

export interface InstalledCertificate {
  readonly container: string
  readonly usage: KeyUsage
  readonly record: ContainerRecord
  readonly certificate: Certificate
}

/** What all views of the containers share. */
export interface ContainerStore {
  readonly memory: AppletMemory
  readonly random: CardRandom
  /** Read once a power-up; an id is never given twice. */
  readonly publicKeys: Map<string, Sm2PublicKey>
  /** Private keys that were used since power-up, quick to open again under the PIN. */
  readonly quickKeys: QuickKeys
}

/**
 * Key-container layer (B-5.4.3): private keys, public keys and certificates in separate files (B-5.4.2-1), linked by the
 * container's record. Private keys are sealed under the master key; nothing here hands one out, only its use. This is the
 * view of one client: containers that another publisher's software made do not exist in it (B-5.4.3-10).
 */
export class KeyContainers {
  readonly #memory: AppletMemory
  readonly #random: CardRandom
  readonly #publicKeys: Map<string, Sm2PublicKey>
  readonly #quickKeys: QuickKeys
  readonly #owner: Uint8Array
  #known: Known | undefined

  /** `owner`: SM3 of the certificate the client software is signed with; empty where no access rules are in force. */
  constructor({ memory, random, publicKeys, quickKeys }: ContainerStore, owner: Uint8Array = EVERYBODY) {
    this.#memory = memory
    this.#random = random
    this.#publicKeys = publicKeys
    this.#quickKeys = quickKeys
    this.#owner = owner
  }

  /** Names in order of creation. */
  names(): string[] {
    return this.#memory
      .paths('container/')
      .filter((path) => this.#sees(parseContainer(this.#file(path))))
      .map(containerName)
  }

  /** @throws StatusError 6A88 when there is none of that name. */
  record(name: string): ContainerRecord {
    const { records } = this.#lookedUp()
    const known = records.get(name)
    if (known !== undefined) return known
    const bytes = this.#memory.get(containerPath(name))
    requireStatus(bytes !== undefined, StatusWord.referencedDataNotFound)
    const record = parseContainer(bytes)
    requireStatus(this.#sees(record), StatusWord.referencedDataNotFound)
    records.set(name, record)
    return record
  }

  /** @throws StatusError 6A8A when the name is taken (B-5.4.3-2), 6A84 when the card holds its most containers. */
  async create(name: string): Promise<void> {
    this.#checkNew(name)
    await this.#memory.commit([this.#put(name, emptyContainer(this.#owner))])
  }

  /**
   * Generates a pair inside; it waits as `pending`. `where` says whether the container must exist already or is made in
   * the same commit.
   * @throws StatusError 6A89 when a pair is already pending: it must be discarded by its own command (B-7.2-9).
   */
  async generate(
    target: { name: string; usage: KeyUsage; where: 'existing' | 'new' },
    masterKey: SecretBytes,
  ): Promise<Sm2PublicKey> {
    const { name, usage, where } = target
    if (where === 'new') this.#checkNew(name)
    const record = where === 'new' ? emptyContainer(this.#owner) : this.record(name)
    requireStatus(record[usage].pending === undefined, StatusWord.alreadyExists)
    const id = bytesToHex(this.#random.bytes(8))
    const key = generatePrivateKey(this.#random)
    try {
      const { publicKey } = key
      await this.#memory.commit([
        put(keyPath(id), this.#seal(key, masterKey, binding(name, usage, publicKey)), FileType.key),
        put(publicPath(id), publicKey.bytes),
        this.#put(name, withSlots(record, usage, { pending: id, certificateExpected: false })),
      ])
      return publicKey
    } finally {
      key.wipe()
    }
  }

  /** Destroys a pending pair; the active one is not touched. @throws StatusError 6A88 when none is pending. */
  async discardPending(name: string, usage: KeyUsage): Promise<void> {
    const record = this.record(name)
    const { pending } = record[usage]
    requireStatus(pending !== undefined, StatusWord.referencedDataNotFound)
    const slots = { pending: undefined, certificateExpected: false }
    await this.#memory.commit([this.#put(name, withSlots(record, usage, slots)), ...destroyPair(pending)])
  }

  /** Destroys the pair in use with its certificate; one that waits stays. @throws StatusError 6A88 when none is in use. */
  async destroyActive(name: string, usage: KeyUsage): Promise<void> {
    const id = this.#pair(name, usage, 'active')
    const slots = { active: undefined }
    this.#publicKeys.delete(id)
    await this.#memory.commit([
      this.#put(name, withSlots(this.record(name), usage, slots)),
      ...destroyPair(id),
    ])
  }

  /** @throws StatusError 6A88 without such a pair. */
  publicKey(name: string, usage: KeyUsage, state: PairState): Sm2PublicKey {
    return this.#publicKey(this.#pair(name, usage, state))
  }

  /** The state of the pair a certificate would be asked for: a pending one first. */
  requestable(name: string, usage: KeyUsage): PairState {
    return this.record(name)[usage].pending === undefined ? 'active' : 'pending'
  }

  /** Notes that a request left the card under the PIN, so that its certificate may come back without one. */
  async expectCertificate(name: string, usage: KeyUsage): Promise<void> {
    await this.#memory.commit([
      this.#put(name, withSlots(this.record(name), usage, { certificateExpected: true })),
    ])
  }

  /** Opens a private key for the length of `use` and wipes it. @throws StatusError 6A88 without such a pair. */
  withPrivateKey(target: PairName, masterKey: SecretBytes, use: KeyUse<Uint8Array>): Uint8Array {
    const { key, publicKey } = this.#openPair(target, masterKey)
    try {
      return use(key, publicKey)
    } finally {
      key.wipe()
    }
  }

  /** As `withPrivateKey`, until what `use` started has ended. */
  async whilePrivateKey(
    target: PairName,
    masterKey: SecretBytes,
    use: KeyUse<Promise<Uint8Array>>,
  ): Promise<Uint8Array> {
    const { key, publicKey } = this.#openPair(target, masterKey)
    try {
      return await use(key, publicKey)
    } finally {
      key.wipe()
    }
  }

  /**
   * Links a certificate to the pair whose public key it carries (B-5.4.3-4). For a pending pair that is the switch of a
   * renewal: it becomes active and the former pair goes with its certificate. `authorised` when the PIN stands.
   * @throws StatusError 6984 when no pair matches, 6982 when nobody asked for a certificate and no PIN stands.
   */
  async install(name: string, der: Uint8Array, authorised: boolean): Promise<void> {
    const record = this.record(name)
    const { publicKey } = parseCertificate(der)
    for (const usage of KEY_USAGES) {
      const { active, pending, certificateExpected } = record[usage]
      const match = [pending, active].find((id) => id !== undefined && this.#publicKey(id).equals(publicKey))
      if (match === undefined) continue
      requireStatus(authorised || certificateExpected, StatusWord.securityNotSatisfied)
      const former = match === pending && active !== undefined ? destroyPair(active) : []
      const slots = {
        active: match,
        pending: match === pending ? undefined : pending,
        certificateExpected: false,
      }
      await this.#memory.commit([
        put(certificatePath(match), der),
        this.#put(name, withSlots(record, usage, slots)),
        ...former,
      ])
      return
    }
    throw new StatusError(StatusWord.certificateMismatch)
  }

  /** The certificate of the active pair, or undefined. @throws StatusError 6A88 when there is no such container. */
  certificate(name: string, usage: KeyUsage): Certificate | undefined {
    return this.#certificate(this.record(name)[usage])
  }

  /** @throws StatusError 6A88 when there is no such container. */
  hasCertificate(name: string, usage: KeyUsage): boolean {
    const { active } = this.record(name)[usage]
    if (active === undefined) return false
    const { certified } = this.#lookedUp()
    const isCertified = certified.get(active) ?? this.#memory.get(certificatePath(active)) !== undefined
    certified.set(active, isCertified)
    return isCertified
  }

  /** Every certificate of every client without condition: inside only, no command answers it (B-5.4.3-8, B-5.4.3-9). */
  enumerate(): InstalledCertificate[] {
    return this.#memory.paths('container/').flatMap((path) => {
      const record = parseContainer(this.#file(path))
      return KEY_USAGES.flatMap((usage) => {
        const certificate = this.#certificate(record[usage])
        return certificate === undefined
          ? []
          : [{ container: containerName(path), usage, record, certificate }]
      })
    })
  }

  /** Those of this view, which a selector chooses from. */
  own(): InstalledCertificate[] {
    return this.enumerate().filter(({ record }) => this.#sees(record))
  }

  /** Certificates and key pairs go together in one commit, and their space is free again (B-5.4.3-6). */
  async delete(name: string): Promise<void> {
    const record = this.record(name)
    const pairs = KEY_USAGES.flatMap((usage) => [record[usage].active, record[usage].pending])
    const ids = pairs.filter((id) => id !== undefined)
    for (const id of ids) this.#publicKeys.delete(id)
    await this.#memory.commit([remove(containerPath(name)), ...ids.flatMap(destroyPair)])
  }

  #certificate({ active }: PairSlots): Certificate | undefined {
    const der = active === undefined ? undefined : this.#memory.get(certificatePath(active))
    return der === undefined ? undefined : parseCertificate(der)
  }

  #lookedUp(): Known {
    const { revision } = this.#memory
    if (this.#known?.revision !== revision)
      this.#known = { revision, records: new Map(), certified: new Map() }
    return this.#known
  }

  /** The seal binds the private key to this public key, so that need not be computed again. */
  #openPair(
    { name, usage, state }: PairName,
    masterKey: SecretBytes,
  ): { key: Sm2PrivateKey; publicKey: Sm2PublicKey } {
    const id = this.#pair(name, usage, state)
    const publicKey = this.#publicKey(id)
    const key = this.#unseal(id, masterKey, () => binding(name, usage, publicKey))
    return { key, publicKey }
  }

  #sees({ owner }: ContainerRecord): boolean {
    return owner.length === 0 || equalBytes(owner, this.#owner)
  }

  /** A name is taken for everybody (B-5.4.3-2). */
  #checkNew(name: string): void {
    requireStatus(this.#memory.get(containerPath(name)) === undefined, StatusWord.nameExists)
    requireStatus(this.#memory.paths('container/').length < MAX_CONTAINERS, StatusWord.notEnoughMemory)
  }

  #put(name: string, record: ContainerRecord): Change {
    return put(containerPath(name), encodeContainer(record))
  }

  #pair(name: string, usage: KeyUsage, state: PairState): string {
    const id = this.record(name)[usage][state]
    requireStatus(id !== undefined, StatusWord.referencedDataNotFound)
    return id
  }

  #publicKey(id: string): Sm2PublicKey {
    const known = this.#publicKeys.get(id)
    if (known !== undefined) return known
    const key = Sm2PublicKey.fromBytes(this.#file(publicPath(id)))
    this.#publicKeys.set(id, key)
    return key
  }

  #seal(key: Sm2PrivateKey, masterKey: SecretBytes, aad: Uint8Array): Uint8Array {
    const bytes = key.exportSigningForm()
    const nonce = this.#random.bytes(NONCE_LENGTH)
    const sealed = sm4GcmSeal(masterKey, nonce, bytes, aad)
    bytes.fill(0)
    const file = new Uint8Array(NONCE_LENGTH + sealed.length)
    file.set(nonce)
    file.set(sealed, NONCE_LENGTH)
    return file
  }

  #unseal(id: string, masterKey: SecretBytes, aad: () => Uint8Array): Sm2PrivateKey {
    const quick = this.#quickKeys.open(id, masterKey)
    if (quick !== undefined) return quick
    const file = this.#file(keyPath(id))
    const bytes = sm4GcmOpen(masterKey, file.subarray(0, NONCE_LENGTH), file.subarray(NONCE_LENGTH), aad())
    this.#quickKeys.keep(id, masterKey, bytes)
    const key = Sm2PrivateKey.fromSigningForm(bytes)
    bytes.fill(0)
    return key
  }

  #file(path: string): Uint8Array {
    const bytes = this.#memory.get(path)
    if (bytes === undefined) throw new Error(`container refers to the missing file ${path}`)
    return bytes
  }
}

const keyPath = (id: string): string => `key/${id}`
const publicPath = (id: string): string => `public/${id}`
const certificatePath = (id: string): string => `certificate/${id}`

function destroyPair(id: string): Change[] {
  return [remove(keyPath(id)), remove(publicPath(id)), remove(certificatePath(id))]
}

function withSlots(record: ContainerRecord, usage: KeyUsage, slots: Partial<PairSlots>): ContainerRecord {
  return { ...record, [usage]: { ...record[usage], ...slots } }
}

/** A sealed key opens only in its own container, for its own usage and beside its own public key. */
function binding(name: string, usage: KeyUsage, publicKey: Sm2PublicKey): Uint8Array {
  return utf8ToBytes(`${usage}:${bytesToHex(publicKey.bytes)}:${name}`)
}
