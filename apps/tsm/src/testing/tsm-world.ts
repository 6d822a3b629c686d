import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { base64ToBytes, bytesToBase64, bytesToHex, hexToBytes } from '@anqu/encoding'
import { sm2Decrypt, sm2Sign, sm2Verifier, Sm2PrivateKey, sm3 } from '@anqu/gm-crypto'
import {
  buildCertificate,
  createCsr,
  EKU_CODE_SIGNING,
  parseCertificate,
  parseCsr,
  privateKeySigner,
  randomSerial,
  type Certificate,
} from '@anqu/pki'
import { createServiceCall, silentLog, uuidv7, type ServiceCall } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  createCard,
  encodeCommand,
  encodeLoadFile,
  MemoryCard,
  parseResponse,
  SECURITY_SERVICE_AID,
  SM4,
  type CardConnection,
  type CardOptions,
  type KeySet,
} from '@anqu/secure-element'
import { getKeyInformation, sealTransportKeys, selectIssuer } from '@anqu/secure-element/issuer'
import type { z } from 'zod'
import { paths, protocol, scriptAnswer } from '../api/index.ts'
import type { AuthorityLink } from '../keys/authority-link.ts'
import { securityService } from '../packages/packages.ts'
import { createTsm, type Tsm } from '../service.ts'

export type ScriptAnswer = z.infer<typeof scriptAnswer>

const yearMs = 365 * 86_400_000

/** A CA of two levels that issues what the TSM asks for, as the real one does. */
export async function testAuthority(clock: FakeClock): Promise<AuthorityLink> {
  const [rootKey, issuingKey] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
  const validity = { notBeforeMs: clock.nowMs() - yearMs, notAfterMs: clock.nowMs() + yearMs }
  const root = parseCertificate(
    await buildCertificate({
      ...validity,
      serial: randomSerial(),
      subject: [{ type: 'CN', value: 'Root' }],
      publicKey: rootKey.publicKey,
      extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] },
      issuer: 'self',
      signer: privateKeySigner(rootKey),
    }),
  )
  const ca = { basicConstraints: { ca: true, pathLength: 0 }, keyUsage: ['keyCertSign', 'cRLSign'] } as const
  const issuing = parseCertificate(
    await buildCertificate({
      ...validity,
      serial: randomSerial(),
      subject: [{ type: 'CN', value: 'Issuing' }],
      publicKey: issuingKey.publicKey,
      extensions: ca,
      issuer: root,
      signer: privateKeySigner(rootKey),
    }),
  )
  const named = [{ kind: 'dns', value: 'anqu-tsm' }] as const
  const profiles = {
    'tsm-signature': { keyUsage: ['digitalSignature'], subjectAltNames: named },
    'tsm-encryption': { keyUsage: ['keyEncipherment', 'dataEncipherment'], subjectAltNames: named },
    'se-publisher': { keyUsage: ['digitalSignature'], extKeyUsage: [EKU_CODE_SIGNING] },
  } as const
  return {
    anchors: [issuing, root],
    async issue(der, purpose) {
      const csr = parseCsr(der)
      return buildCertificate({
        ...validity,
        serial: randomSerial(),
        subject: csr.subject,
        publicKey: csr.publicKey,
        extensions: { basicConstraints: { ca: false }, ...profiles[purpose] },
        issuer: issuing,
        signer: privateKeySigner(issuingKey),
      })
    },
  }
}

