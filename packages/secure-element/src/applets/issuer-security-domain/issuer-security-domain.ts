import { ByteReader, concatBytes, encodeBerTlv, equalBytes, hexToBytes, parseBerTlv } from '@anqu/encoding'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusWord } from '../../apdu/status-word.ts'
import { SM4 } from '../../channel/block-cipher.ts'
import type { SessionView } from '../../channel/secure-channel.ts'
import { encodeAccessRule } from '../../runtime/access-rule.ts'
import type { AccessControl } from '../../runtime/access-control.ts'
import { put, type AppletMemory } from '../../runtime/applet-memory.ts'
import type { AppletRegistry } from '../../runtime/applet-registry.ts'
import type { Applet, CommandOrigin } from '../../runtime/applet.ts'
import type { ContentManager } from '../../runtime/content-manager.ts'
import { parseCardState, type LifeCycle } from '../../runtime/life-cycle.ts'
import {
  cardRecognitionData,
  cardResources,
  diversificationData,
  keyInformation,
  productionData,
  sequenceCounter,
  statusEntry,
  tagged,
  versionEntry,
} from './card-data.ts'
import type { StoredChannelKeys } from './channel-keys.ts'
import { deleteKeySet, putKey } from './key-commands.ts'
import { PUBLISHER_KEY, PUBLISHER_TAG, type PublisherKey } from './publisher-key.ts'
import { StoredBlocks } from './store-data.ts'
import { INS_HAND_OVER } from '../../channel/transport-envelope.ts'
import type { TransportKeys } from './transport-keys.ts'

/** The identifier clients try first. */
export const ISSUER_SECURITY_DOMAIN_AID = hexToBytes('a000000151000000')

const INS = {
  getData: 0xca,
  storeData: 0xe2,
  getStatus: 0xf2,
  setStatus: 0xf0,
  putKey: 0xd8,
  install: 0xe6,
  load: 0xe8,
  delete: 0xe4,
  handOver: INS_HAND_OVER,
} as const
const INSTALL = { load: 0x02, use: 0x0c, personalisation: 0x20 } as const
const DONE = Uint8Array.of(0x00)
const NOTHING = new Uint8Array(0)
/** State of a load file (table 11-3). */
const LOADED = 0x01
const ISSUER = 0x80
const APPLICATIONS = 0x40
const LOAD_FILES = 0x20
const LOAD_FILES_AND_MODULES = 0x10
const LOCKED_BIT = 0x80
/** Security domain, card lock, card terminate, card reset (table 11-7). */
const ISSUER_PRIVILEGES = Uint8Array.of(0x9e, 0x00, 0x00)
const NO_PRIVILEGES = Uint8Array.of(0x00, 0x00, 0x00)
const AID = 0x4f
const KEY_VERSION = 0xd2
/** Load parameters: EF{DF40 01} asks for the place of the version on the card. */
const LOAD_PARAMETERS = { system: 0xef, replace: 0xdf40 } as const
/** Issuer and card image numbers, kept as they were stored (Card Specification 2.3.1 §7.4.1). */
const NUMBERS = [0x42, 0x45] as const
const LONGEST_NUMBER = 32

export interface CardManagement {
  readonly memory: AppletMemory
  readonly lifeCycle: LifeCycle
  readonly registry: AppletRegistry
  readonly keys: StoredChannelKeys
  readonly transportKeys: TransportKeys
  readonly content: ContentManager
  readonly publisherKey: PublisherKey
  readonly access: AccessControl
}

/** The issuer's representative on the card (GlobalPlatform Card Specification 2.3.1): its keys open the secure channel. */
export class IssuerSecurityDomain implements Applet {
  readonly aid = ISSUER_SECURITY_DOMAIN_AID
  readonly #card: CardManagement
  readonly #blocks = new StoredBlocks()
  /** INSTALL [for personalization] named it: STORE DATA is for this application, not for the domain itself. */
  #personalised: Applet | undefined

  constructor(card: CardManagement) {
    this.#card = card
  }

  select(): Uint8Array {
    const limit = encodeBerTlv(0xa5, encodeBerTlv(0x9f65, Uint8Array.of(0xff)))
    return encodeBerTlv(0x6f, concatBytes(encodeBerTlv(0x84, this.aid), limit))
  }

  deselect(): void {
    this.#blocks.clear()
    this.#personalised = undefined
  }

  powerOff(): void {}

