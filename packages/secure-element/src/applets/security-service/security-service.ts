import { ByteReader, bytesToHex, findBerTlv, parseBerTlv } from '@anqu/encoding'
import { sm2Digest, sm2SignDigest, type Sm2PrivateKey, type Sm2PublicKey } from '@anqu/gm-crypto'
import { createCsr, PkiError, type Name } from '@anqu/pki'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import type { ExecutableModule } from '../../runtime/applet-registry.ts'
import type { Applet, AppletContext, CommandOrigin } from '../../runtime/applet.ts'
import { AccessStates, type AccessState } from './access-state.ts'
import {
  certificateEntry,
  encodeInventory,
  encodeStatus,
  selectInformation,
  type PairEntry,
} from './answers.ts'
import { COMMANDS, SECURITY_SERVICE_AID, type CommandName, type CommandRule } from './command-table.ts'
import { KEY_USAGES, parseContainerName, type KeyUsage } from './container-record.ts'
import { KeyContainers, type ContainerStore } from './key-container.ts'
import { PIN_TRIES, PinReference } from './pin-reference.ts'
import { decrypt, encrypt, openEnvelope, sealEnvelope, verifySignature } from './public-key-operations.ts'
import { QuickKeys } from './quick-keys.ts'
import { parseSubject } from './subject.ts'

const NOTHING = new Uint8Array(0)
const HASH_LENGTH = 32
const LONGEST_CHALLENGE = 256
/** Personalisation data: the resetting code of the PIN. */
export const RESETTING_CODE_TAG = 0xc0

/** What a command may touch: the right won on its logical channel, and the containers of its client. */
interface Scope {
  readonly access: AccessState
  readonly containers: KeyContainers
}

type Handler = (command: CommandApdu, scope: Scope) => Uint8Array | Promise<Uint8Array>

/** Interface layer (B-5.4.1): checks class, parameters and access, then calls the layers below it. */
export class SecurityService implements Applet {
  readonly aid: Uint8Array
  readonly #information: Uint8Array
  readonly #context: AppletContext
  readonly #pin: PinReference
  readonly #store: ContainerStore
  /** What is seen where no access rules are in force. */
  readonly #openView: KeyContainers
  readonly #views = new Map<string, KeyContainers>()
  readonly #access = new AccessStates()
  readonly #handlers: Record<CommandName, Handler>

