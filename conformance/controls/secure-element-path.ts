import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { ClientCard } from '@anqu/client'
import { sm2Verify } from '@anqu/gm-crypto'
import {
  connectCard,
  SecureElement,
  securedConnection,
  serveCard,
  SM4,
  type CardConnection,
  type MessageEndpoint,
} from '@anqu/secure-element'
import { deriveSessionKeys } from '@anqu/secure-element/inspection'
import { control, type Control } from '../runner/control.ts'
import { newPublisher, PersonalisedCard } from '../system/personalised-card.ts'
import { issue } from './secure-element.ts'

const pin = '2468135'
const message = utf8ToBytes('an order')
const quietMs = 200
/** SELECT, VERIFY, PERFORM SECURITY OPERATION. */
const signing = ['a4', '20', '2a']
const initializeUpdate = 0x50

type Layer = 'client' | 'apdu' | 'port' | 'applet'
type Event = { readonly layer: Layer; readonly way: 'down' | 'up'; readonly what: string }

/** A way to the card that writes down each command and each answer. */
function traced(card: CardConnection, layer: Layer, trace: Event[]): CardConnection {
  return {
    transmit: async (command) => {
      trace.push({ layer, way: 'down', what: (command[1] ?? 0).toString(16) })
      const answer = await card.transmit(command)
      trace.push({ layer, way: 'up', what: Buffer.from(answer.subarray(-2)).toString('hex') })
      return answer
    },
    reset: () => card.reset(),
  }
}

/** One end of a message channel, which writes down what is sent from it. */
function tracedPort(port: MessagePort, way: Event['way'], trace: Event[]): MessageEndpoint {
  return {
    postMessage: (data) => {
      trace.push({ layer: 'port', way, what: '' })
      port.postMessage(data)
    },
    addEventListener: (type, listener) => {
      port.addEventListener(type, ({ data }: { data: unknown }) => listener({ data }))
      port.start()
    },
  }
}

/** Whether every command of a layer is answered before the next one, and nothing is answered that was not asked. */
const isAskAndAnswer = (trace: readonly Event[], layer: Layer): boolean => {
  const own = trace.filter((event) => event.layer === layer)
  return (
    own.length > 0 &&
    own.length % 2 === 0 &&
    own.every(({ way }, at) => way === (at % 2 === 0 ? 'down' : 'up'))
  )
}

/** Everything that lies in a folder. */
async function stored(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(path.join(entry.parentPath, entry.name))),
  )
}