  async process(command: CommandApdu, origin: CommandOrigin): Promise<Uint8Array> {
    const { cla, ins } = command
    requireStatus(
      Object.values(INS).some((known) => known === ins),
      StatusWord.instructionNotSupported,
    )
    requireStatus(cla === 0x80 || (cla === 0x00 && ins === INS.getData), StatusWord.classNotSupported)
    if (ins === INS.getData) return this.#getData((command.p1 << 8) | command.p2, origin)
    if (ins === INS.handOver) return this.#card.transportKeys.handOver(command.data)
    // Card content is managed by the issuer only; a client's channel is none of its.
    const { session } = origin
    requireStatus(origin.issuer && session !== undefined, StatusWord.securityNotSatisfied)
    if (ins !== INS.load) this.#card.content.abandonLoad()
    if (ins !== INS.storeData) this.#blocks.clear()
    if (ins === INS.load) return this.#load(command)
    if (ins === INS.storeData) return this.#storeData(command)
    if (ins === INS.getStatus) return this.#getStatus(command)
    if (ins === INS.install) return this.#install(command)
    if (ins === INS.delete) return this.#delete(command)
    return ins === INS.setStatus ? this.#setStatus(command) : this.#putKey(command, session)
  }

  #putKey(command: CommandApdu, session: SessionView): Promise<Uint8Array> {
    if (command.p2 !== PUBLISHER_KEY) return putKey(command, this.#card.keys, session)
    // Who may sign for the card is not decided over a protocol weaker than the signature.
    requireStatus(session.carriesKeysOf(SM4), StatusWord.conditionsNotSatisfied)
    return this.#card.publisherKey.store(command)
  }

