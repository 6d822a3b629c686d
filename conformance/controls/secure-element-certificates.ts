import { bytesToHex } from '@anqu/encoding'
import { parseCertificate } from '@anqu/pki'
import {
  encodeCommand,
  parseResponse,
  securedConnection,
  SECURITY_SERVICE_AID,
  SECURITY_SERVICE_COMMANDS as COMMANDS,
  SecureElement,
  type CardConnection,
} from '@anqu/secure-element'
import { clientCommandFilters } from '@anqu/secure-element/issuer'
import { control, type Control } from '../runner/control.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { newPublisher, PersonalisedCard, type Publisher } from '../system/personalised-card.ts'
import { issue } from './secure-element.ts'

const pin = '2468135'
const everyParameter = 0x1_0000
/** SELECT, MANAGE CHANNEL and INITIALIZE UPDATE would end the session that is scanned. */
const leaving: readonly number[] = [0xa4, 0x70, 0x50]
const selectService = encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 })

type Client = { readonly channel: CardConnection; readonly element: SecureElement }
type Holding = {
  readonly publisher: Publisher
  /** DER, hex. */
  readonly installed: string[]
}

const sorted = (list: readonly string[]): string => [...list].toSorted().join()
const serialsOf = (installed: readonly string[]): string[] =>
  installed.map((der) => parseCertificate(Buffer.from(der, 'hex')).serialHex)

let version = 0x40
/** A client under that publisher, in the place of the one that was bound before. */
async function enter(system: LiveSystem, card: PersonalisedCard, publisher: Publisher): Promise<Client> {
  version = version === 0x6f ? 0x40 : version + 1
  const { keys } = await card.bind(publisher, version)
  const channel = system.wire(securedConnection(card.card, keys))
  return { channel, element: new SecureElement(channel) }
}

/** A SECURED card with certificates of two publishers' clients, of both usages, a pair that waits, and a deleted container. */
async function filledCard(system: LiveSystem) {
  const card = new PersonalisedCard()
  const holdings: Holding[] = []
  for (const name of ['first', 'second']) {
    const publisher = await newPublisher(name)
    await card.allow(publisher, clientCommandFilters())
    const { element } = await enter(system, card, publisher)
    if (holdings.length === 0) await element.setPin(pin)
    const installed: string[] = []
    for (const [container, usage] of [
      [`${name} signing`, 'signing'],
      [`${name} more`, 'signing'],
      [`${name} encryption`, 'encryption'],
    ] as const)
      installed.push(bytesToHex(await issue({ element }, container, { usage })))
    await issue({ element }, `${name} gone`)
    await element.deleteContainer(`${name} gone`, pin)
    await element.generateKeyPair(`${name} waiting`, pin)
    holdings.push({ publisher, installed })
  }
  await card.secure()
  return { card, holdings }
}

type Scan = { readonly commands: number; readonly answered: number; readonly found: number }

/** Sends every header without any selector, and counts answers with one of these serial numbers in them. */
async function scan(
  wire: CardConnection,
  headers: Iterable<readonly [number, number, number]>,
  serials: readonly string[],
): Promise<Scan> {
  const wanted = serials.map((serial) => Buffer.from(serial, 'hex'))
  const seen = { commands: 0, answered: 0, found: 0 }
  await wire.transmit(selectService)
  for (const [cla, ins, parameters] of headers) {
    const command = { cla, ins, p1: parameters >> 8, p2: parameters & 0xff, data: new Uint8Array(0), ne: 256 }
    const { data } = parseResponse(await wire.transmit(encodeCommand(command)))
    seen.commands += 1
    if (data.length > 0) seen.answered += 1
    if (data.length >= 8 && wanted.some((serial) => Buffer.from(data).includes(serial))) seen.found += 1
  }
  return seen
}

/** What answers of stored data: scanned with every P1 and P2 together. */
const reading = [
  COMMANDS.getStatus,
  COMMANDS.listContainers,
  COMMANDS.readCertificate,
  COMMANDS.exportPublicKey,
]

type Depth = 'every P1 with every P2' | 'every P1 and every P2'

/** Every instruction of both classes; those that the application knows with all values of P1 and of P2. */
function* headers(depth: Depth) {
  for (const cla of [0x00, 0x80])
    for (let ins = 0; ins < 256; ins += 1) {
      if (leaving.includes(ins)) continue
      const isOf = (rule: { cla: number; ins: number }) => rule.cla === cla && rule.ins === ins
      const isDeep = depth === 'every P1 with every P2' && reading.some(isOf)
      const allowed = Object.values(COMMANDS).flatMap((rule) => (isOf(rule) ? rule.p1p2 : []))
      for (const parameters of isDeep ? together() : around([0, ...allowed]))
        yield [cla, ins, parameters] as const
    }
}

