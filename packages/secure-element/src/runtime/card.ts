import { equalBytes, hexToBytes, ParseError } from '@anqu/encoding'
import { CommandChain } from '../apdu/chaining.ts'
import { parseCommand, type CommandApdu } from '../apdu/command.ts'
import { encodeResponse, ResponseBuffer } from '../apdu/response.ts'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import { CardStorageError, type CardStorage } from '../storage/card-storage.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { AppletRegistry, type InstalledApplet } from './applet-registry.ts'
import type { Applet } from './applet.ts'
import { CardRandom, type RandomSource } from './card-random.ts'
import { CardState, LifeCycle } from './life-cycle.ts'
import { MASTER_FILE_ID, MasterFile } from './master-file.ts'
import { MemoryFailure, NonVolatileMemory, QuotaExceeded } from './non-volatile-memory.ts'

/** Answer to reset: T=1, no historical bytes. */
export const ANSWER_TO_RESET = hexToBytes('3b80800101')

const INS_SELECT = 0xa4
const INS_GET_RESPONSE = 0xc0
const CHANNEL_BITS = 0x03
const SECURE_MESSAGING_BITS = 0x0c
const UNUSED_CLASS_BITS = 0x60

export interface CardSetup {
  readonly storage: CardStorage
  readonly applets: readonly InstalledApplet[]
  readonly quota?: number
  readonly random?: RandomSource
}

interface Power {
  readonly registry: AppletRegistry
  readonly lifeCycle: LifeCycle
  readonly masterFile: MasterFile
  readonly chain: CommandChain
  readonly responses: ResponseBuffer
  selected: Applet
}

/** The card: takes command APDUs one at a time, whoever sends them, and never answers out of turn. */
export class Card implements CardConnection {
  readonly #setup: CardSetup
  #power: Power | undefined
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
    return this.#inTurn(async () => {
      if (this.#fault !== undefined) throw this.#fault
      this.#power ??= await this.#powerUp()
      return this.#answer(this.#power, bytes)
    })
  }

  reset(): Promise<void> {
    return this.#inTurn(async () => {
      this.#powerOff()
      this.#fault = undefined
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #powerUp(): Promise<Power> {
    const { storage, applets, quota, random } = this.#setup
    const memory = await NonVolatileMemory.open(storage, quota)
    const masterFile = new MasterFile()
    return {
      registry: new AppletRegistry(applets, memory, new CardRandom(random)),
      lifeCycle: new LifeCycle(memory),
      masterFile,
      chain: new CommandChain(),
      responses: new ResponseBuffer(),
      selected: masterFile,
    }
  }

  #powerOff(): void {
    this.#power?.registry.powerOff()
    this.#power?.chain.clear()
    this.#power?.responses.clear()
    this.#power = undefined
  }

  async #answer(power: Power, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      const part = parseCommand(bytes)
      checkClass(part)
      if (part.ins === INS_GET_RESPONSE) return getResponse(power, part)
      power.responses.clear()
      const command = power.chain.accept(part)
      if (command === undefined) return encodeResponse(new Uint8Array(0), StatusWord.ok)
      const body = command.ins === INS_SELECT && command.cla === 0 ? select(power, command) : await dispatch(power, command)
      return power.responses.answer(body, command.ne)
    } catch (error) {
      return encodeResponse(new Uint8Array(0), this.#statusOf(error))
    }
  }

  #statusOf(error: unknown): number {
    if (error instanceof StatusError) return error.statusWord
    if (error instanceof ParseError) return StatusWord.wrongData
    if (error instanceof QuotaExceeded) return StatusWord.notEnoughMemory
    // Anything else leaves the card in a state nobody planned: all rights go, the next command starts from power-up.
    this.#powerOff()
    if (error instanceof CardStorageError) {
      this.#fault = error
      throw error
    }
    return error instanceof MemoryFailure ? StatusWord.memoryFailure : StatusWord.internalError
  }
}

function checkClass({ cla }: CommandApdu): void {
  requireStatus((cla & UNUSED_CLASS_BITS) === 0, StatusWord.classNotSupported)
  requireStatus((cla & CHANNEL_BITS) === 0, StatusWord.channelNotSupported)
  requireStatus((cla & SECURE_MESSAGING_BITS) === 0, StatusWord.secureMessagingNotSupported)
}

function getResponse(power: Power, command: CommandApdu): Uint8Array {
  requireStatus(command.cla === 0, StatusWord.classNotSupported)
  requireStatus(command.p1 === 0 && command.p2 === 0, StatusWord.wrongParameters)
  const piece = power.responses.next(command.ne)
  requireStatus(piece !== undefined, StatusWord.conditionsNotSatisfied)
  return piece
}

async function dispatch(power: Power, command: CommandApdu): Promise<Uint8Array> {
  requireStatus(power.lifeCycle.state !== CardState.terminated, StatusWord.conditionsNotSatisfied)
  return power.selected.process(command)
}

/** SELECT by application identifier (P1 04), or of the master file (P1 00). */
function select(power: Power, command: CommandApdu): Uint8Array {
  requireStatus(command.p2 === 0, StatusWord.wrongParameters)
  const { state } = power.lifeCycle
  requireStatus(state !== CardState.terminated, StatusWord.conditionsNotSatisfied)
  const next = target(power, command)
  requireStatus(next !== undefined, StatusWord.notFound)
  // A locked card shows its root and nothing else (GlobalPlatform Card Specification 2.3.1 §5.1.1.4).
  requireStatus(state !== CardState.locked || next === power.masterFile, StatusWord.conditionsNotSatisfied)
  power.selected.deselect()
  power.selected = next
  return next.select()
}

function target(power: Power, { p1, data }: CommandApdu): Applet | undefined {
  if (p1 === 0x04) return power.registry.find(data)
  requireStatus(p1 === 0x00, StatusWord.wrongParameters)
  return data.length === 0 || equalBytes(data, MASTER_FILE_ID) ? power.masterFile : undefined
}
