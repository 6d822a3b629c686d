import { concatBytes, equalBytes, parseBerTlv } from '@anqu/encoding'
import { sm2Verify, sm3, type Sm2PublicKey } from '@anqu/gm-crypto'
import { requireStatus, StatusWord } from '../apdu/status-word.ts'
import { isAid, type AppletRegistry } from './applet-registry.ts'
import { parseLoadFile, type LoadFile } from './load-file.ts'
import type { LoadedPackages } from './loaded-packages.ts'
import type { Change, NonVolatileMemory } from './non-volatile-memory.ts'

/** A load file's blocks together; they are kept in volatile memory until the last is here. */
const LARGEST_LOAD = 32 * 1024
const TAG = { dap: 0xe2, signature: 0xc3, data: 0xc4 } as const

export interface ContentRules {
  /** Whose signature a load file must carry; undefined leaves it to the secure channel who may load. */
  readonly packageKey: () => Sm2PublicKey | undefined
  /** The issuer's own identifier: an instance of that name would share its files, keys included. */
  readonly reservedAid: Uint8Array
  /** What else must be committed when an instance goes: the clients bound to it are released. */
  readonly releaseOf: (instance: Uint8Array) => Change[]
}

export interface CardContent {
  readonly memory: NonVolatileMemory
  readonly registry: AppletRegistry
  readonly packages: LoadedPackages
}

/** Whether a load file takes a free identifier, or the place of the version on the card. */
export type LoadMode = 'new' | 'replace'

interface Loading {
  readonly aid: Uint8Array
  readonly mode: LoadMode
  readonly hash: Uint8Array
  blocks: Uint8Array
  next: number
}

/**
 * Loading, installing and deleting applications (GlobalPlatform Card Specification 2.3.1 §9). Nothing reaches card memory
 * before the last block of a load file was verified, so a connection lost anywhere leaves no half-installed card.
 */
export class ContentManager {
  readonly #memory: NonVolatileMemory
  readonly #registry: AppletRegistry
  readonly #packages: LoadedPackages
  readonly #rules: ContentRules
  #loading: Loading | undefined

  constructor(card: CardContent, rules: ContentRules) {
    this.#memory = card.memory
    this.#registry = card.registry
    this.#packages = card.packages
    this.#rules = rules
  }

  loadFiles(): LoadFile[] {
    return this.#packages.list()
  }

  /** INSTALL [for load]. @throws StatusError 6A80 without a hash, 6985 for a taken identifier, 6A88 with nothing to replace. */
  beginLoad(aid: Uint8Array, hash: Uint8Array, mode: LoadMode): void {
    this.#loading = undefined
    requireStatus(isAid(aid) && hash.length === 32, StatusWord.wrongData)
    if (mode === 'new') requireStatus(!this.#isTaken(aid), StatusWord.conditionsNotSatisfied)
    else requireStatus(this.#packages.get(aid) !== undefined, StatusWord.referencedDataNotFound)
    this.#loading = { aid, hash, mode, blocks: new Uint8Array(0), next: 0 }
  }

  /** LOAD. Blocks come in order; `last` verifies hash and signature and stores the file. Any failure drops all of it. */
  async load(number: number, block: Uint8Array, position: 'more' | 'last'): Promise<void> {
    const loading = this.#loading
    this.#loading = undefined
    requireStatus(loading !== undefined && number === loading.next, StatusWord.conditionsNotSatisfied)
    requireStatus(loading.blocks.length + block.length <= LARGEST_LOAD, StatusWord.notEnoughMemory)
    const blocks = concatBytes(loading.blocks, block)
    if (position === 'more') this.#loading = { ...loading, blocks, next: (number + 1) & 0xff }
    else await this.#store(loading, blocks)
  }

  /** A block came out of turn, or another command in between: what was loaded so far is gone. */
  abandonLoad(): void {
    this.#loading = undefined
  }

  /** INSTALL [for install and make selectable]. @throws StatusError 6A88 unknown file or module, 6985 identifier taken. */
  async install(wanted: { loadFile: Uint8Array; module: Uint8Array; instance: Uint8Array }): Promise<void> {
    const { loadFile, module, instance } = wanted
    const file = this.#packages.get(loadFile)
    requireStatus(file !== undefined, StatusWord.referencedDataNotFound)
    const known = file.modules.some((aid) => equalBytes(aid, module)) && this.#registry.hasModule(module)
    requireStatus(known, StatusWord.referencedDataNotFound)
    requireStatus(isAid(instance), StatusWord.wrongData)
    requireStatus(!this.#isTaken(instance), StatusWord.conditionsNotSatisfied)
    await this.#registry.install(instance, module)
  }

  /** DELETE. An instance goes with all it stored; a load file only without instances, or `withInstances`. */
  async delete(aid: Uint8Array, scope: 'alone' | 'withInstances'): Promise<void> {
    if (this.#registry.has(aid)) return this.#remove([aid], [])
    const file = this.#packages.get(aid)
    requireStatus(file !== undefined, StatusWord.referencedDataNotFound)
    const instances = this.#registry.instancesOf(file.modules)
    requireStatus(instances.length === 0 || scope === 'withInstances', StatusWord.conditionsNotSatisfied)
    await this.#remove(instances, [this.#packages.removal(aid)])
  }

  async #remove(instances: readonly Uint8Array[], files: readonly Change[]): Promise<void> {
    const released = instances.flatMap((aid) => this.#rules.releaseOf(aid))
    await this.#memory.commit([
      ...instances.flatMap((aid) => this.#registry.removal(aid)),
      ...released,
      ...files,
    ])
    for (const aid of instances) this.#registry.forget(aid)
  }

  async #store({ aid, hash, mode }: Loading, blocks: Uint8Array): Promise<void> {
    const objects = parseBerTlv(blocks)
    const data = objects.find(({ tag }) => tag === TAG.data)?.value
    requireStatus(data !== undefined && equalBytes(sm3(data), hash), StatusWord.wrongData)
    const dap = objects.find(({ tag }) => tag === TAG.dap)?.children
    const signature = dap?.find(({ tag }) => tag === TAG.signature)?.value
    const publisher = this.#rules.packageKey()
    const trusted =
      publisher === undefined || (signature !== undefined && sm2Verify(publisher, data, signature))
    requireStatus(trusted, StatusWord.verificationFailed)
    const loaded = parseLoadFile(data)
    // What was signed for one identifier is loaded under no other.
    const fits =
      equalBytes(loaded.aid, aid) && loaded.modules.every((module) => this.#registry.hasModule(module))
    requireStatus(fits, StatusWord.wrongData)
    if (mode === 'replace') this.#checkReplacement(aid, loaded)
    // One commit: the card has the old version or the new one, whenever the power goes.
    await this.#memory.commit([this.#packages.put(loaded, data)])
  }

  /** Only forwards, and no instance is left without its module: those on the card keep all they stored. */
  #checkReplacement(aid: Uint8Array, next: LoadFile): void {
    const present = this.#packages.get(aid)
    requireStatus(present !== undefined, StatusWord.referencedDataNotFound)
    requireStatus(next.version > present.version, StatusWord.conditionsNotSatisfied)
    const dropped = present.modules.filter((module) => !next.modules.some((kept) => equalBytes(kept, module)))
    requireStatus(this.#registry.instancesOf(dropped).length === 0, StatusWord.conditionsNotSatisfied)
  }

  #isTaken(aid: Uint8Array): boolean {
    if (equalBytes(aid, this.#rules.reservedAid)) return true
    return this.#registry.has(aid) || this.#packages.get(aid) !== undefined
  }
}
