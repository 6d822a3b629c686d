import { hexToBytes } from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { encodeResponse } from '../apdu/response.ts'
import { StatusWord } from '../apdu/status-word.ts'
import type { KeySet } from '../channel/key-set.ts'
import type { ChannelProfile } from '../channel/secure-channel.ts'
import { CardStorageError, type CardStorage } from '../storage/card-storage.ts'
import { untilRefused, type CardConnection } from '../transports/card-connection.ts'
import type { ExecutableModule } from './applet-registry.ts'
import type { RandomSource } from './card-random.ts'
import { MemoryFailure } from './non-volatile-memory.ts'
import { PoweredCard } from './powered-card.ts'

/** Answer to reset: T=1, no historical bytes. */
export const ANSWER_TO_RESET = hexToBytes('3b80800101')
const NOTHING = new Uint8Array(0)

export interface CardSetup extends ChannelProfile {
  readonly storage: CardStorage
  /** Applications this build of the card can run. */
  readonly applets: readonly ExecutableModule[]
  /** 'preinstalled' (default): a new card has an instance of each. 'to-be-loaded': none until a package is loaded. */
  readonly applications?: 'preinstalled' | 'to-be-loaded'
  /** Whose signature the packages must carry that are loaded onto the card. */
  readonly packageKey?: Sm2PublicKey
  readonly quota?: number
  readonly random?: RandomSource
  /** Root of the issuer's certificates, DER: a new card without keys makes transport keys for its TSM. */
  readonly issuerRoot?: Uint8Array
  /** Keys of the secure channel that a new card is given. */
  readonly channelKeys?: readonly KeySet[]
  /**
   * 'required': no application is reached outside a secure channel (B-7.5.10.2-2). 'optional' (default) leaves that open
   * until the card is SECURED, as it is after its personalisation; from then on it is required.
   */
  readonly channelPolicy?: 'required' | 'optional'
}

/** The card: takes command APDUs one at a time, whoever sends them, and never answers out of turn. */
export class Card implements CardConnection {
  readonly #setup: CardSetup
  #power: PoweredCard | undefined
  #fault: CardStorageError | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(setup: CardSetup) {
    this.#setup = setup
  }

  /**
   * Powers up at the first call.
   * @throws CardStorageError when the image is damaged or another holder took the card; from then on the card is mute
   * until `reset`, so that two holders never take it from each other in turns.
   */
  transmit(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#inTurn(() => this.#answer(bytes))
  }

  /** @throws as `transmit` */
  transmitAll(commands: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return this.#inTurn(() => untilRefused(commands, (bytes) => this.#answer(bytes)))
  }

  reset(): Promise<void> {
    return this.#inTurn(async () => {
      // What cannot be stored any more, because another holder has the card or the medium is gone, stays as strict as it was.
      await this.#power?.settle().catch(() => undefined)
      this.#powerOff()
      this.#fault = undefined
    })
  }

  async #answer(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#fault !== undefined) throw this.#fault
    this.#power ??= await PoweredCard.powerUp(this.#setup)
    try {
      return await this.#power.answer(bytes)
    } catch (error) {
      return this.#broken(error)
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }

  #powerOff(): void {
    this.#power?.powerOff()
    this.#power = undefined
  }

  /** The card is in a state nobody planned: all rights go, and the next command starts from power-up. */
  #broken(error: unknown): Uint8Array {
    this.#powerOff()
    if (error instanceof CardStorageError) {
      this.#fault = error
      throw error
    }
    const isMemory = error instanceof MemoryFailure
    return encodeResponse(NOTHING, isMemory ? StatusWord.memoryFailure : StatusWord.internalError)
  }
}