  /** Three fields that differ, then privileges or parameters, parameters and token, all after their lengths. */
  async #install({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(
      Object.values(INSTALL).some((known) => known === p1) && p2 === 0,
      StatusWord.wrongParameters,
    )
    const reader = new ByteReader(data, 'INSTALL')
    const [first, second, third] = [reader.vector8().slice(), reader.vector8(), reader.vector8().slice()]
    const parameters = reader.remaining > 0 ? reader.vector8() : NOTHING
    // Install parameters, token: none of them changes what this card does.
    while (reader.remaining > 0) reader.vector8()
    const { content, registry } = this.#card
    this.#personalised = undefined
    if (p1 === INSTALL.load) content.beginLoad(first, third, asksToReplace(parameters) ? 'replace' : 'new')
    else if (p1 === INSTALL.use)
      await content.install({ loadFile: first, module: second.slice(), instance: third })
    else {
      const applet = registry.get(third)
      requireStatus(applet !== undefined, StatusWord.referencedDataNotFound)
      requireStatus(applet.personalise !== undefined, StatusWord.conditionsNotSatisfied)
      this.#personalised = applet
    }
    return DONE
  }

  async #load({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(p1 === 0x00 || p1 === 0x80, StatusWord.wrongParameters)
    await this.#card.content.load(p2, data, p1 === 0x80 ? 'last' : 'more')
    return DONE
  }

  /** Whole or not at all: what its last block completes is committed in one step. */
  async #storeData(command: CommandApdu): Promise<Uint8Array> {
    const data = this.#blocks.accept(command)
    if (data === undefined) return NOTHING
    const applet = this.#personalised
    this.#personalised = undefined
    if (applet?.personalise !== undefined) {
      requireStatus(this.#card.registry.runs(applet), StatusWord.referencedDataNotFound)
      await applet.personalise(data).finally(() => data.fill(0))
      return NOTHING
    }
    const objects = parseBerTlv(data)
    requireStatus(objects.length > 0, StatusWord.wrongData)
    const { memory, access } = this.#card
    const isNumber = (tag: number) => NUMBERS.some((known) => known === tag)
    const numbers = objects.filter(({ tag }) => isNumber(tag))
    requireStatus(
      numbers.every(({ value }) => value.length <= LONGEST_NUMBER),
      StatusWord.wrongData,
    )
    await memory.commit([
      ...numbers.map(({ tag, value }) => put(numberPath(tag), value)),
      ...access.changes(objects.filter(({ tag }) => !isNumber(tag))),
    ])
    return NOTHING
  }

  async #delete({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(p1 === 0 && (p2 === 0 || p2 === 0x80), StatusWord.wrongParameters)
    const { content, keys, access } = this.#card
    const [object] = parseBerTlv(data)
    requireStatus(object?.tag === AID || object?.tag === KEY_VERSION, StatusWord.wrongData)
    if (object.tag === KEY_VERSION) await deleteKeySet(object.value[0], keys, access)
    else await content.delete(object.value.slice(), p2 === 0x80 ? 'withInstances' : 'alone')
    return DONE
  }

  #getData(tag: number, { session }: CommandOrigin): Uint8Array {
    const { access, memory, publisherKey, registry } = this.#card
    const open = this.#publicData(tag)
    if (open !== undefined) return open
    const known = [0xff21, 0x2f00, 0xff40, 0xdf20, PUBLISHER_TAG].includes(tag)
    requireStatus(known, StatusWord.referencedDataNotFound)
    // What is on a card and who may use it is nobody's business outside a session.
    requireStatus(session !== undefined, StatusWord.securityNotSatisfied)
    const instances = registry.list()
    if (tag === 0xff21) return cardResources(instances.length, memory.free)
    if (tag === 0xff40) return tagged(0xff40, concatBytes(...access.rules().map(encodeAccessRule)))
    if (tag === 0xdf20) return encodeBerTlv(0xdf20, access.refreshTag)
    if (tag === PUBLISHER_TAG) {
      const key = publisherKey.current
      requireStatus(key !== undefined, StatusWord.referencedDataNotFound)
      return encodeBerTlv(PUBLISHER_TAG, key.bytes)
    }
    const list = instances.map(({ aid }) => encodeBerTlv(0x61, encodeBerTlv(AID, aid)))
    return tagged(0x2f00, concatBytes(...list))
  }

  #publicData(tag: number): Uint8Array | undefined {
    const { keys, memory } = this.#card
    if (tag === 0x0066) return cardRecognitionData(keys.scp02?.parameter)
    if (tag === 0x00e0)
      return keyInformation(
        keys.versions.map((version) => keys.keySet(version)).filter((set) => set !== undefined),
      )
    if (tag === 0x00cf) return diversificationData(keys.diversification)
    if (tag === 0x00c1) return sequenceCounter(keys.sequence)
    if (tag === 0x9f7f) return productionData()
    const number = NUMBERS.some((known) => known === tag) ? memory.get(numberPath(tag)) : undefined
    return number === undefined ? undefined : encodeBerTlv(tag, number)
  }

  #getStatus({ p1, p2, data }: CommandApdu): Uint8Array {
    requireStatus(p2 === 0x02, StatusWord.wrongParameters)
    const [criterion] = parseBerTlv(data)
    requireStatus(criterion !== undefined && criterion.tag === AID, StatusWord.wrongData)
    const wanted = criterion.value
    const entries = this.#entries(p1).filter(({ aid }) => equalBytes(aid.subarray(0, wanted.length), wanted))
    requireStatus(entries.length > 0, StatusWord.referencedDataNotFound)
    return concatBytes(...entries.map(({ entry }) => entry))
  }

  #entries(p1: number): { aid: Uint8Array; entry: Uint8Array }[] {
    const { lifeCycle, registry, content } = this.#card
    if (p1 === ISSUER)
      return [{ aid: this.aid, entry: statusEntry(this.aid, lifeCycle.state, ISSUER_PRIVILEGES) }]
    const files = content.loadFiles()
    if (p1 === APPLICATIONS)
      return registry.list().map(({ aid, state, module }) => {
        const file = files.find(({ modules }) => modules.some((known) => equalBytes(known, module)))
        const from = file === undefined ? [] : [encodeBerTlv(0xc4, file.aid)]
        return { aid, entry: statusEntry(aid, state, NO_PRIVILEGES, ...from) }
      })
    requireStatus(p1 === LOAD_FILES || p1 === LOAD_FILES_AND_MODULES, StatusWord.wrongParameters)
    return files.map((file) => {
      const modules = p1 === LOAD_FILES ? [] : file.modules.map((module) => encodeBerTlv(0x84, module))
      return {
        aid: file.aid,
        entry: statusEntry(file.aid, LOADED, NO_PRIVILEGES, versionEntry(file), ...modules),
      }
    })
  }

  async #setStatus({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    const { lifeCycle, registry } = this.#card
    if (p1 === ISSUER) {
      const next = [0x07, 0x0f, 0x7f, 0xff].includes(p2) ? parseCardState(p2) : undefined
      requireStatus(next !== undefined && (await lifeCycle.move(next)), StatusWord.conditionsNotSatisfied)
      return NOTHING
    }
    requireStatus(p1 === APPLICATIONS, StatusWord.wrongParameters)
    const done = await registry.setLock(data, (p2 & LOCKED_BIT) !== 0 ? 'locked' : 'open')
    requireStatus(done, StatusWord.referencedDataNotFound)
    return NOTHING
  }
}

function asksToReplace(parameters: Uint8Array): boolean {
  const system = parseBerTlv(parameters).find(({ tag }) => tag === LOAD_PARAMETERS.system)
  const replace = system?.children?.find(({ tag }) => tag === LOAD_PARAMETERS.replace)
  return replace?.value[0] === 0x01
}

function numberPath(tag: number): string {
  return `number/${tag.toString(16)}`
}
