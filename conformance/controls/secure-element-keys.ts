import { bytesToHex, concatBytes, utf8ToBytes } from '@anqu/encoding'
import { GmCryptoError, randomBytes, Sm2PrivateKey, sm3, type Sm2PublicKey } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import {
  createCard,
  encodeCommand,
  MemoryCard,
  parseResponse,
  securedConnection,
  SECURITY_SERVICE_AID,
  SecureElement,
  SecureElementError,
  type CardConnection,
} from '@anqu/secure-element'
import { FileType } from '@anqu/secure-element/inspection'
import { control, type Control } from '../runner/control.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { newPublisher, PersonalisedCard } from '../system/personalised-card.ts'
import { carriesKey } from './secure-element-secrets.ts'
import { issue } from './secure-element.ts'

const pin = '2468135'
const message = utf8ToBytes('an order')
const sm4KeyType = 0x8e

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
  )

export async function ask(
  wire: CardConnection,
  command: { cla: number; ins: number; p1: number; p2: number; data?: Uint8Array },
) {
  const { data = new Uint8Array(0) } = command
  return parseResponse(await wire.transmit(encodeCommand({ ...command, data, ne: 256 })))
}

export const selectService = { cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID }
export const selectIssuer = { cla: 0, ins: 0xa4, p1: 4, p2: 0 }

/** Types of all channel keys, as the card names them to everybody (GET DATA 00E0: C0{identifier, version, type, length}…). */
export async function keyTypes(wire: CardConnection): Promise<number[]> {
  await ask(wire, selectIssuer)
  const { data } = await ask(wire, { cla: 0x80, ins: 0xca, p1: 0, p2: 0xe0 })
  const types: number[] = []
  for (let at = 2; at + 6 <= data.length; at += 6) types.push(data[at + 4] ?? 0)
  return types
}

/** A card that remembers what it drew for private keys, and a client of it that remembers every answer. */
async function watchedCard(system: LiveSystem) {
  const draws: Uint8Array[] = []
  const outputs: Uint8Array[] = []
  const random = (length: number): Uint8Array => {
    const bytes = randomBytes(length)
    if (length === 32) draws.push(bytes.slice())
    return bytes
  }
  const card = new PersonalisedCard({ random })
  const keys = await card.secureFor(await newPublisher('ours'))
  const channel = system.wire(securedConnection(card.card, keys))
  const heard: CardConnection = {
    transmit: async (command) => {
      const answer = await channel.transmit(command)
      outputs.push(answer.slice())
      return answer
    },
    reset: () => channel.reset(),
  }
  return { card, draws, outputs, channel, element: new SecureElement(heard) }
}

/** Both forms in which the card works with the private keys of these public keys. */
export function formsOf(draws: readonly Uint8Array[], publicKeys: readonly Sm2PublicKey[]): Buffer[] {
  return draws.flatMap((draw) => {
    try {
      const key = Sm2PrivateKey.fromBytes(draw)
      const isOurs = publicKeys.some((known) => known.equals(key.publicKey))
      return isOurs ? [Buffer.from(draw), Buffer.from(key.exportSigningForm())] : []
    } catch (error) {
      if (error instanceof GmCryptoError) return []
      throw error
    }
  })
}

/** Random bytes that follow from a seed: two cards with the same source inside. */
function seeded(seed: string): (length: number) => Uint8Array {
  let block = 0
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      sm3(utf8ToBytes(`${seed} ${block++}`)),
    )
    return concatBytes(...blocks).slice(0, length)
  }
}

type Host = { readonly pin: string; readonly container: string; readonly noise: Uint8Array }

/** What a card makes of its random numbers when a host says these things. */
async function madeBy(system: LiveSystem, host: Host, seed?: string): Promise<Record<string, string>> {
  const medium = new MemoryCard()
  const source = seed === undefined ? {} : { random: seeded(seed) }
  const wire = system.wire(createCard({ storage: medium.holder(), ...source }))
  const element = new SecureElement(wire)
  await element.setPin(host.pin)
  const publicKey = await element.generateKeyPair(host.container, host.pin)
  await ask(wire, selectService)
  const challenge = (await ask(wire, { cla: 0, ins: 0x84, p1: 0, p2: 0, data: host.noise })).data
  const { files } = await system.inspect(medium.holder())
  const reference = files.find(({ path }) => path.endsWith('pin/reference'))?.bytes
  // Rounds in four bytes, then the salt in sixteen.
  const salt = reference?.slice(4, 20) ?? new Uint8Array(0)
  return { 密钥: bytesToHex(publicKey.bytes), PIN的盐: bytesToHex(salt), 随机数: bytesToHex(challenge) }
}

