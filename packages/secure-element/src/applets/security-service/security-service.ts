import { ByteReader, bytesToHex } from '@anqu/encoding'
import {
  GmCryptoError,
  Sm2PublicKey,
  sm2Decrypt,
  sm2Digest,
  sm2Encrypt,
  sm2SignDigest,
  sm2Verify,
} from '@anqu/gm-crypto'
import { createCsr, PkiError, type Name } from '@anqu/pki'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import type { ExecutableModule } from '../../runtime/applet-registry.ts'
import type { Applet, AppletContext } from '../../runtime/applet.ts'
import { AccessState } from './access-state.ts'
import {
  certificateEntry,
  encodeInventory,
  encodeStatus,
  selectInformation,
  type PairEntry,
} from './answers.ts'
import { COMMANDS, SECURITY_SERVICE_AID, type CommandName, type CommandRule } from './command-table.ts'
import { KEY_USAGES, parseContainerName, type KeyUsage } from './container-record.ts'
import { KeyContainers } from './key-container.ts'
import { PIN_TRIES, PinReference } from './pin-reference.ts'
import { parseSubject } from './subject.ts'

const NOTHING = new Uint8Array(0)
const PUBLIC_KEY_LENGTH = 65
const SIGNATURE_LENGTH = 64
const HASH_LENGTH = 32
const LONGEST_CHALLENGE = 256

type Handler = (command: CommandApdu) => Uint8Array | Promise<Uint8Array>

/** Interface layer (B-5.4.1): checks class, parameters and access, then calls the layers below it. */
export class SecurityService implements Applet {
  readonly aid: Uint8Array
  readonly #context: AppletContext
  readonly #pin: PinReference
  readonly #containers: KeyContainers
  readonly #access = new AccessState()
  readonly #handlers: Record<CommandName, Handler>

