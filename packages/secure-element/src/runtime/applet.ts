import type { CommandApdu } from '../apdu/command.ts'
import type { AppletMemory } from './applet-memory.ts'
import type { CardRandom } from './card-random.ts'

/** What the card gives an applet instance: its own files and the card's random numbers. */
export interface AppletContext {
  /** Identifier of the instance. */
  readonly aid: Uint8Array
  readonly memory: AppletMemory
  readonly random: CardRandom
}

/** An application on the card. The card calls it with one whole command at a time. */
export interface Applet {
  /** Application identifier, 5 to 16 bytes. */
  readonly aid: Uint8Array
  /** Called on SELECT; the answer is the file control information. */
  select(): Uint8Array
  /** Leaves no right behind: called on every SELECT that follows. */
  deselect(): void
  /** Wipes all volatile secrets: called on reset and after an internal error. The instance is not used again. */
  powerOff(): void
  /**
   * Answers the response body for status 9000.
   * @throws StatusError for every refusal.
   */
  process(command: CommandApdu): Promise<Uint8Array>
}

export type AppletFactory = (context: AppletContext) => Applet
