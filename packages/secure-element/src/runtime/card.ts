import { bytesToHex, equalBytes, hexToBytes, ParseError } from '@anqu/encoding'
import { CommandChain } from '../apdu/chaining.ts'
import { parseCommand, type CommandApdu } from '../apdu/command.ts'
import { encodeResponse, ResponseBuffer } from '../apdu/response.ts'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import { StoredChannelKeys } from '../applets/issuer-security-domain/channel-keys.ts'
import {
  ISSUER_SECURITY_DOMAIN_AID,
  IssuerSecurityDomain,
} from '../applets/issuer-security-domain/issuer-security-domain.ts'
import type { KeySet } from '../channel/key-set.ts'
import { SecureChannel } from '../channel/secure-channel.ts'
import { CardStorageError, type CardStorage } from '../storage/card-storage.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { AppletMemory } from './applet-memory.ts'
import { AppletRegistry, instancePath, type ExecutableModule } from './applet-registry.ts'
import type { Applet } from './applet.ts'
import { CardRandom, type RandomSource } from './card-random.ts'
import { ContentManager } from './content-manager.ts'
import { CardState, LifeCycle } from './life-cycle.ts'
import { MASTER_FILE_ID, MasterFile } from './master-file.ts'
import {
  FileType,
  MemoryFailure,
  NonVolatileMemory,
  type Change,
  QuotaExceeded,
} from './non-volatile-memory.ts'

/** Answer to reset: T=1, no historical bytes. */
export const ANSWER_TO_RESET = hexToBytes('3b80800101')

const INS_SELECT = 0xa4
const INS_GET_RESPONSE = 0xc0
const INS_GET_DATA = 0xca
const INS_INITIALIZE_UPDATE = 0x50
const INS_EXTERNAL_AUTHENTICATE = 0x82
const CHANNEL_BITS = 0x03
/** GlobalPlatform's secure messaging; ISO's own form is not spoken. */
const SECURE_MESSAGING = 0x04
const ISO_SECURE_MESSAGING = 0x08
const NOTHING = new Uint8Array(0)
const UNUSED_CLASS_BITS = 0x60

export interface CardSetup {
  readonly storage: CardStorage
  /** Applications this build of the card can run. */
  readonly applets: readonly ExecutableModule[]
  /** 'preinstalled' (default): a new card has an instance of each. 'to-be-loaded': none until a package is loaded. */
  readonly applications?: 'preinstalled' | 'to-be-loaded'
  /** Whose signature the packages must carry that are loaded onto the card. */
  readonly packageKey?: Sm2PublicKey
  readonly quota?: number
  readonly random?: RandomSource
  /** Keys of the secure channel that a new card is given. */
  readonly channelKeys?: readonly KeySet[]
  /** 'required': no application is reached outside a secure channel (B-7.5.10.2-2). Default 'optional'. */
  readonly channelPolicy?: 'required' | 'optional'
}

interface Power {
  readonly channel: SecureChannel
  readonly issuer: IssuerSecurityDomain
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
    const { storage, applets, quota, channelKeys = [] } = this.#setup
    const memory = await NonVolatileMemory.open(storage, quota)
    const random = new CardRandom(this.#setup.random)
    const preinstalled =
      this.#setup.applications === 'to-be-loaded' ? [] : applets.map((module) => module.aid)
    await provision(memory, preinstalled)
    const registry = new AppletRegistry(applets, memory, random)
    const content = new ContentManager(memory, registry, {
      packageKey: this.#setup.packageKey,
      reservedAid: ISSUER_SECURITY_DOMAIN_AID,
    })
    const lifeCycle = new LifeCycle(memory)
    const aid = ISSUER_SECURITY_DOMAIN_AID
    const keys = new StoredChannelKeys(aid, new AppletMemory(memory, bytesToHex(aid)), random)
    await keys.personalise(channelKeys)
    const channel = new SecureChannel(keys)
    const issuer = new IssuerSecurityDomain({ lifeCycle, registry, channel, keys, content })
    const masterFile = new MasterFile()
    const [chain, responses] = [new CommandChain(), new ResponseBuffer()]
    return { registry, lifeCycle, channel, issuer, masterFile, chain, responses, selected: masterFile }
  }