export const secureElementPathControls: readonly Control[] = [
  control({
    id: 'se.call-path',
    title: {
      zh: '运算由客户端发起，经接口转为APDU，在应用内完成后逐层同步返回；应用从不主动发起',
      en: 'The client calls, the interface sends APDUs, the applet computes and answers layer by layer, and never begins',
    },
    clauses: ['B-5.3-1'],
    async check(system, evidence) {
      const trace: Event[] = []
      const card = new PersonalisedCard()
      const keys = await card.secureFor(await newPublisher('ours'))
      const { port1, port2 } = new MessageChannel()
      try {
        serveCard(tracedPort(port2, 'up', trace), traced(card.card, 'applet', trace))
        const secured = securedConnection(connectCard(tracedPort(port1, 'down', trace)), keys)
        const element = new SecureElement(system.wire(traced(secured, 'apdu', trace)))
        await element.setPin(pin)
        await issue({ element }, 'pay')
        const publicKey = await element.publicKey('pay')
        trace.length = 0
        await system.pause(quietMs)
        evidence.holds('客户端未调用时，应用不发出任何内容', trace.length === 0, { events: trace.length })
        trace.push({ layer: 'client', way: 'down', what: 'sign' })
        const signature = await element.sign('pay', pin, message)
        trace.push({ layer: 'client', way: 'up', what: 'signature' })
        const ended = trace.length
        await system.pause(quietMs)
        const apdus = trace
          .filter(({ layer, way }) => layer === 'apdu' && way === 'down')
          .map(({ what }) => what)
        evidence.holds('一次签名经接口转为选择、验证PIN、签名三条指令', apdus.join() === signing.join(), {
          apdus,
        })
        for (const layer of ['client', 'apdu', 'port', 'applet'] as const)
          evidence.holds('一问一答，逐层同步返回', isAskAndAnswer(trace, layer), {
            layer,
            events: trace.filter((event) => event.layer === layer).length,
          })
        const first = (way: Event['way']) =>
          (['client', 'apdu', 'port', 'applet'] as const).map((layer) => {
            const places = trace.flatMap((event, at) =>
              event.layer === layer && event.way === way ? [at] : [],
            )
            return (way === 'down' ? places[0] : places.at(-1)) ?? -1
          })
        const isNested = (places: number[]): boolean =>
          places.every((place, at) => at === 0 || place > (places[at - 1] ?? place))
        evidence.holds(
          '自客户端、接口、APDU到应用，再反序返回',
          isNested(first('down')) && isNested(first('up').toReversed()),
          { down: first('down'), up: first('up') },
        )
        evidence.holds('返回之后应用不再发出任何内容', trace.length === ended, {
          events: trace.length - ended,
        })
        const words = new Set(
          trace.filter(({ layer, way }) => layer === 'applet' && way === 'up').map(({ what }) => what),
        )
        evidence.holds('应用从不要求客户端取指令', [...words].join() === '9000', { statusWords: [...words] })
        evidence.holds('结果由应用内的私钥算出', sm2Verify(publicKey, message, signature))
      } finally {
        port1.close()
        port2.close()
      }
    },
  }),
  control({
    id: 'se.session-key-not-stored',
    title: {
      zh: '会话期间与结束后，客户端存储中均没有会话密钥',
      en: 'During and after a session its key is in no storage of the client',
    },
    clauses: ['B-7.5.10.2-4'],
    async check(system, evidence) {
      const card = new PersonalisedCard()
      const keys = await card.secureFor(await newPublisher('ours'))
      const folder = await mkdtemp(path.join(tmpdir(), 'anqu-client-'))
      try {
        const file = path.join(folder, 'channel-keys')
        const store = {
          load: () =>
            readFile(file).then(
              (bytes) => new Uint8Array(bytes),
              () => undefined,
            ),
          save: (secret: Uint8Array) => writeFile(file, secret, { mode: 0o600 }),
        }
        const session: Buffer[] = []
        const places: Buffer[] = []
        const look = async (): Promise<number> => {
          const images = ([0, 1] as const).map((slot) =>
            Buffer.from(card.medium.image(slot) ?? new Uint8Array(0)),
          )
          places.splice(0, places.length, ...(await stored(folder)), ...images)
          return session.filter((key) => places.some((place) => place.includes(key))).length
        }
        const found: number[] = []
        const wire: CardConnection = {
          transmit: async (command) => {
            const answer = await card.card.transmit(command)
            if (command[1] !== initializeUpdate) {
              if (session.length > 0) found.push(await look())
              return answer
            }
            const context = concatBytes(command.slice(5, 13), answer.slice(13, 21))
            const derived = await deriveSessionKeys(SM4, keys.keys, context)
            session.push(...Object.values(derived).map((key: Uint8Array) => Buffer.from(key)))
            return answer
          },
          reset: () => card.card.reset(),
        }
        await new ClientCard(wire, store).take(keys)
        const element = new SecureElement(system.client(wire, store))
        await element.setPin(pin)
        await issue({ element }, 'pay')
        await element.sign('pay', pin, message)
        const isSeen = places.some((place) => place.includes(Buffer.from(keys.keys.encryption)))
        evidence.holds('检索有效：客户端保存的通道密钥可以找到', isSeen, { places: places.length })
        evidence.holds('会话期间：没有会话密钥', found.length > 0 && found.every((count) => count === 0), {
          looks: found.length,
          sessionKeys: session.length,
        })
        await element.reset()
        const left = await look()
        evidence.holds('会话结束后：没有会话密钥', left === 0, { left })
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  }),
]
