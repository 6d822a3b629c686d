import type { CommandApdu } from '../apdu/command.ts'
import type { SessionView } from '../channel/secure-channel.ts'
import type { ClientBinding } from './access-control.ts'
import type { AppletMemory } from './applet-memory.ts'
import type { CardRandom } from './card-random.ts'

/** What the card gives an applet instance: its own files and the card's random numbers. */
export interface AppletContext {
  /** Identifier of the instance. */
  readonly aid: Uint8Array
  readonly memory: AppletMemory
  readonly random: CardRandom
}

/** Where a command came from, as the card itself established it. */
export interface CommandOrigin {
  /** Number of the logical channel. */
  readonly channel: number
  /** The open secure channel it came over. */
  readonly session: SessionView | undefined
  /** It came over a secure channel that the issuer's keys opened. */
  readonly issuer: boolean
  /** The client instance whose keys opened the secure channel. */
  readonly client: ClientBinding | undefined
}

/** An application on the card. The card calls it with one whole command at a time; it keeps rights apart by logical channel. */
export interface Applet {
  /** Application identifier, 5 to 16 bytes. */
  readonly aid: Uint8Array
  /** Called on SELECT; the answer is the file control information. */
  select(): Uint8Array
  /** Leaves no right behind on that logical channel: called on every SELECT that follows and when the channel closes. */
  deselect(channel: number): void
  /** Before an orderly power-off: stores what the memory still says too strictly. */
  settle?(): Promise<void>
  /** Wipes all volatile secrets: called on reset and after an internal error. The instance is not used again. */
  powerOff(): void
  /** Whether a command is one for the issuer, who reaches no other where access rules are in force. */
  isForIssuer?(command: CommandApdu): boolean
  /** STORE DATA of the issuer for this application, whole. @throws StatusError, nothing changed. */
  personalise?(data: Uint8Array): Promise<void>
  /**
   * Answers the response body for status 9000.
   * @throws StatusError for every refusal.
   */
  process(command: CommandApdu, origin: CommandOrigin): Promise<Uint8Array>
}

export type AppletFactory = (context: AppletContext) => Applet