  constructor(context: AppletContext, pinIterations?: number) {
    this.aid = context.aid
    this.#information = selectInformation(context.aid)
    this.#context = context
    this.#pin = new PinReference(context.memory, context.random, pinIterations)
    const { memory, random } = context
    this.#store = { memory, random, publicKeys: new Map(), quickKeys: new QuickKeys(random) }
    this.#openView = new KeyContainers(this.#store)
    this.#handlers = {
      getStatus: (_, scope) => this.#status(scope),
      getChallenge: ({ ne }) => this.#challenge(ne),
      verifyPin: ({ data }, scope) => this.#verifyPin(data, scope),
      changePin: (command) => this.#changePin(command),
      resetPin: ({ data }) => this.#resetPin(data),
      createContainer: async ({ data }, { containers }) => {
        await containers.create(parseContainerName(data))
        return NOTHING
      },
      listContainers: (_, { containers }) => inventory(containers),
      deleteContainer: async ({ data }, { containers }) => {
        await containers.delete(parseContainerName(data))
        return NOTHING
      },
      generateKeyPair: generate,
      discardKeyPair: async ({ p2, data }, { containers }) => {
        await containers.discardPending(parseContainerName(data), usageOf(p2))
        return NOTHING
      },
      destroyKeyPair: async ({ p2, data }, { containers }) => {
        await containers.destroyActive(parseContainerName(data), usageOf(p2))
        return NOTHING
      },
      exportPublicKey: ({ p1, p2, data }, { containers }) =>
        containers.publicKey(parseContainerName(data), usageOf(p2), p1 === 0 ? 'active' : 'pending').bytes,
      createRequest,
      installCertificate: ({ data }, scope) => install(data, scope),
      readCertificate,
      sign: ({ data }, scope) => sign(data, scope, sm2Digest),
      signHash: ({ data }, scope) => sign(data, scope, preparedHash),
      verifySignature: ({ data }) => verifySignature(data),
      encrypt: ({ data }) => encrypt(data),
      decrypt: ({ data }, scope) => withDecryptionKey(data, scope, decrypt),
      sealEnvelope: ({ data }) => sealEnvelope(data, context.random),
      openEnvelope: ({ data }, scope) => withDecryptionKey(data, scope, openEnvelope),
    }
  }

  select(): Uint8Array {
    return this.#information
  }

  deselect(channel: number): void {
    this.#access.reset(channel)
  }

  settle(): Promise<void> {
    return this.#pin.settle()
  }

  powerOff(): void {
    this.#access.resetAll()
    this.#pin.forget()
    this.#store.quickKeys.forget()
  }

  isForIssuer(command: CommandApdu): boolean {
    return findCommand(command)[1].access === 'issuer'
  }

  /** C0: the issuer's resetting code. @throws StatusError 6A80, and as `PinReference.setResettingCode`. */
  async personalise(data: Uint8Array): Promise<void> {
    const objects = parseBerTlv(data)
    const code = findBerTlv(objects, RESETTING_CODE_TAG)?.value
    requireStatus(code !== undefined && objects.length === 1, StatusWord.wrongData)
    await this.#pin.setResettingCode(code)
  }

  async process(command: CommandApdu, origin: CommandOrigin): Promise<Uint8Array> {
    const [name, rule] = findCommand(command)
    const access = this.#access.of(origin.channel)
    const granted = rule.access === 'open' || (rule.access === 'issuer' ? origin.issuer : access.granted)
    requireStatus(granted, StatusWord.securityNotSatisfied)
    try {
      return await this.#handlers[name](command, { access, containers: this.#view(origin) })
    } finally {
      if (rule.after === 'resets') access.reset()
    }
  }

  #view({ client }: CommandOrigin): KeyContainers {
    if (client === undefined) return this.#openView
    const name = bytesToHex(client.certificateHash)
    const view = this.#views.get(name) ?? new KeyContainers(this.#store, client.certificateHash)
    this.#views.set(name, view)
    return view
  }

  #status({ containers }: Scope): Uint8Array {
    const { isSet: pinSet, isTransport, canBeReset, triesLeft } = this.#pin
    return encodeStatus({
      pinSet,
      pinMustChange: isTransport,
      pinCanBeReset: canBeReset,
      triesLeft,
      triesLimit: PIN_TRIES,
      containers: containers.names().length,
      freeBytes: this.#context.memory.free,
    })
  }

  #challenge(ne: number): Uint8Array {
    requireStatus(ne >= 1 && ne <= LONGEST_CHALLENGE, StatusWord.wrongLength)
    return this.#context.random.bytes(ne)
  }

  /** With a PIN: verify it. Without: say how things stand (ISO/IEC 7816-4 §11.5.6). */
  async #verifyPin(data: Uint8Array, { access }: Scope): Promise<Uint8Array> {
    if (data.length === 0) {
      if (access.granted) return NOTHING
      requireStatus(this.#pin.isSet, StatusWord.conditionsNotSatisfied)
      const { triesLeft } = this.#pin
      throw new StatusError(triesLeft === 0 ? StatusWord.pinBlocked : StatusWord.pinWrong | triesLeft)
    }
    // A wrong PIN also ends what an earlier right one allowed.
    access.reset()
    access.grant(await this.#pin.verify(data))
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

  /** The way back of a locked PIN is the issuer's, and no right of the former PIN outlives it. */
  async #resetPin(data: Uint8Array): Promise<Uint8Array> {
    const reader = new ByteReader(data, 'RESET RETRY COUNTER')
    const [code, transportPin] = [reader.vector8(), reader.vector8()]
    reader.end()
    this.#access.resetAll()
    await this.#pin.reset(code, transportPin)
    return NOTHING
  }
}

/** The applet as a card is made with it. `pinIterations` lowers the cost of a PIN in tests only. */
export function securityServiceApplet(pinIterations?: number): ExecutableModule {
  return { aid: SECURITY_SERVICE_AID, create: (context) => new SecurityService(context, pinIterations) }
}

type Known = readonly [CommandName, CommandRule]
// Object.entries widens the key's type; the names are those of COMMANDS.
const ALL_COMMANDS = Object.entries(COMMANDS) as [CommandName, CommandRule][]
/** By header, because every command is looked up. */
const BY_HEADER = new Map<number, Known>(
  ALL_COMMANDS.flatMap((entry) => {
    const [, { cla, ins, p1p2 }] = entry
    return p1p2.map((parameters): [number, Known] => [headerOf(cla, ins, parameters), entry])
  }),
)

function headerOf(cla: number, ins: number, p1p2: number): number {
  return (cla << 24) | (ins << 16) | p1p2
}

function findCommand({ cla, ins, p1, p2 }: CommandApdu): Known {
  const found = BY_HEADER.get(headerOf(cla, ins, (p1 << 8) | p2))
  if (found !== undefined) return found
  const sameInstruction = ALL_COMMANDS.filter(([, rule]) => rule.ins === ins)
  requireStatus(sameInstruction.length > 0, StatusWord.instructionNotSupported)
  const classKnown = sameInstruction.some(([, rule]) => rule.cla === cla)
  throw new StatusError(classKnown ? StatusWord.wrongParameters : StatusWord.classNotSupported)
}

