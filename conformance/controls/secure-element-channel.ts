import { utf8ToBytes } from '@anqu/encoding'
import {
  encodeCommand,
  parseResponse,
  securedConnection,
  SECURITY_SERVICE_AID,
  SECURITY_SERVICE_COMMANDS as COMMANDS,
  SecureElement,
  SecureElementError,
  type CardConnection,
} from '@anqu/secure-element'
import { clientCommandFilters } from '@anqu/secure-element/issuer'
import { control, type Control } from '../runner/control.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { newPublisher, PersonalisedCard } from '../system/personalised-card.ts'

const pin = '2468135'
const container = 'channel-check'
/** SELECT, INITIALIZE UPDATE and EXTERNAL AUTHENTICATE. */
const openings: readonly number[] = [0xa4, 0x50, 0x82]

type Tap = { readonly wire: CardConnection; readonly log: Uint8Array[] }

/** Remembers what goes over the wire, and may change a command on its way. */
function tapped(card: CardConnection, alter: (command: Uint8Array) => void = () => undefined): Tap {
  const log: Uint8Array[] = []
  const wire: CardConnection = {
    transmit: async (command) => {
      const sent = command.slice()
      alter(sent)
      log.push(sent)
      const answer = await card.transmit(sent)
      log.push(answer.slice())
      return answer
    },
    reset: () => card.reset(),
  }
  return { wire, log }
}

/** A SECURED card with one bound client, and a PIN. */
async function prepared(system: LiveSystem) {
  const personalised = new PersonalisedCard()
  const publisher = await newPublisher('ours')
  await personalised.allow(publisher, clientCommandFilters())
  const { keys } = await personalised.bind(publisher, 0x40)
  await personalised.secure()
  await new SecureElement(securedConnection(personalised.card, keys)).setPin(pin)
  return { card: system.wire(personalised.card), medium: personalised.medium, keys }
}

const met = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) =>
      error instanceof SecureElementError ? (error.statusWord?.toString(16) ?? error.code) : String(error),
  )

const selectService = encodeCommand({ cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID, ne: 256 })