  constructor(context: AppletContext, pinIterations?: number) {
    this.aid = context.aid
    this.#context = context
    this.#pin = new PinReference(context.memory, context.random, pinIterations)
    this.#containers = new KeyContainers(context.memory, context.random)
    this.#handlers = {
      getStatus: () => this.#status(),
      getChallenge: ({ ne }) => this.#challenge(ne),
      verifyPin: (command) => this.#verifyPin(command),
      changePin: (command) => this.#changePin(command),
      createContainer: ({ data }) => this.#createContainer(data),
      listContainers: () => this.#list(),
      deleteContainer: ({ data }) => this.#deleteContainer(data),
      generateKeyPair: (command) => this.#generate(command),
      discardKeyPair: (command) => this.#discard(command),
      exportPublicKey: (command) => this.#exportPublicKey(command),
      createRequest: (command) => this.#createRequest(command),
      installCertificate: ({ data }) => this.#install(data),
      readCertificate: (command) => this.#readCertificate(command),
      sign: ({ data }) => this.#sign(data, sm2Digest),
      signHash: ({ data }) => this.#sign(data, preparedHash),
      verifySignature: ({ data }) => verifySignature(data),
      encrypt: ({ data }) => encrypt(data),
      decrypt: ({ data }) => this.#decrypt(data),
    }
  }

  select(): Uint8Array {
    return selectInformation(this.aid)
  }

  deselect(): void {
    this.#access.reset()
  }

  powerOff(): void {
    this.#access.reset()
    this.#pin.forget()
  }

  async process(command: CommandApdu): Promise<Uint8Array> {
    const [name, rule] = findCommand(command)
    requireStatus(rule.access === 'open' || this.#access.granted, StatusWord.securityNotSatisfied)
    try {
      return await this.#handlers[name](command)
    } finally {
      if (rule.after === 'resets') this.#access.reset()
    }
  }

  #status(): Uint8Array {
    const { isSet: pinSet, triesLeft } = this.#pin
    const containers = this.#containers.names().length
    return encodeStatus({
      pinSet,
      triesLeft,
      triesLimit: PIN_TRIES,
      containers,
      freeBytes: this.#context.memory.free,
    })
  }

  /** What is there, without the certificates: those are read one by one (B-5.4.3-9). */
  #list(): Uint8Array {
    const entries = this.#containers
      .names()
      .map((name) => ({ name, pairs: KEY_USAGES.map((usage) => this.#entry(name, usage)) }))
    return encodeInventory(entries)
  }

  #entry(name: string, usage: KeyUsage): PairEntry {
    const certificate = this.#containers.certificate(name, usage)
    const pending = this.#containers.record(name)[usage].pending !== undefined
    return { usage, pending, certificate: certificate && certificateEntry(certificate) }
  }

  #challenge(ne: number): Uint8Array {
    requireStatus(ne >= 1 && ne <= LONGEST_CHALLENGE, StatusWord.wrongLength)
    return this.#context.random.bytes(ne)
  }

  /** With a PIN: verify it. Without: say how things stand (ISO/IEC 7816-4 §11.5.6). */
  async #verifyPin({ data }: CommandApdu): Promise<Uint8Array> {
    if (data.length === 0) {
      if (this.#access.granted) return NOTHING
      requireStatus(this.#pin.isSet, StatusWord.conditionsNotSatisfied)
      const { triesLeft } = this.#pin
      throw new StatusError(triesLeft === 0 ? StatusWord.pinBlocked : StatusWord.pinWrong | triesLeft)
    }
    // A wrong PIN also ends what an earlier right one allowed.
    this.#access.reset()
    this.#access.grant(await this.#pin.verify(data))
    return NOTHING
  }

  async #changePin({ p1, data }: CommandApdu): Promise<Uint8Array> {
    const reader = new ByteReader(data, 'CHANGE REFERENCE DATA')
    const first = reader.vector8()
    const second = p1 === 0 ? reader.vector8() : undefined
    reader.end()
    if (second === undefined) await this.#pin.set(first)
    else await this.#pin.change(first, second)
    return NOTHING
  }

  async #createContainer(data: Uint8Array): Promise<Uint8Array> {
    await this.#containers.create(parseContainerName(data))
    return NOTHING
  }

  async #deleteContainer(data: Uint8Array): Promise<Uint8Array> {
    await this.#containers.delete(parseContainerName(data))
    return NOTHING
  }

  async #generate({ p1, p2, data }: CommandApdu): Promise<Uint8Array> {
    const target = {
      name: parseContainerName(data),
      usage: usageOf(p2),
      where: p1 === 1 ? 'new' : 'existing',
    } as const
    return (await this.#containers.generate(target, this.#access.masterKey())).bytes
  }

  async #discard({ p2, data }: CommandApdu): Promise<Uint8Array> {
    await this.#containers.discardPending(parseContainerName(data), usageOf(p2))
    return NOTHING
  }

  #exportPublicKey({ p1, p2, data }: CommandApdu): Uint8Array {
    return this.#containers.publicKey(parseContainerName(data), usageOf(p2), p1 === 0 ? 'active' : 'pending')
      .bytes
  }

  async #createRequest({ p2, data }: CommandApdu): Promise<Uint8Array> {
    const reader = new ByteReader(data, 'CREATE REQUEST')
    const name = parseContainerName(reader.vector8())
    const subject: Name = parseSubject(reader)
    const usage = usageOf(p2)
    const state = this.#containers.requestable(name, usage)
    const masterKey = this.#access.masterKey()
    const request = await this.#containers.withPrivateKey(
      { name, usage, state },
      masterKey,
      (key, publicKey) => {
        const sign = (message: Uint8Array) => sm2SignDigest(key, sm2Digest(publicKey, message))
        return wellFormed(() => createCsr({ key: { publicKey, sign }, subject }))
      },
    )
    await this.#containers.expectCertificate(name, usage)
    return request
  }

  async #install(data: Uint8Array): Promise<Uint8Array> {
    const reader = new ByteReader(data, 'INSTALL CERTIFICATE')
    const name = parseContainerName(reader.vector8())
    await wellFormed(() => this.#containers.install(name, reader.rest(), this.#access.granted))
    return NOTHING
  }

  /** By container (P1 00), serial number (01) or validity (02): never without a selector (B-5.4.2-6). */
  #readCertificate({ p1, p2, data }: CommandApdu): Uint8Array {
    const found =
      p1 === 0
        ? this.#containers.certificate(parseContainerName(data), usageOf(p2))
        : this.#findCertificate(p1, data)
    requireStatus(found !== undefined, StatusWord.notFound)
    return found.raw
  }

  #findCertificate(p1: number, data: Uint8Array) {
    requireStatus(p1 === 1 ? data.length > 0 && data.length <= 20 : data.length === 16, StatusWord.wrongData)
    const all = this.#containers.enumerate().map(({ certificate }) => certificate)
    if (p1 === 1) return all.find(({ serialHex }) => serialHex === bytesToHex(data))
    const reader = new ByteReader(data, 'validity')
    const [notBefore, notAfter] = [Number(reader.u64()), Number(reader.u64())]
    return all.find(
      (certificate) => certificate.notBeforeMs === notBefore && certificate.notAfterMs === notAfter,
    )
  }

  async #sign(
    data: Uint8Array,
    digest: (publicKey: Sm2PublicKey, input: Uint8Array) => Uint8Array,
  ): Promise<Uint8Array> {
    const reader = new ByteReader(data, 'SIGN')
    const name = parseContainerName(reader.vector8())
    // Before its certificate is installed the application is not initialised (B-6.1-4).
    requireStatus(this.#containers.hasCertificate(name, 'signing'), StatusWord.conditionsNotSatisfied)
    const target = { name, usage: 'signing', state: 'active' } as const
    const input = reader.rest()
    return this.#containers.withPrivateKey(target, this.#access.masterKey(), (key, publicKey) =>
      sm2SignDigest(key, digest(publicKey, input)),
    )
  }

  async #decrypt(data: Uint8Array): Promise<Uint8Array> {
    const reader = new ByteReader(data, 'DECIPHER')
    const name = parseContainerName(reader.vector8())
    const target = { name, usage: 'encryption', state: 'active' } as const
    const ciphertext = reader.rest()
    return this.#containers.withPrivateKey(target, this.#access.masterKey(), (key) =>
      refusing(StatusWord.wrongData, () => sm2Decrypt(key, ciphertext)),
    )
  }
}

