import { utf8ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import {
  encodeCommand,
  parseResponse,
  securedConnection,
  SECURITY_SERVICE_AID,
  SECURITY_SERVICE_COMMANDS as COMMANDS,
  SecureElement,
  SecureElementError,
  type KeySet,
} from '@anqu/secure-element'
import { clientCommandFilters, commandFilter } from '@anqu/secure-element/issuer'
import { control, type Control } from '../runner/control.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { newPublisher, PersonalisedCard } from '../system/personalised-card.ts'
import { issue } from './secure-element.ts'

const pin = '2468135'
const refusedAccess = 0x6982

/** The status word of the card's refusal, 0x9000 for none. */
const met = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => '9000',
    (error: unknown) =>
      error instanceof SecureElementError ? (error.statusWord?.toString(16) ?? error.code) : String(error),
  )
const isRefused = (word: string): boolean => word === refusedAccess.toString(16)

function client(system: LiveSystem, { card }: PersonalisedCard, keys: KeySet): SecureElement {
  return new SecureElement(securedConnection(system.wire(card), keys))
}

export const secureElementAccessControls: readonly Control[] = [
  control({
    id: 'se.listed-clients',
    title: {
      zh: '只有指定证书签名的客户端可访问SE',
      en: 'Only client software signed under a listed certificate reaches the SE',
    },
    clauses: ['B-7.4-3'],
    async check(system, evidence) {
      const [ours, others] = [await newPublisher('ours'), await newPublisher('others')]
      const personalised = new PersonalisedCard()
      await personalised.allow(ours, clientCommandFilters())
      const stranger = await personalised.bind(others, 0x41)
      evidence.holds('未列入名单的证书签名的客户端不能绑定', stranger.statusWord === refusedAccess, {
        met: stranger.statusWord.toString(16),
      })
      const bound = await personalised.bind(ours, 0x40)
      evidence.holds('列入名单者可绑定', bound.statusWord === 0x9000)
      await personalised.secure()
      const attempts = [
        ['持有密钥而未绑定的客户端', stranger.keys],
        ['发卡方自己的密钥', personalised.issuer],
      ] as const
      for (const [who, keys] of attempts) {
        const word = await met(client(system, personalised, keys).status())
        evidence.holds(`${who}被拒绝`, isRefused(word), { met: word })
      }
      evidence.holds(
        '已绑定者可访问',
        (await met(client(system, personalised, bound.keys).status())) === '9000',
      )
      await personalised.allow(ours, 'never')
      const after = await met(client(system, personalised, bound.keys).status())
      evidence.holds('规则改为禁止后同一客户端被拒绝', isRefused(after), { met: after })
    },
  }),
  control({
    id: 'se.command-rules',
    title: {
      zh: '对单个应用作指令级访问控制',
      en: 'One application is controlled command by command',
    },
    clauses: ['B-7.4-4', 'B-5.3-2'],
    async check(system, evidence) {
      const ours = await newPublisher('ours')
      const personalised = new PersonalisedCard()
      await personalised.allow(ours, clientCommandFilters())
      const { keys } = await personalised.bind(ours, 0x40)
      await personalised.secure()
      const element = client(system, personalised, keys)
      await element.setPin(pin)
      await issue({ element }, 'pay')
      // SIGN and DECIPHER are one instruction with different parameters: this rule tells them apart.
      const signOnly = { header: Uint8Array.of(0x00, 0x2a, 0x9e, 0x9a), mask: new Uint8Array(4).fill(0xff) }
      const signing = [commandFilter(COMMANDS.verifyPin), commandFilter(COMMANDS.listContainers), signOnly]
      await personalised.allow(ours, signing)
      const signed = await met(element.sign('pay', pin, utf8ToBytes('order')))
      evidence.holds('规则允许签名', signed === '9000', { met: signed })
      const refused = [
        ['删除', () => element.deleteContainer('pay', pin)],
        ['生成', () => element.generateKeyPair('more', pin)],
        ['解密', () => element.decrypt('pay', pin, new Uint8Array(100))],
        ['取随机数', () => element.random(8)],
      ] as const
      for (const [what, attempt] of refused) {
        const word = await met(attempt())
        evidence.holds(`规则未列的指令被拒绝：${what}`, isRefused(word), { met: word })
      }
      const names = (await element.listContainers()).map(({ name }) => name)
      evidence.holds('被拒绝的删除没有发生', names.join() === 'pay', { names })
      const channel = securedConnection(system.wire(personalised.card), keys)
      const send = async (ins: number, p1: number, p2: number, data: Uint8Array): Promise<string> => {
        const answer = await channel.transmit(encodeCommand({ cla: 0, ins, p1, p2, data, ne: 256 }))
        return parseResponse(answer).statusWord.toString(16)
      }
      await send(0xa4, 4, 0, SECURITY_SERVICE_AID)
      const bare = await send(0x2a, 0x9e, 0x9a, utf8ToBytes('\u0003payorder'))
      evidence.holds('规则允许而未验证PIN的签名返回6982', isRefused(bare), { met: bare })
    },
  }),
  control({
    id: 'se.own-certificates',
    title: {
      zh: '客户端只能访问其获授权的证书',
      en: 'A client reaches only the certificates it is authorised for',
    },
    clauses: ['B-5.4.3-10'],
    async check(system, evidence) {
      const [first, second] = [await newPublisher('first'), await newPublisher('second')]
      const personalised = new PersonalisedCard()
      for (const publisher of [first, second]) await personalised.allow(publisher, clientCommandFilters())
      const one = client(system, personalised, (await personalised.bind(first, 0x40)).keys)
      await one.setPin(pin)
      const theirs = parseCertificate(await issue({ element: one }, 'theirs'))
      const other = client(system, personalised, (await personalised.bind(second, 0x41)).keys)
      const seen = (await other.listCertificates()).length
      evidence.holds('另一客户端的清单中没有该证书', seen === 0, { seen })
      const attempts = [
        ['按容器', () => other.containerCertificate('theirs')],
        ['按序列号', () => other.readCertificate(theirs.serialHex)],
        ['按有效期', () => other.readCertificateByValidity(theirs.notBeforeMs, theirs.notAfterMs)],
        ['签名', () => other.sign('theirs', pin, utf8ToBytes('order'))],
      ] as const
      for (const [how, attempt] of attempts) {
        const word = await met(attempt())
        evidence.holds(`另一客户端${how}访问被拒绝`, word !== '9000' && /^6[0-9a-f]{3}$/.test(word), {
          met: word,
        })
      }
      const own = await issue({ element: other }, 'own')
      const read = await other.containerCertificate('own')
      evidence.holds('自己的证书可以读取', Buffer.from(read).equals(Buffer.from(own)))
    },
  }),
  control({
    id: 'se.signer-identified',
    title: {
      zh: '私钥签名只能由持有者产生，仅与其证书相符',
      en: 'A signature verifies with the certificate of its signer and no other',
    },
    clauses: ['B-5.4.2-4'],
    async check(system, evidence) {
      const app = await system.undisturbed(() => system.newInstallation('preinstalled'))
      await system.undisturbed(() => app.element.setPin(pin))
      const holders = []
      for (const name of ['first', 'second']) {
        const { publicKey } = parseCertificate(await system.undisturbed(() => issue(app, name)))
        holders.push({ name, publicKey })
      }
      const message = utf8ToBytes('order 1')
      for (const { name, publicKey } of holders) {
        const signature = await app.element.sign(name, pin, message)
        const verifiesWith = holders.filter((holder) => sm2Verify(holder.publicKey, message, signature))
        const isOwn = verifiesWith.length === 1 && verifiesWith[0]?.publicKey.equals(publicKey) === true
        evidence.holds('签名仅与签名者的证书相符', isOwn, { name, verifies: verifiesWith.length })
        const onOther = sm2Verify(publicKey, utf8ToBytes('order 2'), signature)
        evidence.holds('对其他内容不成立', !onOther, { name })
      }
    },
  }),
]