export const secureElementKeyControls: readonly Control[] = [
  control({
    id: 'se.private-key-life',
    title: {
      zh: '私钥在生成、存储、使用各阶段均不出现在输出、存储与备份中',
      en: 'At generation, storage and use no private key is in outputs, memory or backups',
    },
    clauses: ['B-7.2-3'],
    async check(system, evidence) {
      const { card, draws, outputs, channel, element } = await watchedCard(system)
      await element.setPin(pin)
      const keys = [await element.generateKeyPair('waiting', pin)]
      const backups: Buffer[] = []
      const look = async (stage: string): Promise<void> => {
        const { files } = await system.inspect(card.medium.holder())
        await card.card.reset()
        for (const slot of [0, 1] as const)
          backups.push(Buffer.from(card.medium.image(slot) ?? new Uint8Array(0)))
        const seen = [...outputs, ...files.map(({ bytes }) => bytes)]
        evidence.holds(
          `${stage}：输出与打开后的存储中没有私钥`,
          !seen.some((bytes) => carriesKey(bytes, ...keys)),
          {
            outputs: outputs.length,
            files: files.length,
          },
        )
        const forms = formsOf(draws, keys)
        const places = [...seen, ...backups].map((bytes) => Buffer.from(bytes))
        const found = places.some((place) => forms.some((form) => place.includes(form)))
        evidence.holds(
          `${stage}：私钥的各种形式均不见于输出、存储与备份`,
          forms.length === 2 * keys.length && !found,
          {
            forms: forms.length,
            backups: backups.length,
          },
        )
        const privateKeys = files.filter(({ path }) => /^[0-9a-f]+\/key\/[0-9a-f]{16}$/.test(path))
        const symmetric = files.filter(({ path }) => /^[0-9a-f]+\/key\/[0-9]+\//.test(path))
        const areInternal = [...privateKeys, ...symmetric].every(({ type }) => type === FileType.key)
        evidence.holds(
          '私钥文件与对称密钥文件同为内部密钥文件，不同于普通文件',
          privateKeys.length === keys.length && symmetric.length > 0 && areInternal,
          { privateKeys: privateKeys.length, symmetric: symmetric.length },
        )
      }
      await look('生成')
      await issue({ element }, 'signing')
      await issue({ element }, 'opening', { usage: 'encryption' })
      keys.push(
        await element.publicKey('signing'),
        await element.publicKey('opening', { usage: 'encryption' }),
      )
      await look('存储')
      await element.sign('signing', pin, message)
      const opening = await element.publicKey('opening', { usage: 'encryption' })
      await element.decrypt('opening', pin, await element.encrypt(opening, message)).catch(() => undefined)
      await look('使用')
      await ask(channel, selectService)
      const data = utf8ToBytes('\u0007signingan order')
      const { statusWord } = await ask(channel, { cla: 0, ins: 0x2a, p1: 0x9e, p2: 0x9a, data })
      evidence.holds('未验证PIN不能使用私钥', statusWord === 0x6982, { statusWord: statusWord.toString(16) })
    },
  }),
  control({
    id: 'se.internal-randomness',
    title: {
      zh: '参与密钥与PIN运算的随机数由内部产生，外部数据不参与',
      en: 'Random numbers for keys and PIN are made inside; nothing that the host sends takes part',
    },
    clauses: ['B-7.2-10'],
    async check(system, evidence) {
      const one: Host = { pin: '2468135', container: 'one', noise: new Uint8Array(32).fill(0x5a) }
      const two: Host = { pin: '97531864', container: 'two, and more', noise: randomBytes(64) }
      const first = await madeBy(system, one, 'source')
      const same = await madeBy(system, two, 'source')
      const others = [await madeBy(system, one, 'another source')]
      for (let card = 0; card < 3; card += 1) others.push(await madeBy(system, one))
      for (const what of Object.keys(first)) {
        const value = first[what] ?? ''
        evidence.holds(`内部来源相同、外部数据不同：${what}相同`, value !== '' && same[what] === value, {
          what,
        })
        const distinct = new Set([value, ...others.map((other) => other[what] ?? '')])
        evidence.holds(`外部数据相同、内部来源不同：${what}各不相同`, distinct.size === 1 + others.length, {
          what,
          distinct: distinct.size,
        })
      }
    },
  }),
  control({
    id: 'se.pin-and-keys-safe',
    title: {
      zh: '应用保障PIN与密钥安全：不可读取，达到上限即锁定，只用国密算法',
      en: 'PIN and keys are safe in the application: nothing reads them, the cap locks, approved algorithms only',
    },
    clauses: ['B-7.2-13'],
    async check(system, evidence) {
      const { card, channel, element } = await system.undisturbed(async () => {
        const watched = await watchedCard(system)
        await watched.element.setPin(pin)
        await issue(watched, 'pay')
        return watched
      })
      const { files } = await system.inspect(card.medium.holder())
      await card.card.reset()
      const traces = [Buffer.from(pin), Buffer.from(sm3(utf8ToBytes(pin)))]
      const bare = files.filter(({ bytes }) => traces.some((trace) => Buffer.from(bytes).includes(trace)))
      evidence.holds('打开后的存储中也没有PIN或其杂凑', files.length > 0 && bare.length === 0, {
        files: files.length,
      })
      const references = files.filter(({ path }) => path.includes('/pin/'))
      const areInternal = references.every(({ type }) => type === FileType.pinReference)
      evidence.holds('PIN参考数据为内部文件', references.length > 0 && areInternal, {
        files: references.length,
      })
      await ask(channel, selectService)
      for (const ins of [0xb0, 0xb1, 0xb2, 0xb3, 0xcb]) {
        const { statusWord, data } = await ask(channel, { cla: 0, ins, p1: 0, p2: 0 })
        evidence.holds('没有读取存储的指令', statusWord !== 0x9000 && data.length === 0, { ins })
      }
      const types = await keyTypes(system.wire(card.card))
      evidence.holds('密钥只属于SM4', types.length > 0 && types.every((type) => type === sm4KeyType), {
        types,
      })
      // Taken away in the middle of its work for the inspection, the card had one try fewer until the next right PIN.
      await element.verifyPin(pin)
      for (let left = policy.lockout.sePinTries - 1; left >= 0; left -= 1) {
        const code = await codeOf(element.verifyPin('000000'))
        evidence.holds('错误的PIN', code === (left === 0 ? 'se.pin-locked' : 'se.pin-wrong'), { left, code })
      }
      await card.card.reset()
      const after = await codeOf(element.sign('pay', pin, message))
      evidence.holds('锁定后断电也不能使用密钥', after === 'se.pin-locked', { met: after })
    },
  }),
]
