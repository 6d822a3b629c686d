import { bytesToHex } from '@anqu/encoding'
import { AppletMemory } from './applet-memory.ts'
import type { Applet, AppletFactory } from './applet.ts'
import type { CardRandom } from './card-random.ts'
import { FileType, type NonVolatileMemory } from './non-volatile-memory.ts'

/** An application a card is made with: its identifier and how an instance comes to be. */
export interface InstalledApplet {
  readonly aid: Uint8Array
  readonly create: AppletFactory
}

const SHORTEST_AID = 5
/** Application life cycle states (GlobalPlatform Card Specification 2.3.1 table 11-4); the first bit is the lock. */
const SELECTABLE = 0x07
const LOCKED = 0x87

/** Applet instances of a powered card. */
export class AppletRegistry {
  readonly #applets = new Map<string, Applet>()
  readonly #memory: NonVolatileMemory

  constructor(installed: readonly InstalledApplet[], memory: NonVolatileMemory, random: CardRandom) {
    this.#memory = memory
    for (const { aid, create } of installed) {
      const name = bytesToHex(aid)
      if (this.#applets.has(name)) throw new RangeError(`application ${name} is installed twice`)
      this.#applets.set(name, create({ memory: new AppletMemory(memory, name), random }))
    }
  }

  /** The applet with this identifier, or the first whose identifier starts with it (ISO/IEC 7816-4 §8.2.1.2). */
  find(aid: Uint8Array): Applet | undefined {
    if (aid.length < SHORTEST_AID || aid.length > 16) return undefined
    const wanted = bytesToHex(aid)
    for (const [name, applet] of this.#applets) if (name.startsWith(wanted)) return applet
    return undefined
  }

  isLocked(applet: Applet): boolean {
    return this.#memory.get(lockPath(bytesToHex(applet.aid))) !== undefined
  }

  list(): { aid: Uint8Array; state: number }[] {
    return [...this.#applets.values()].map((applet) => ({
      aid: applet.aid,
      state: this.isLocked(applet) ? LOCKED : SELECTABLE,
    }))
  }

  /** A locked application cannot be selected. False when there is none with exactly this identifier. */
  async setLock(aid: Uint8Array, state: 'locked' | 'open'): Promise<boolean> {
    const name = bytesToHex(aid)
    if (!this.#applets.has(name)) return false
    const path = lockPath(name)
    const file = { type: FileType.working, bytes: Uint8Array.of(LOCKED) }
    await this.#memory.commit([state === 'locked' ? { kind: 'put', path, file } : { kind: 'delete', path }])
    return true
  }

  powerOff(): void {
    for (const applet of this.#applets.values()) applet.powerOff()
  }
}

function lockPath(name: string): string {
  return `card/locked/${name}`
}