export const secureElementChannelControls: readonly Control[] = [
  control({
    id: 'se.channel',
    title: {
      zh: '客户端与SE之间的通信保密、完整、真实',
      en: 'What client and SE say to each other is secret, whole and authentic',
    },
    clauses: ['B-7.5.10.2-1'],
    async check(system, evidence) {
      const { card, keys } = await prepared(system)
      const { wire, log } = tapped(card)
      const element = new SecureElement(securedConnection(wire, keys))
      await element.generateKeyPair(container, pin)
      await element.listContainers()
      const trace = Buffer.concat(log)
      for (const secret of [pin, container])
        evidence.holds('通道上没有明文', !trace.includes(secret), { bytes: trace.length })
      const sent = log.filter((bytes, at) => at % 2 === 0 && !openings.includes(bytes[1] ?? 0))
      const isProtected = sent.length > 0 && sent.every(([cla = 0]) => (cla & 0x04) !== 0)
      evidence.holds('选择与建立通道之外的指令均经安全报文发送', isProtected, { sent: sent.length })
      for (const at of [2, 3, -3, -10]) {
        const altering = tapped(card, (command) => {
          const place = at < 0 ? command.length + at : at
          if (command[1] === COMMANDS.getStatus.ins && command[0] === 0x84)
            command[place] = (command[place] ?? 0) ^ 0x01
        })
        const word = await met(new SecureElement(securedConnection(altering.wire, keys)).status())
        evidence.holds('被篡改的指令遭拒绝', word === '6988', { at, met: word })
      }
      const forging: CardConnection = {
        transmit: async (command) => {
          const answer = await card.transmit(command)
          if (command[0] === 0x84 && command[1] === COMMANDS.getStatus.ins) answer[4] = (answer[4] ?? 0) ^ 1
          return answer
        },
        reset: () => card.reset(),
      }
      const noticed = await met(new SecureElement(securedConnection(forging, keys)).status())
      evidence.holds('被篡改的应答由客户端发现', noticed !== 'done', { met: noticed })
    },
  }),
  control({
    id: 'se.nothing-before-channel',
    title: {
      zh: '安全通道建立之前，应用不开放任何敏感服务',
      en: 'Before the channel is open the application serves nothing sensitive',
    },
    clauses: ['B-7.5.10.2-2'],
    async check(system, evidence) {
      const { card } = await prepared(system)
      const data = utf8ToBytes(container)
      for (const [name, { cla, ins, p1p2 }] of Object.entries(COMMANDS))
        for (const parameters of p1p2) {
          await card.transmit(selectService)
          const command = { cla, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 256 }
          const { statusWord } = parseResponse(await card.transmit(encodeCommand(command)))
          evidence.holds('未建立通道的指令返回6982', statusWord === 0x6982, {
            name,
            statusWord: statusWord.toString(16),
          })
        }
    },
  }),
  control({
    id: 'se.session-keys',
    title: {
      zh: '每次通道使用新的会话密钥',
      en: 'Every session of the channel has keys of its own',
    },
    clauses: ['B-7.5.10.2-3'],
    async check(system, evidence) {
      const { card, keys } = await prepared(system)
      const wrapped = new Set<string>()
      const challenges = new Set<string>()
      let recorded = new Uint8Array(0)
      const sessions = 20
      for (let session = 0; session < sessions; session += 1) {
        const { wire, log } = tapped(card)
        await new SecureElement(securedConnection(wire, keys)).status()
        const at = log.findIndex((bytes, place) => place % 2 === 0 && bytes[1] === COMMANDS.getStatus.ins)
        recorded = Uint8Array.from(log[at] ?? recorded)
        wrapped.add(Buffer.from(recorded).toString('hex'))
        challenges.add(Buffer.from((log[3] ?? recorded).subarray(13, 21)).toString('hex'))
      }
      evidence.holds('同一指令在各会话中的报文互不相同', wrapped.size === sessions, {
        distinct: wrapped.size,
      })
      evidence.holds('卡的挑战互不相同', challenges.size === sessions, { distinct: challenges.size })
      await securedConnection(card, keys).transmit(selectService)
      const { statusWord } = parseResponse(await card.transmit(recorded))
      evidence.holds('前一会话的报文在新会话中遭拒绝', statusWord === 0x6988, {
        met: statusWord.toString(16),
      })
    },
  }),
  control({
    id: 'se.sealed-memory',
    title: {
      zh: 'PIN与密钥以安全方式存取，存储中只有受保护的形式',
      en: 'PIN and keys are stored sealed, and no command reads where they lie',
    },
    clauses: ['B-7.2-14'],
    async check(system, evidence) {
      const { card, medium, keys } = await prepared(system)
      const element = new SecureElement(securedConnection(card, keys))
      const publicKey = await element.generateKeyPair(container, pin)
      await element.verifyPin(pin)
      const images = ([0, 1] as const).map((slot) => Buffer.from(medium.image(slot) ?? new Uint8Array(0)))
      evidence.holds(
        '卡的存储已写入',
        images.every((image) => image.length > 100),
        {
          lengths: images.map((image) => image.length),
        },
      )
      const sensitive = [Buffer.from(pin), Buffer.from(container), Buffer.from(publicKey.bytes.slice(1))]
      const channelKeys = Object.values(keys.keys).map((key) => Buffer.from(key))
      const found = images.some((image) =>
        [...sensitive, ...channelKeys].some((bytes) => image.includes(bytes)),
      )
      evidence.holds('存储中没有PIN、容器名、公钥与通道密钥的明文', !found)
      const channel = securedConnection(card, keys)
      await channel.transmit(selectService)
      for (const ins of [0xb0, 0xb1, 0xb2, 0xb3, 0xca, 0xcb]) {
        const command = { cla: 0, ins, p1: 0, p2: 0, data: new Uint8Array(0), ne: 256 }
        const { statusWord, data } = parseResponse(await channel.transmit(encodeCommand(command)))
        evidence.holds('没有读取存储的指令', statusWord !== 0x9000 && data.length === 0, {
          ins,
          statusWord: statusWord.toString(16),
        })
      }
    },
  }),
]
