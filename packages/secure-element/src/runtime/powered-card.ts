import { bytesToHex, equalBytes, ParseError } from '@anqu/encoding'
import { parseCommand, type CommandApdu } from '../apdu/command.ts'
import { encodeResponse } from '../apdu/response.ts'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import { StoredChannelKeys } from '../applets/issuer-security-domain/channel-keys.ts'
import {
  ISSUER_SECURITY_DOMAIN_AID,
  IssuerSecurityDomain,
} from '../applets/issuer-security-domain/issuer-security-domain.ts'
import { PublisherKey } from '../applets/issuer-security-domain/publisher-key.ts'
import { TransportKeys } from '../applets/issuer-security-domain/transport-keys.ts'
import { isClientVersion } from '../channel/key-set.ts'
import { SecureChannel } from '../channel/secure-channel.ts'
import { AccessControl } from './access-control.ts'
import { AppletMemory } from './applet-memory.ts'
import { AppletRegistry, instancePath } from './applet-registry.ts'
import type { Applet, CommandOrigin } from './applet.ts'
import type { CardSetup } from './card.ts'
import { CardRandom } from './card-random.ts'
import { ContentManager } from './content-manager.ts'
import { CardState, LifeCycle } from './life-cycle.ts'
import { LoadedPackages } from './loaded-packages.ts'
import { LogicalChannel, LogicalChannels } from './logical-channels.ts'
import { MASTER_FILE_ID, MasterFile } from './master-file.ts'
import { FileType, NonVolatileMemory, QuotaExceeded, type Change } from './non-volatile-memory.ts'

const INS_SELECT = 0xa4
const INS_MANAGE_CHANNEL = 0x70
const INS_GET_RESPONSE = 0xc0
const INS_INITIALIZE_UPDATE = 0x50
const INS_EXTERNAL_AUTHENTICATE = 0x82
const CHANNEL_BITS = 0x03
/** GlobalPlatform's secure messaging; ISO's own form is not spoken. */
const SECURE_MESSAGING = 0x04
const ISO_SECURE_MESSAGING = 0x08
const UNUSED_CLASS_BITS = 0x60
const NOTHING = new Uint8Array(0)

interface Parts {
  readonly channelPolicy: 'required' | 'optional'
  readonly registry: AppletRegistry
  readonly lifeCycle: LifeCycle
  readonly access: AccessControl
  readonly issuer: IssuerSecurityDomain
  readonly masterFile: MasterFile
  readonly channels: LogicalChannels
}

/** The card between power-up and power-off: everything volatile is in here and goes with it. */
export class PoweredCard {
  readonly #parts: Parts

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static async powerUp(setup: CardSetup): Promise<PoweredCard> {
    const { storage, applets, quota, channelKeys = [], channelPolicy = 'optional' } = setup
    const memory = await NonVolatileMemory.open(storage, quota)
    const random = new CardRandom(setup.random)
    await provision(memory, setup.applications === 'to-be-loaded' ? [] : applets.map(({ aid }) => aid))
    const registry = new AppletRegistry(applets, memory, random)
    const aid = ISSUER_SECURITY_DOMAIN_AID
    const issuerMemory = new AppletMemory(memory, bytesToHex(aid))
    const keys = new StoredChannelKeys(aid, issuerMemory, random, setup)
    await keys.personalise(channelKeys)
    const transportKeys = new TransportKeys(issuerMemory, keys, random)
    await transportKeys.prepare(setup.issuerRoot)
    const packages = new LoadedPackages(memory)
    const access = new AccessControl(issuerMemory, keys, (instance) => {
      const module = registry.moduleOf(instance)
      return module && packages.hashFor(module)
    })
    const publisherKey = new PublisherKey(issuerMemory, setup.packageKey)
    const content = new ContentManager(
      { memory, registry, packages },
      {
        packageKey: () => publisherKey.current,
        reservedAid: aid,
        releaseOf: (instance) => access.releaseOf(instance).map((change) => issuerMemory.own(change)),
      },
    )
    const lifeCycle = new LifeCycle(memory)
    const issuer = new IssuerSecurityDomain({
      memory: issuerMemory,
      lifeCycle,
      registry,
      keys,
      transportKeys,
      content,
      publisherKey,
      access,
    })
    const masterFile = new MasterFile()
    const channels = new LogicalChannels(
      (number) => new LogicalChannel(number, new SecureChannel(keys), masterFile),
    )
    return new PoweredCard({ channelPolicy, registry, lifeCycle, access, issuer, masterFile, channels })
  }

  /** Before an orderly power-off. */
  settle(): Promise<void> {
    return this.#parts.registry.settle()
  }

  powerOff(): void {
    this.#parts.channels.closeAll()
    this.#parts.registry.powerOff()
  }

