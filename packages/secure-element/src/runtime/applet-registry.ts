import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { AppletMemory } from './applet-memory.ts'
import type { Applet, AppletFactory } from './applet.ts'
import type { CardRandom } from './card-random.ts'
import { FileType, type Change, type NonVolatileMemory } from './non-volatile-memory.ts'

/** An application this card can run: its module's identifier and how an instance comes to be. */
export interface ExecutableModule {
  readonly aid: Uint8Array
  readonly create: AppletFactory
}

/** An instance as card memory keeps it. */
export interface InstanceRecord {
  readonly aid: Uint8Array
  /** Identifier of the executable module it was made from. */
  readonly module: Uint8Array
  readonly state: number
}

const SHORTEST_AID = 5
const LONGEST_AID = 16
/** Application life cycle states (GlobalPlatform Card Specification 2.3.1 table 11-4); the first bit is the lock. */
const SELECTABLE = 0x07
const LOCKED = 0x87
const INSTANCES = 'card/instance/'

export function isAid(bytes: Uint8Array): boolean {
  return bytes.length >= SHORTEST_AID && bytes.length <= LONGEST_AID
}

/** Applet instances: in card memory by identifier and module, in a powered card as running objects. */
export class AppletRegistry {
  readonly #applets = new Map<string, Applet>()
  /** Where the lock of each running instance is kept. */
  readonly #locks = new Map<Applet, string>()
  readonly #modules: ReadonlyMap<string, ExecutableModule>
  readonly #memory: NonVolatileMemory
  readonly #random: CardRandom

  constructor(modules: readonly ExecutableModule[], memory: NonVolatileMemory, random: CardRandom) {
    this.#modules = new Map(modules.map((module) => [bytesToHex(module.aid), module]))
    this.#memory = memory
    this.#random = random
    for (const path of memory.paths(INSTANCES)) this.#start(path.slice(INSTANCES.length))
  }

  hasModule(aid: Uint8Array): boolean {
    return this.#modules.has(bytesToHex(aid))
  }

  has(aid: Uint8Array): boolean {
    return this.#memory.get(instancePath(bytesToHex(aid))) !== undefined
  }

  /** The applet with exactly this identifier. */
  get(aid: Uint8Array): Applet | undefined {
    return this.#applets.get(bytesToHex(aid))
  }

  /** Whether the applet is still on the card. */
  runs(applet: Applet): boolean {
    return this.#locks.has(applet)
  }

  /** The applet with this identifier, or the first whose identifier starts with it (ISO/IEC 7816-4 §8.2.1.2). */
  find(aid: Uint8Array): Applet | undefined {
    if (!isAid(aid)) return undefined
    const wanted = bytesToHex(aid)
    for (const [name, applet] of this.#applets) if (name.startsWith(wanted)) return applet
    return undefined
  }

  /** Whether the applet is still on the card and open. */
  isUsable(applet: Applet): boolean {
    const lock = this.#locks.get(applet)
    return lock !== undefined && this.#memory.get(lock) === undefined
  }

  list(): InstanceRecord[] {
    return this.#memory.paths(INSTANCES).map((path) => {
      const name = path.slice(INSTANCES.length)
      return {
        aid: hexToBytes(name),
        module: this.#memory.get(path)?.bytes ?? new Uint8Array(0),
        state: this.#memory.get(lockPath(name)) === undefined ? SELECTABLE : LOCKED,
      }
    })
  }

  /** Identifier of the module that an instance was made from. */
  moduleOf(aid: Uint8Array): Uint8Array | undefined {
    return this.#memory.get(instancePath(bytesToHex(aid)))?.bytes
  }

  /** Makes an instance and its module's link to it last. The caller has checked both identifiers. */
  async install(aid: Uint8Array, module: Uint8Array): Promise<void> {
    const name = bytesToHex(aid)
    await this.#memory.commit([
      { kind: 'put', path: instancePath(name), file: { type: FileType.working, bytes: module } },
    ])
    this.#start(name)
  }

  /** What must be committed to remove an instance with everything it stored. */
  removal(aid: Uint8Array): Change[] {
    const name = bytesToHex(aid)
    const paths = [instancePath(name), lockPath(name), ...this.#memory.paths(`${name}/`)]
    return paths.map((path) => ({ kind: 'delete', path }))
  }

  /** Ends the running object of an instance that is no longer in memory. */
  forget(aid: Uint8Array): void {
    const name = bytesToHex(aid)
    const applet = this.#applets.get(name)
    if (applet === undefined) return
    applet.powerOff()
    this.#applets.delete(name)
    this.#locks.delete(applet)
  }

  /** Instances made from any of these modules. */
  instancesOf(modules: readonly Uint8Array[]): Uint8Array[] {
    const wanted = new Set(modules.map(bytesToHex))
    return this.list().flatMap(({ aid, module }) => (wanted.has(bytesToHex(module)) ? [aid] : []))
  }

  /** A locked application cannot be selected. False when there is none with exactly this identifier. */
  async setLock(aid: Uint8Array, state: 'locked' | 'open'): Promise<boolean> {
    if (!this.has(aid)) return false
    const path = lockPath(bytesToHex(aid))
    const file = { type: FileType.working, bytes: Uint8Array.of(LOCKED) }
    await this.#memory.commit([state === 'locked' ? { kind: 'put', path, file } : { kind: 'delete', path }])
    return true
  }

  async settle(): Promise<void> {
    for (const applet of this.#applets.values()) await applet.settle?.()
  }

  powerOff(): void {
    for (const applet of this.#applets.values()) applet.powerOff()
  }

  /** An instance whose module this build does not have stays on the card, at rest. */
  #start(name: string): void {
    const module = this.#memory.get(instancePath(name))?.bytes
    const executable = module === undefined ? undefined : this.#modules.get(bytesToHex(module))
    if (executable === undefined) return
    const memory = new AppletMemory(this.#memory, name)
    const applet = executable.create({ aid: hexToBytes(name), memory, random: this.#random })
    this.#applets.set(name, applet)
    this.#locks.set(applet, lockPath(name))
  }
}

export function instancePath(name: string): string {
  return INSTANCES + name
}

function lockPath(name: string): string {
  return `card/locked/${name}`
}