function usageOf(p2: number): KeyUsage {
  return p2 === 0x01 ? 'signing' : 'encryption'
}

async function generate({ p1, p2, data }: CommandApdu, { containers, access }: Scope): Promise<Uint8Array> {
  const target = {
    name: parseContainerName(data),
    usage: usageOf(p2),
    where: p1 === 1 ? 'new' : 'existing',
  } as const
  return (await containers.generate(target, access.masterKey())).bytes
}

/** What is there, without the certificates: those are read one by one (B-5.4.3-9). */
function inventory(containers: KeyContainers): Uint8Array {
  const entry = (name: string, usage: KeyUsage): PairEntry => {
    const certificate = containers.certificate(name, usage)
    const pending = containers.record(name)[usage].pending !== undefined
    return { usage, pending, certificate: certificate && certificateEntry(certificate) }
  }
  return encodeInventory(
    containers.names().map((name) => ({ name, pairs: KEY_USAGES.map((usage) => entry(name, usage)) })),
  )
}

async function createRequest({ p2, data }: CommandApdu, { containers, access }: Scope): Promise<Uint8Array> {
  const reader = new ByteReader(data, 'CREATE REQUEST')
  const name = parseContainerName(reader.vector8())
  const subject: Name = parseSubject(reader)
  const usage = usageOf(p2)
  const target = { name, usage, state: containers.requestable(name, usage) }
  const request = await containers.whilePrivateKey(target, access.masterKey(), (key, publicKey) => {
    const signWith = (message: Uint8Array) => sm2SignDigest(key, sm2Digest(publicKey, message))
    return wellFormed(() => createCsr({ key: { publicKey, sign: signWith }, subject }))
  })
  await containers.expectCertificate(name, usage)
  return request
}

async function install(data: Uint8Array, { containers, access }: Scope): Promise<Uint8Array> {
  const reader = new ByteReader(data, 'INSTALL CERTIFICATE')
  const name = parseContainerName(reader.vector8())
  await wellFormed(() => containers.install(name, reader.rest(), access.granted))
  return NOTHING
}

/** By container (P1 00), serial number (01) or validity (02): never without a selector (B-5.4.2-6). */
function readCertificate({ p1, p2, data }: CommandApdu, { containers }: Scope): Uint8Array {
  const found =
    p1 === 0
      ? containers.certificate(parseContainerName(data), usageOf(p2))
      : findCertificate(p1, data, containers)
  requireStatus(found !== undefined, StatusWord.notFound)
  return found.raw
}

function findCertificate(p1: number, data: Uint8Array, containers: KeyContainers) {
  requireStatus(p1 === 1 ? data.length > 0 && data.length <= 20 : data.length === 16, StatusWord.wrongData)
  const all = containers.own().map(({ certificate }) => certificate)
  if (p1 === 1) return all.find(({ serialHex }) => serialHex === bytesToHex(data))
  const reader = new ByteReader(data, 'validity')
  const [notBefore, notAfter] = [Number(reader.u64()), Number(reader.u64())]
  return all.find(
    (certificate) => certificate.notBeforeMs === notBefore && certificate.notAfterMs === notAfter,
  )
}

function sign(
  data: Uint8Array,
  { containers, access }: Scope,
  digest: (publicKey: Sm2PublicKey, input: Uint8Array) => Uint8Array,
): Uint8Array {
  const reader = new ByteReader(data, 'SIGN')
  const name = parseContainerName(reader.vector8())
  // Before its certificate is installed the application is not initialised (B-6.1-4).
  requireStatus(containers.hasCertificate(name, 'signing'), StatusWord.conditionsNotSatisfied)
  const target = { name, usage: 'signing', state: 'active' } as const
  const input = reader.rest()
  return containers.withPrivateKey(target, access.masterKey(), (key, publicKey) =>
    sm2SignDigest(key, digest(publicKey, input)),
  )
}

/** The host has done steps A1 and A2 of GB/T 32918.2 §6.1 itself. */
function preparedHash(_: Sm2PublicKey, hash: Uint8Array): Uint8Array {
  requireStatus(hash.length === HASH_LENGTH, StatusWord.wrongLength)
  return hash
}

/** LV name, then what `use` opens with the container's encryption pair. */
function withDecryptionKey(
  data: Uint8Array,
  { containers, access }: Scope,
  use: (input: Uint8Array, key: Sm2PrivateKey) => Uint8Array,
): Uint8Array {
  const reader = new ByteReader(data, 'DECIPHER')
  const name = parseContainerName(reader.vector8())
  const target = { name, usage: 'encryption', state: 'active' } as const
  const input = reader.rest()
  return containers.withPrivateKey(target, access.masterKey(), (key) => use(input, key))
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
