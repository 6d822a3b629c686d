import { bytesToHex } from '@anqu/encoding'
import { AppletMemory } from './applet-memory.ts'
import type { Applet, AppletFactory } from './applet.ts'
import type { CardRandom } from './card-random.ts'
import type { NonVolatileMemory } from './non-volatile-memory.ts'

/** An application a card is made with: its identifier and how an instance comes to be. */
export interface InstalledApplet {
  readonly aid: Uint8Array
  readonly create: AppletFactory
}

const SHORTEST_AID = 5

/** Applet instances of a powered card. */
export class AppletRegistry {
  readonly #applets = new Map<string, Applet>()

  constructor(installed: readonly InstalledApplet[], memory: NonVolatileMemory, random: CardRandom) {
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

  powerOff(): void {
    for (const applet of this.#applets.values()) applet.powerOff()
  }
}