  #powerOff(): void {
    this.#power?.registry.powerOff()
    this.#power?.channel.close()
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
      if (command === undefined) return encodeResponse(NOTHING, StatusWord.ok)
      return power.responses.answer(await this.#execute(power, command), command.ne)
    } catch (error) {
      const statusWord = this.#statusOf(error)
      return encodeResponse(await power.channel.wrap(NOTHING, statusWord), statusWord)
    }
  }

  /** The secure channel stands before every application: nothing passes it but what it unwrapped, or what needs none. */
  async #execute(power: Power, command: CommandApdu): Promise<Uint8Array> {
    const { channel } = power
    if (command.ins === INS_SELECT && command.cla === 0) return select(power, command)
    requireStatus(power.lifeCycle.state !== CardState.terminated, StatusWord.conditionsNotSatisfied)
    if (command.ins === INS_INITIALIZE_UPDATE && command.cla === 0x80)
      return channel.initializeUpdate(command)
    if (command.ins === INS_EXTERNAL_AUTHENTICATE && command.cla === 0x84)
      return channel.externalAuthenticate(command)
    if ((command.cla & SECURE_MESSAGING) !== 0 || channel.isOpen)
      return channel.wrap(await power.selected.process(await channel.unwrap(command)), StatusWord.ok)
    const reachable = this.#setup.channelPolicy !== 'required' || isPublic(power, command)
    requireStatus(reachable, StatusWord.securityNotSatisfied)
    return power.selected.process(command)
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

/** Once in a card's life: the instances it comes with. Deleted ones do not come back at the next power-up. */
async function provision(memory: NonVolatileMemory, preinstalled: readonly Uint8Array[]): Promise<void> {
  const path = 'card/provisioned'
  if (memory.get(path) !== undefined) return
  const write = (to: string, bytes: Uint8Array): Change => ({
    kind: 'put',
    path: to,
    file: { type: FileType.working, bytes },
  })
  const instances = preinstalled.map((aid) => write(instancePath(bytesToHex(aid)), aid))
  await memory.commit([write(path, Uint8Array.of(1)), ...instances])
}

function checkClass({ cla }: CommandApdu): void {
  requireStatus((cla & UNUSED_CLASS_BITS) === 0, StatusWord.classNotSupported)
  requireStatus((cla & CHANNEL_BITS) === 0, StatusWord.channelNotSupported)
  requireStatus((cla & ISO_SECURE_MESSAGING) === 0, StatusWord.secureMessagingNotSupported)
}

function getResponse(power: Power, command: CommandApdu): Uint8Array {
  requireStatus(command.cla === 0, StatusWord.classNotSupported)
  requireStatus(command.p1 === 0 && command.p2 === 0, StatusWord.wrongParameters)
  const piece = power.responses.next(command.ne)
  requireStatus(piece !== undefined, StatusWord.conditionsNotSatisfied)
  return piece
}

/** What a required channel lets through bare: the issuer's public data, and the root that refuses everything itself. */
function isPublic(power: Power, command: CommandApdu): boolean {
  return (
    power.selected === power.masterFile || (power.selected === power.issuer && command.ins === INS_GET_DATA)
  )
}

/** SELECT by application identifier (P1 04), or of the master file (P1 00). */
function select(power: Power, command: CommandApdu): Uint8Array {
  requireStatus(command.p2 === 0, StatusWord.wrongParameters)
  const { state } = power.lifeCycle
  requireStatus(state !== CardState.terminated, StatusWord.conditionsNotSatisfied)
  const next = target(power, command)
  requireStatus(next !== undefined, StatusWord.notFound)
  // A locked card shows its root and its issuer (GlobalPlatform Card Specification 2.3.1 §5.1.1.4), a locked application is closed.
  const isApplication = next !== power.masterFile && next !== power.issuer
  requireStatus(!isApplication || state !== CardState.locked, StatusWord.conditionsNotSatisfied)
  requireStatus(!isApplication || !power.registry.isLocked(next), StatusWord.conditionsNotSatisfied)
  power.channel.close()
  power.selected.deselect()
  power.selected = next
  return next.select()
}

function target(power: Power, { p1, data }: CommandApdu): Applet | undefined {
  if (p1 === 0x04) return data.length === 0 || isIssuer(data) ? power.issuer : power.registry.find(data)
  requireStatus(p1 === 0x00, StatusWord.wrongParameters)
  return data.length === 0 || equalBytes(data, MASTER_FILE_ID) ? power.masterFile : undefined
}

/** Full identifier, or its start from five bytes on. */
function isIssuer(aid: Uint8Array): boolean {
  const { length } = aid
  return length >= 5 && length <= 8 && equalBytes(aid, ISSUER_SECURITY_DOMAIN_AID.subarray(0, length))
}
