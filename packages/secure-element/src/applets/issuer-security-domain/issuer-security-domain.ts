import { ByteReader, concatBytes, encodeBerTlv, equalBytes, hexToBytes, parseBerTlv } from '@anqu/encoding'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import { cipherOfType, type KeySet } from '../../channel/key-set.ts'
import type { SecureChannel } from '../../channel/secure-channel.ts'
import { keyCheckValue } from '../../channel/session-keys.ts'
import type { AppletRegistry } from '../../runtime/applet-registry.ts'
import type { ContentManager } from '../../runtime/content-manager.ts'
import type { Applet } from '../../runtime/applet.ts'
import { parseCardState, type LifeCycle } from '../../runtime/life-cycle.ts'
import { cardRecognitionData, keyInformation, productionData, statusEntry } from './card-data.ts'
import type { StoredChannelKeys } from './channel-keys.ts'

/** The identifier clients try first. */
export const ISSUER_SECURITY_DOMAIN_AID = hexToBytes('a000000151000000')

const INS = {
  getData: 0xca,
  getStatus: 0xf2,
  setStatus: 0xf0,
  putKey: 0xd8,
  install: 0xe6,
  load: 0xe8,
  delete: 0xe4,
} as const
const DONE = Uint8Array.of(0x00)
/** State of a load file (table 11-3). */
const LOADED = 0x01
const ISSUER = 0x80
const APPLICATIONS = 0x40
const LOCKED_BIT = 0x80
/** Security domain, card lock, card terminate, card reset (table 11-7). */
const ISSUER_PRIVILEGES = Uint8Array.of(0x9e, 0x00, 0x00)
const NO_PRIVILEGES = Uint8Array.of(0x00, 0x00, 0x00)
/** P2 of PUT KEY: all three keys of a set at once, starting with identifier 1. */
const ALL_KEYS = 0x81

export interface CardManagement {
  readonly lifeCycle: LifeCycle
  readonly registry: AppletRegistry
  readonly channel: SecureChannel
  readonly keys: StoredChannelKeys
  readonly content: ContentManager
}

/** The issuer's representative on the card (GlobalPlatform Card Specification 2.3.1): its keys open the secure channel. */
export class IssuerSecurityDomain implements Applet {
  readonly aid = ISSUER_SECURITY_DOMAIN_AID
  readonly #card: CardManagement

  constructor(card: CardManagement) {
    this.#card = card
  }

  select(): Uint8Array {
    const limit = encodeBerTlv(0xa5, encodeBerTlv(0x9f65, Uint8Array.of(0xff)))
    return encodeBerTlv(0x6f, concatBytes(encodeBerTlv(0x84, this.aid), limit))
  }

  deselect(): void {}

  powerOff(): void {}

  async process(command: CommandApdu): Promise<Uint8Array> {
    const { cla, ins } = command
    requireStatus(
      Object.values(INS).some((known) => known === ins),
      StatusWord.instructionNotSupported,
    )
    requireStatus(cla === 0x80 || (cla === 0x00 && ins === INS.getData), StatusWord.classNotSupported)
    if (ins === INS.getData) return this.#getData((command.p1 << 8) | command.p2)
    // Card content is managed over an open channel only.
    requireStatus(this.#card.channel.isOpen, StatusWord.securityNotSatisfied)
    if (ins === INS.load) return this.#load(command)
    this.#card.content.abandonLoad()
    if (ins === INS.getStatus) return this.#getStatus(command)
    if (ins === INS.install) return this.#install(command)
    if (ins === INS.delete) return this.#delete(command)
    return ins === INS.setStatus ? this.#setStatus(command) : this.#putKey(command)
  }

  /** P1 02 for load: file, domain, hash, parameters, token. P1 0C for install and make selectable. All with lengths. */
  async #install({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus((p1 === 0x02 || p1 === 0x0c) && p2 === 0, StatusWord.wrongParameters)
    const reader = new ByteReader(data, 'INSTALL')
    const [first, second, third] = [reader.vector8().slice(), reader.vector8(), reader.vector8().slice()]
    // Privileges or load parameters, install parameters, token: none of them changes what this card does.
    while (reader.remaining > 0) reader.vector8()
    const { content } = this.#card
    if (p1 === 0x02) content.beginLoad(first, third)
    else await content.install({ loadFile: first, module: second.slice(), instance: third })
    return DONE
  }

