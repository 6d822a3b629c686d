import { utf8ToBytes } from '@anqu/encoding'
import { GmCryptoError, Sm2PrivateKey, sm2Verify, type Sm2PublicKey } from '@anqu/gm-crypto'
import { encodeCommand, parseResponse, SECURITY_SERVICE_AID, SecureElementError } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'
import type { Installation } from '../system/installation.ts'
import { judgeRandomness } from './randomness.ts'

const pin = '2468135'
const container = 'secrets'
const message = utf8ToBytes('an order')
const randomBits = 1_000_000
const pairsOfEach = 500
const keyLength = 32

type Command = { cla: number; ins: number; p1: number; p2: number; data?: Uint8Array; ne?: number }

async function send(app: Installation, command: Command) {
  const { data = new Uint8Array(0), ne = 256 } = command
  return parseResponse(await app.card.transmit(encodeCommand({ ...command, data, ne })))
}

const word = (statusWord: number): string => statusWord.toString(16).padStart(4, '0')
const select: Command = { cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID }
const verify: Command = { cla: 0, ins: 0x20, p1: 0, p2: 0x80, data: utf8ToBytes(pin) }

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
  )

/** Whether any 32 bytes in a row are the private key of one of these public keys. */
export function carriesKey(answer: Uint8Array, ...publicKeys: readonly Sm2PublicKey[]): boolean {
  for (let at = 0; at + keyLength <= answer.length; at += 1) {
    try {
      const { publicKey } = Sm2PrivateKey.fromBytes(answer.subarray(at, at + keyLength))
      if (publicKeys.some((known) => known.equals(publicKey))) return true
    } catch (error) {
      if (!(error instanceof GmCryptoError)) throw error
    }
  }
  return false
}

export const secureElementSecretControls: readonly Control[] = [
  control({
    id: 'se.no-key-export',
    title: {
      zh: '没有任何指令读出或写入私钥',
      en: 'No command reads or writes a private key',
    },
    clauses: ['B-5.4.2-8', 'B-5.4.2-9', 'B-7.2-4'],
    async check(system, evidence) {
      const app = await system.undisturbed(() => system.newInstallation('preinstalled'))
      const publicKey = await system.undisturbed(async () => {
        await app.element.setPin(pin)
        return app.element.generateKeyPair(container, pin)
      })
      await send(app, select)
      const files = [0xb0, 0xb1, 0xb2, 0xd0, 0xd2, 0xd6, 0xdc, 0xe0]
      for (const ins of files) {
        await send(app, verify)
        const { statusWord } = await send(app, { cla: 0, ins, p1: 0, p2: 0, data: utf8ToBytes(container) })
        evidence.holds('读写文件的指令不存在', statusWord === 0x6d00, { ins, statusWord: word(statusWord) })
      }
      let answers = 0
      let leaked = 0
      for (const cla of [0x00, 0x80])
        for (let ins = 0; ins < 256; ins += 1)
          for (const p2 of [0, 1, 2]) {
            // Deleting ends the scan early, and answers nothing.
            if (ins === 0x48 || ins === 0x4a) continue
            await send(app, verify)
            const { data } = await send(app, { cla, ins, p1: 0, p2, data: utf8ToBytes(container) })
            answers += 1
            if (carriesKey(data, publicKey)) leaked += 1
          }
      evidence.holds('扫描全部指令，无一输出私钥', leaked === 0, { answers, leaked })
      const chosen = Sm2PrivateKey.generate()
      await send(app, verify)
      await send(app, { cla: 0, ins: 0x46, p1: 0, p2: 1, data: chosen.exportBytes() })
      const held = await app.element.publicKey(container, { state: 'pending' })
      evidence.holds('容器中仍是内部生成的密钥', held.equals(publicKey))
    },
  }),
  control({
    id: 'se.random',
    title: {
      zh: '随机数由内部产生并通过随机性检测',
      en: 'Random numbers are made inside and pass the tests',
    },
    clauses: ['B-7.2-11'],
    async check(system, evidence) {
      const app = await system.undisturbed(() => system.newInstallation('preinstalled'))
      await send(app, select)
      const collected: number[] = []
      while (collected.length * 8 < randomBits) {
        const { data } = await send(app, { cla: 0, ins: 0x84, p1: 0, p2: 0 })
        if (data.length === 0) break
        collected.push(...data)
      }
      for (const { name, statistic, passed } of judgeRandomness(Uint8Array.from(collected)))
        evidence.holds(`随机性检测：${name}`, passed, {
          bits: collected.length * 8,
          statistic: statistic.toFixed(3),
        })
    },
  }),
  control({
    id: 'se.key-generation',
    title: {
      zh: '两张卡各生成五百对密钥，互不相同；密钥文件使用期内封闭',
      en: 'Five hundred pairs on each of two cards differ; key files are sealed while in use',
    },
    clauses: ['B-7.2-8'],
    async check(system, evidence) {
      const seen = new Set<string>()
      for (let card = 0; card < 2; card += 1) {
        const app = await system.undisturbed(() => system.newInstallation('preinstalled'))
        await app.element.setPin(pin)
        let latest = await app.element.generateKeyPair(container, pin)
        const again = await codeOf(app.element.renewKeyPair(container, pin))
        const kept = await app.element.publicKey(container, { state: 'pending' })
        evidence.holds('已有密钥时不得覆盖或追加', again === 'se.key-pending' && kept.equals(latest), {
          met: again,
        })
        for (let pair = 0; pair < pairsOfEach; pair += 1) {
          seen.add(Buffer.from(latest.bytes).toString('hex'))
          await app.element.discardPendingKeyPair(container, pin)
          latest = await app.element.renewKeyPair(container, pin)
        }
      }
      evidence.holds('一千对密钥各不相同', seen.size === 2 * pairsOfEach, { distinct: seen.size })
    },
  }),
  control({
    id: 'se.both-pairs',
    title: {
      zh: '容器保存同一用户的签名与加密密钥对，公钥可公开读取',
      en: 'A container holds the signing and the encryption pair of its user; public keys are open',
    },
    clauses: ['B-5.4.2-2', 'B-5.4.3-1'],
    async check(system, evidence) {
      const app = await system.undisturbed(() => system.newInstallation('preinstalled'))
      await app.element.setPin(pin)
      const signing = await app.element.generateKeyPair(container, pin)
      const encryption = await app.element.renewKeyPair(container, pin, 'encryption')
      const pairs = (await app.element.listContainers()).find(({ name }) => name === container)?.pairs ?? []
      const waiting = pairs.filter(({ pending }) => pending).map(({ usage }) => usage)
      evidence.holds('同一容器中有签名与加密两对密钥', waiting.length === 2 && !signing.equals(encryption), {
        waiting: waiting.join(' '),
      })
      for (const [usage, key] of [
        ['signing', signing],
        ['encryption', encryption],
      ] as const) {
        const open = await app.element.publicKey(container, { usage, state: 'pending' })
        evidence.holds('公钥无须PIN即可读取，且与生成时相同', open.equals(key), { usage })
      }
      const envelope = await app.element.sealEnvelope(encryption, message)
      evidence.holds('数字信封不含原文', !Buffer.from(envelope).includes(Buffer.from(message)))
      evidence.holds('签名公钥不能验证无关签名', !sm2Verify(signing, message, new Uint8Array(64).fill(1)))
    },
  }),
]