  /** @throws what is no refusal: a failed memory, a bug. The card must be powered off then. */
  async answer(bytes: Uint8Array): Promise<Uint8Array> {
    let channel: LogicalChannel | undefined
    try {
      const part = parseCommand(bytes)
      checkClass(part)
      channel = this.#parts.channels.get(part.cla & CHANNEL_BITS)
      // From here on a command looks the same on every channel; GlobalPlatform's MAC is over the bare class too.
      const bare = channel.number === 0 ? part : { ...part, cla: part.cla & ~CHANNEL_BITS }
      if (bare.ins === INS_GET_RESPONSE) return getResponse(channel, bare)
      channel.responses.clear()
      const command = channel.chain.accept(bare)
      if (command === undefined) return encodeResponse(NOTHING, StatusWord.ok)
      return channel.responses.answer(await this.#execute(channel, command), command.ne)
    } catch (error) {
      const statusWord = refusalOf(error)
      if (channel === undefined) return encodeResponse(NOTHING, statusWord)
      return encodeResponse(await channel.secure.wrap(NOTHING, statusWord), statusWord)
    }
  }

  /** The secure channel stands before every application: nothing passes it but what it unwrapped, or what needs none. */
  #execute(channel: LogicalChannel, command: CommandApdu): Promise<Uint8Array> | Uint8Array {
    const { secure } = channel
    const { cla, ins } = command
    if (ins === INS_SELECT && cla === 0) return this.#select(channel, command)
    requireStatus(this.#parts.lifeCycle.state !== CardState.terminated, StatusWord.conditionsNotSatisfied)
    if (ins === INS_MANAGE_CHANNEL && cla === 0) return this.#parts.channels.manage(command, channel)
    if (ins === INS_INITIALIZE_UPDATE && cla === 0x80) return secure.initializeUpdate(command)
    if (ins === INS_EXTERNAL_AUTHENTICATE && cla === 0x84) return secure.externalAuthenticate(command)
    if ((cla & SECURE_MESSAGING) !== 0 || secure.isOpen) return this.#overChannel(channel, command)
    return this.#process(channel, command)
  }

  async #overChannel(channel: LogicalChannel, command: CommandApdu): Promise<Uint8Array> {
    const { secure } = channel
    return secure.wrap(await this.#process(channel, await secure.unwrap(command)), StatusWord.ok)
  }

  #process(channel: LogicalChannel, command: CommandApdu): Promise<Uint8Array> {
    const origin = this.#origin(channel)
    this.#guard(channel, command, origin)
    return channel.selected.process(command, origin)
  }

  #origin({ number, secure }: LogicalChannel): CommandOrigin {
    const version = secure.keySet?.version
    const isClient = version !== undefined && isClientVersion(version)
    return {
      channel: number,
      session: version === undefined ? undefined : secure,
      issuer: version !== undefined && !isClient,
      client: isClient ? this.#parts.access.client(version) : undefined,
    }
  }

  /**
   * Before an application sees a command (B-7.4-3, B-7.4-4, B-7.5.10.2-2). On a SECURED card, or where that is required, it
   * must have come encrypted and authenticated; where rules are in force, from a client they list. One answer for all of it,
   * so that nobody learns which rule they met.
   */
  #guard({ selected, secure }: LogicalChannel, command: CommandApdu, origin: CommandOrigin): void {
    const { registry, lifeCycle, access, channelPolicy } = this.#parts
    if (!this.#isApplication(selected)) return
    const { state } = lifeCycle
    const usable = state !== CardState.locked && registry.isUsable(selected)
    requireStatus(usable, StatusWord.conditionsNotSatisfied)
    const personalised = state === CardState.secured
    const confidential = secure.isConfidential || (!personalised && channelPolicy === 'optional')
    requireStatus(confidential, StatusWord.securityNotSatisfied)
    if (!personalised && !access.hasRules) return
    const allowed = origin.issuer
      ? selected.isForIssuer?.(command) === true
      : origin.client !== undefined && access.allows(origin.client, selected.aid, command)
    requireStatus(allowed, StatusWord.securityNotSatisfied)
  }

  /** SELECT by application identifier (P1 04), or of the master file (P1 00). */
  #select(channel: LogicalChannel, command: CommandApdu): Uint8Array {
    requireStatus(command.p2 === 0, StatusWord.wrongParameters)
    const { lifeCycle, registry } = this.#parts
    requireStatus(lifeCycle.state !== CardState.terminated, StatusWord.conditionsNotSatisfied)
    const next = this.#target(command)
    requireStatus(next !== undefined, StatusWord.notFound)
    // A locked card shows its root and its issuer (GlobalPlatform Card Specification 2.3.1 §5.1.1.4), a locked application is closed.
    const open = lifeCycle.state !== CardState.locked && registry.isUsable(next)
    requireStatus(!this.#isApplication(next) || open, StatusWord.conditionsNotSatisfied)
    channel.secure.close()
    channel.selected.deselect(channel.number)
    channel.selected = next
    return next.select()
  }

  #target({ p1, data }: CommandApdu): Applet | undefined {
    const { issuer, masterFile, registry } = this.#parts
    if (p1 === 0x04) return data.length === 0 || isIssuer(data) ? issuer : registry.find(data)
    requireStatus(p1 === 0x00, StatusWord.wrongParameters)
    return data.length === 0 || equalBytes(data, MASTER_FILE_ID) ? masterFile : undefined
  }

  #isApplication(applet: Applet): boolean {
    return applet !== this.#parts.masterFile && applet !== this.#parts.issuer
  }
}

/** The status word of a refusal. @throws `error` itself when it is none. */
function refusalOf(error: unknown): number {
  if (error instanceof StatusError) return error.statusWord
  if (error instanceof ParseError) return StatusWord.wrongData
  if (error instanceof QuotaExceeded) return StatusWord.notEnoughMemory
  throw error
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
  requireStatus((cla & ISO_SECURE_MESSAGING) === 0, StatusWord.secureMessagingNotSupported)
}

function getResponse(channel: LogicalChannel, command: CommandApdu): Uint8Array {
  requireStatus(command.cla === 0, StatusWord.classNotSupported)
  requireStatus(command.p1 === 0 && command.p2 === 0, StatusWord.wrongParameters)
  const piece = channel.responses.next(command.ne)
  requireStatus(piece !== undefined, StatusWord.conditionsNotSatisfied)
  return piece
}

/** Full identifier, or its start from five bytes on. */
function isIssuer(aid: Uint8Array): boolean {
  const { length } = aid
  return length >= 5 && length <= 8 && equalBytes(aid, ISSUER_SECURITY_DOMAIN_AID.subarray(0, length))
}