export type TsmWorld = {
  readonly clock: FakeClock
  readonly database: TestDatabase
  readonly authority: AuthorityLink
  readonly folder: string
  readonly root: Uint8Array
  call: ServiceCall
  housekeeping(): Promise<void>
  /** Ends the service as kill -9 would, as far as its state goes, and starts another on the same database. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** A running TSM over HTTP with a caller `channel`. */
export async function tsmWorld(): Promise<TsmWorld> {
  const clock = new FakeClock(1_790_000_000_000)
  const database = await testDatabase()
  const folder = await mkdtemp(path.join(tmpdir(), 'anqu-tsm-'))
  const authority = await testAuthority(clock)
  const caller = Sm2PrivateKey.generate()
  await mkdir(path.join(folder, 'callers'))
  await writeFile(path.join(folder, 'callers', 'channel.pub'), bytesToHex(caller.publicKey.bytes))
  let tsm: Tsm
  const start = async (): Promise<ServiceCall> => {
    tsm = await createTsm({
      db: database.db,
      clock,
      log: silentLog,
      dataDir: folder,
      callersDir: path.join(folder, 'callers'),
      signersDir: path.join(folder, 'signers'),
      authority,
      listen: { host: '127.0.0.1', port: 0 },
    })
    const url = await tsm.start()
    const trust = (await (await fetch(`${url}/v1/trust`)).json()) as { signature: string } // our own route
    const service: Certificate = parseCertificate(base64ToBytes(trust.signature))
    const verify = sm2Verifier(service.publicKey)
    return createServiceCall({ protocol, url, caller: 'channel', key: caller, clock, verify })
  }
  const world: TsmWorld = {
    clock,
    database,
    authority,
    folder,
    root: authority.anchors.at(-1)?.raw ?? new Uint8Array(0),
    call: await start(),
    housekeeping: () => tsm.housekeeping(),
    async restart() {
      await tsm.stop()
      world.call = await start()
    },
    async close() {
      await tsm.stop()
      await database.drop()
      await rm(folder, { recursive: true })
    },
  }
  return world
}

export type Place = 'request' | 'command' | 'answer'

/** Thrown where a test cuts the connection. */
export class Cut extends Error {}

/** A phone with a virtual card and one client instance on it, relaying what the TSM says. */
export class Phone {
  readonly medium = new MemoryCard()
  readonly holder = uuidv7()
  readonly instance = bytesToHex(Sm2PrivateKey.generate().publicKey.bytes.subarray(1, 33))
  readonly world: TsmWorld
  readonly options: Partial<CardOptions>
  card: CardConnection
  /** Told before each act; throws to cut the connection there. */
  cutAt: (place: Place) => void = () => undefined
  acts = 0

  constructor(world: TsmWorld, options: Partial<CardOptions> = { applications: 'to-be-loaded' }) {
    this.world = world
    this.options = options
    this.card = this.powerUp()
  }

  powerUp(): CardConnection {
    this.card = createCard({
      storage: this.medium.holder(),
      pinIterations: 2,
      issuerRoot: this.world.root,
      ...this.options,
    })
    return this.card
  }

  /** One whole script. Answers the end of it and the client keys it brought. */
  async run(
    goal: 'provision' | 'serve' = 'provision',
    correlationId = uuidv7(),
  ): Promise<{ answer: ScriptAnswer; keySet: KeySet | undefined }> {
    const deliver = Sm2PrivateKey.generate()
    await this.transmit(encodeCommand(selectIssuer()))
    const information = parseResponse(await this.transmit(encodeCommand(getKeyInformation())))
    let answer = await this.ask(paths.scriptBegin, {
      correlationId,
      holder: this.holder,
      instance: this.instance,
      goal,
      keyInformation: bytesToBase64(information.data),
      deliverTo: bytesToBase64(deliver.publicKey.bytes),
    })
    while (answer.stage !== 'done') {
      const answers: string[] = []
      for (const command of answer.commands)
        answers.push(bytesToBase64(await this.transmit(base64ToBytes(command))))
      const { scriptId, batch } = answer
      answer = await this.ask(paths.scriptContinue, { scriptId, batch, answers, instance: this.instance })
    }
    const given = answer.result?.clientKeys
    return { answer, keySet: given ? openKeys(deliver, given) : undefined }
  }

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    this.act('command')
    return this.card.transmit(command)
  }

  async ask(route: string, body: object): Promise<ScriptAnswer> {
    this.act('request')
    const answer = await this.world.call(route, body, scriptAnswer)
    this.act('answer')
    return answer
  }

  act(place: Place): void {
    this.acts += 1
    this.cutAt(place)
  }
}

function openKeys(key: Sm2PrivateKey, given: { version: number; sealed: string }): KeySet {
  const plain = sm2Decrypt(key, base64ToBytes(given.sealed))
  const part = (at: number): Uint8Array => plain.slice(16 * at, 16 * (at + 1))
  return {
    version: given.version,
    cipher: SM4,
    keys: { encryption: part(0), mac: part(1), data: part(2) },
  }
}

/** One that no build has is refused by every card. */
type PackageOptions = {
  readonly listing?: 'unlisted'
  readonly module?: Uint8Array
  /** What the publisher signed, where it is not what the package is handed in as. */
  readonly signedAs?: { readonly aid?: Uint8Array; readonly name?: string }
}

/** A package of the security service, signed by a publisher that the CA certifies; listed unless told otherwise. */
export async function signedPackage(
  { authority, folder }: TsmWorld,
  version: number,
  { listing, module = SECURITY_SERVICE_AID, signedAs }: PackageOptions = {},
) {
  const key = Sm2PrivateKey.generate()
  const subject = [{ type: 'CN' as const, value: `Publisher ${version}` }]
  const certificate = await authority.issue(
    await createCsr({ key: privateKeySigner(key), subject }),
    'se-publisher',
  )
  if (listing !== 'unlisted')
    await writeFile(path.join(folder, 'signers', `p${version}.cer`), bytesToBase64(certificate))
  const name = 'security-service'
  const aid = hexToBytes(securityService)
  const loadFile = encodeLoadFile({ aid, name, version, modules: [module], ...signedAs })
  return {
    aid: securityService,
    name,
    loadFile: bytesToBase64(loadFile),
    hash: bytesToHex(sm3(loadFile)),
    signature: bytesToBase64(sm2Sign(key, loadFile)),
    certificate: bytesToBase64(certificate),
    requester: 'anna',
  }
}

/** A physical card with keys its manufacturer made, in the hands of a new holder, and its line of the batch file. */
export async function manufacturedCard(
  world: TsmWorld,
): Promise<{ phone: Phone; cardId: string; line: string }> {
  const part = (fill: number) => new Uint8Array(16).fill(fill)
  const keySet = { version: 1, cipher: SM4, keys: { encryption: part(1), mac: part(2), data: part(3) } }
  const setup = { applications: 'to-be-loaded', channelKeys: [keySet] } as const
  const phone = new Phone(world, setup)
  const opened = await createCard({ ...setup, storage: phone.medium.holder() }).transmit(
    hexToBytes('8050010008001122334455667700'),
  )
  const cardId = bytesToHex(opened.subarray(0, 10))
  const certificate = await readFile(path.join(world.folder, 'keys', 'tsm-encryption.cer'), 'utf8')
  const { publicKey } = parseCertificate(base64ToBytes(certificate.trim()))
  const sealed = sealTransportKeys(publicKey, hexToBytes(cardId), keySet)
  return { phone, cardId, line: `${cardId},1,${bytesToBase64(sealed)}` }
}