function* together() {
  for (let parameters = 0; parameters < everyParameter; parameters += 1) yield parameters
}

/** Each P1 with the P2 that are allowed, and each P2 with the P1; for an unknown instruction 0000 alone. */
function* around(allowed: readonly number[]) {
  if (allowed.length === 1) return yield* allowed
  const near = (one: number, at: number) => [(at << 8) | (one & 0xff), (one & 0xff00) | at]
  yield* new Set(allowed.flatMap((one) => Array.from({ length: 256 }, (_, at) => near(one, at)).flat()))
}

export const secureElementCertificateControls: readonly Control[] = [
  control({
    id: 'se.certificate-list',
    title: {
      zh: '读取证书列表得到调用者获授权的全部证书',
      en: 'The list of certificates is all that the caller is authorised for, and no more',
    },
    clauses: ['B-5.4.1-7'],
    async check(system, evidence) {
      const { card, holdings } = await filledCard(system)
      for (const { publisher, installed } of holdings) {
        const { element } = await enter(system, card, publisher)
        const listed = await element.listCertificates()
        const serials = listed.map(({ serialHex }) => serialHex)
        evidence.holds(
          '清单即该客户端安装的全部证书，各一次',
          sorted(serials) === sorted(serialsOf(installed)),
          {
            listed: listed.length,
            installed: installed.length,
          },
        )
        const read = []
        for (const serial of serials) read.push(bytesToHex(await element.readCertificate(serial)))
        evidence.holds('清单中的证书逐张可读，与安装时相同', sorted(read) === sorted(installed))
      }
    },
  }),
  control({
    id: 'se.enumeration-complete',
    title: {
      zh: '内部枚举无条件列出卡上全部证书',
      en: 'The enumeration inside lists every certificate on the card once',
    },
    clauses: ['B-5.4.3-8'],
    async check(system, evidence) {
      const { card, holdings } = await filledCard(system)
      const compare = async (what: string): Promise<void> => {
        const { certificates, files } = await system.inspect(card.medium.holder())
        const installed = holdings.flatMap((holding) => holding.installed)
        const stored = files
          .filter(({ path }) => path.includes('/certificate/'))
          .map(({ bytes }) => bytesToHex(bytes))
        evidence.holds(what, sorted(certificates.map(bytesToHex)) === sorted(installed), {
          enumerated: certificates.length,
          installed: installed.length,
        })
        evidence.holds('与存储中的证书文件一致', sorted(stored) === sorted(installed), {
          files: stored.length,
        })
        await card.card.reset()
      }
      await compare('枚举列出两个客户端安装的全部证书，各一次')
      for (const { publisher, installed } of holdings.slice(0, 1)) {
        const { element } = await enter(system, card, publisher)
        await element.deleteContainer('first more', pin)
        installed.splice(1, 1)
      }
      await compare('删除一张后枚举少且仅少该张')
    },
  }),
  control({
    id: 'se.enumeration-internal',
    title: {
      zh: '枚举不对外：没有任何指令返回不加限制的证书清单',
      en: 'The enumeration stays inside: no command answers an unrestricted list of certificates',
    },
    clauses: ['B-5.4.3-9'],
    async check(system, evidence) {
      const { card, holdings } = await filledCard(system)
      const all = holdings.flatMap(({ installed }) => serialsOf(installed))
      const outside = await scan(system.wire(card.card), headers('every P1 with every P2'), all)
      evidence.holds(
        '通道之外：全部INS、各P1与P2，读取类指令的全部组合，均不返回数据',
        outside.answered === 0,
        outside,
      )
      const byIssuer = securedConnection(card.card, card.issuer)
      const issuer = await scan(system.wire(byIssuer), headers('every P1 and every P2'), all)
      evidence.holds('发卡方通道：不返回任何证书', issuer.found === 0, issuer)
      for (const { publisher, installed } of holdings) {
        const { channel } = await enter(system, card, publisher)
        const others = all.filter((serial) => !serialsOf(installed).includes(serial))
        const seen = await scan(channel, headers('every P1 and every P2'), others)
        evidence.holds('客户端通道：不返回他人的证书', seen.found === 0 && seen.answered > 0, seen)
      }
    },
  }),
]