/** The applet as a card is made with it. `pinIterations` lowers the cost of a PIN in tests only. */
export function securityServiceApplet(pinIterations?: number): ExecutableModule {
  return { aid: SECURITY_SERVICE_AID, create: (context) => new SecurityService(context, pinIterations) }
}

function findCommand({ cla, ins, p1, p2 }: CommandApdu): [CommandName, CommandRule] {
  const ofInstruction = Object.entries(COMMANDS).filter(([, rule]) => rule.ins === ins)
  requireStatus(ofInstruction.length > 0, StatusWord.instructionNotSupported)
  const ofClass = ofInstruction.filter(([, rule]) => rule.cla === cla)
  requireStatus(ofClass.length > 0, StatusWord.classNotSupported)
  const parameters: number = (p1 << 8) | p2
  for (const [name, rule] of ofClass)
    // Object.entries widens the key's type; the names are those of COMMANDS.
    if (rule.p1p2.some((allowed: number) => allowed === parameters)) return [name as CommandName, rule]
  throw new StatusError(StatusWord.wrongParameters)
}

/** The host has done steps A1 and A2 of GB/T 32918.2 §6.1 itself. */
function preparedHash(_: Sm2PublicKey, hash: Uint8Array): Uint8Array {
  requireStatus(hash.length === HASH_LENGTH, StatusWord.wrongLength)
  return hash
}

function usageOf(p2: number): KeyUsage {
  return p2 === 0x01 ? 'signing' : 'encryption'
}

/** public key (65) ‖ signature (64) ‖ message. */
function verifySignature(data: Uint8Array): Uint8Array {
  const reader = new ByteReader(data, 'VERIFY SIGNATURE')
  const key = reader.bytes(PUBLIC_KEY_LENGTH)
  const signature = reader.bytes(SIGNATURE_LENGTH)
  const publicKey = refusing(StatusWord.wrongData, () => Sm2PublicKey.fromBytes(key))
  requireStatus(sm2Verify(publicKey, reader.rest(), signature), StatusWord.verificationFailed)
  return NOTHING
}

/** public key (65) ‖ plaintext → 04‖C1‖C3‖C2. */
function encrypt(data: Uint8Array): Uint8Array {
  const reader = new ByteReader(data, 'ENCIPHER')
  const key = reader.bytes(PUBLIC_KEY_LENGTH)
  const plaintext = reader.rest()
  requireStatus(plaintext.length > 0, StatusWord.wrongLength)
  return sm2Encrypt(
    refusing(StatusWord.wrongData, () => Sm2PublicKey.fromBytes(key)),
    plaintext,
  )
}

/** One status for whatever the cryptography refuses, so that the answer tells nothing about why. */
function refusing<T>(statusWord: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof GmCryptoError) throw new StatusError(statusWord)
    throw error
  }
}

/** @throws StatusError 6A80 for what a certificate or a name may not hold. */
async function wellFormed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PkiError || error instanceof RangeError) throw new StatusError(StatusWord.wrongData)
    throw error
  }
}