  async #load({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(p1 === 0x00 || p1 === 0x80, StatusWord.wrongParameters)
    await this.#card.content.load(p2, data, p1 === 0x80 ? 'last' : 'more')
    return DONE
  }

  async #delete({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(p1 === 0 && (p2 === 0 || p2 === 0x80), StatusWord.wrongParameters)
    const [object] = parseBerTlv(data)
    requireStatus(object !== undefined && object.tag === 0x4f, StatusWord.wrongData)
    await this.#card.content.delete(object.value.slice(), p2 === 0x80 ? 'withInstances' : 'alone')
    return DONE
  }

  #getData(tag: number): Uint8Array {
    const { keys } = this.#card
    if (tag === 0x0066) return cardRecognitionData()
    if (tag === 0x00e0)
      return keyInformation(
        keys.versions.map((version) => keys.keySet(version)).filter((set) => set !== undefined),
      )
    if (tag === 0x9f7f) return productionData()
    throw new StatusError(StatusWord.referencedDataNotFound)
  }

  #getStatus({ p1, p2, data }: CommandApdu): Uint8Array {
    requireStatus(p2 === 0x02, StatusWord.wrongParameters)
    const [criterion] = parseBerTlv(data)
    requireStatus(criterion !== undefined && criterion.tag === 0x4f, StatusWord.wrongData)
    const wanted = criterion.value
    const matches = (aid: Uint8Array) => equalBytes(aid.subarray(0, wanted.length), wanted)
    const entries = this.#entries(p1).filter(({ aid }) => matches(aid))
    requireStatus(entries.length > 0, StatusWord.referencedDataNotFound)
    return concatBytes(...entries.map(({ aid, state, privileges }) => statusEntry(aid, state, privileges)))
  }

  #entries(p1: number): { aid: Uint8Array; state: number; privileges: Uint8Array }[] {
    const { lifeCycle, registry } = this.#card
    if (p1 === ISSUER) return [{ aid: this.aid, state: lifeCycle.state, privileges: ISSUER_PRIVILEGES }]
    if (p1 === APPLICATIONS)
      return registry.list().map(({ aid, state }) => ({ aid, state, privileges: NO_PRIVILEGES }))
    requireStatus(p1 === 0x20 || p1 === 0x10, StatusWord.wrongParameters)
    return this.#card.content.loadFiles().map((aid) => ({ aid, state: LOADED, privileges: NO_PRIVILEGES }))
  }

  async #setStatus({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    const { lifeCycle, registry } = this.#card
    if (p1 === ISSUER) {
      const next = [0x07, 0x0f, 0x7f, 0xff].includes(p2) ? parseCardState(p2) : undefined
      requireStatus(next !== undefined && (await lifeCycle.move(next)), StatusWord.conditionsNotSatisfied)
      return new Uint8Array(0)
    }
    requireStatus(p1 === APPLICATIONS, StatusWord.wrongParameters)
    const done = await registry.setLock(data, (p2 & LOCKED_BIT) !== 0 ? 'locked' : 'open')
    requireStatus(done, StatusWord.referencedDataNotFound)
    return new Uint8Array(0)
  }

  /** new version ‖ 3 × {type, length, key length, key under the DEK, 03, check value}; answers version ‖ check values. */
  async #putKey({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    requireStatus(p2 === ALL_KEYS && p1 <= 0x7f, StatusWord.wrongParameters)
    const { keys, channel } = this.#card
    requireStatus(p1 === 0 || keys.versions.includes(p1), StatusWord.referencedDataNotFound)
    const wrapping = channel.keySet
    requireStatus(wrapping !== undefined, StatusWord.securityNotSatisfied)
    const reader = new ByteReader(data, 'PUT KEY')
    const version = reader.u8()
    requireStatus(version >= 1 && version <= 0x7f, StatusWord.wrongData)
    // Adding under a version that exists would delete keys by adding (B-7.2-9).
    requireStatus(p1 !== 0 || !keys.versions.includes(version), StatusWord.conditionsNotSatisfied)
    const [encryption, mac, wrappedData] = [
      await readKey(reader, wrapping),
      await readKey(reader, wrapping),
      await readKey(reader, wrapping),
    ]
    reader.end()
    const { cipher } = encryption
    requireStatus(mac.cipher === cipher && wrappedData.cipher === cipher, StatusWord.wrongData)
    await keys.store(
      { version, cipher, keys: { encryption: encryption.key, mac: mac.key, data: wrappedData.key } },
      p1,
    )
    return concatBytes(Uint8Array.of(version), encryption.check, mac.check, wrappedData.check)
  }
}

async function readKey(reader: ByteReader, wrapping: KeySet) {
  const cipher = cipherOfType(reader.u8())
  const field = new ByteReader(reader.vector8(), 'key')
  requireStatus(field.u8() === cipher.keyLength, StatusWord.wrongData)
  const wrapped = field.rest()
  requireStatus(wrapped.length === cipher.keyLength, StatusWord.wrongData)
  const key = await wrapping.cipher.decrypt(wrapping.keys.data, new Uint8Array(16), wrapped)
  const check = await keyCheckValue(cipher, key)
  requireStatus(equalBytes(check, reader.vector8()), StatusWord.wrongData)
  return { cipher, key, check }
}
