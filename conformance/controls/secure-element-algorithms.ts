import { createECDH } from 'node:crypto'
import { ByteReader, bytesToHex, concatBytes, utf8ToBytes } from '@anqu/encoding'
import { sm2Decrypt, Sm2PrivateKey, sm2Verify, sm4CbcDecrypt } from '@anqu/gm-crypto'
import {
  AES,
  createCard,
  MemoryCard,
  securedConnection,
  SecureElement,
  type BlockCipher,
} from '@anqu/secure-element'
import { putKey } from '@anqu/secure-element/issuer'
import { control, type Control } from '../runner/control.ts'
import { newKeys, newPublisher, PersonalisedCard } from '../system/personalised-card.ts'
import { ask, keyTypes, selectIssuer, selectService } from './secure-element-keys.ts'
import { issue } from './secure-element.ts'

const pin = '2468135'
const message = utf8ToBytes('an order')
const sm4KeyType = 0x8e
const otherVersion = 0x31
/** PUT KEY: P1, version, then the type of the first key. */
const typeAt = 1
/** Key types of triple DES, AES, RSA and ECC (GlobalPlatform Card Specification 2.3.1 table 11-16). */
const otherTypes = { 'triple DES': 0x80, AES: 0x88, RSA: 0xa1, ECC: 0xb0 } as const
/** sm2-with-sm3 and the curve of SM2, as object identifiers in DER. */
const ours = { 'SM2-SM3': '06082a811ccf55018375', SM2: '06082a811ccf5501822d' } as const

export const secureElementAlgorithmControls: readonly Control[] = [
  control({
    id: 'se.approved-algorithms',
    title: {
      zh: '安全单元只用SM2、SM3、SM4，其他算法一律拒绝',
      en: 'The SE works with SM2, SM3 and SM4, and refuses every other algorithm',
    },
    clauses: ['B-7.2-16'],
    async check(system, evidence) {
      const card = new PersonalisedCard()
      const wire = system.wire(card.card)
      const types = await keyTypes(wire)
      evidence.holds('通道密钥只有SM4', types.length > 0 && types.every((type) => type === sm4KeyType), {
        types,
      })
      const sm4 = await putKey(newKeys(otherVersion), { replaced: 0, session: card.issuer })
      for (const [name, type] of Object.entries(otherTypes)) {
        const data = sm4.data.slice()
        data[typeAt] = type
        const [word] = await card.manage({ ...sm4, data })
        evidence.holds('其他算法的密钥不能写入', word === 0x6a80, {
          name,
          statusWord: word?.toString(16) ?? '',
        })
      }
      await ask(wire, selectIssuer)
      const opening = await ask(wire, {
        cla: 0x80,
        ins: 0x50,
        p1: otherVersion,
        p2: 0,
        data: new Uint8Array(8),
      })
      evidence.holds('以这些密钥建立通道被拒绝', opening.statusWord === 0x6a88, {
        statusWord: opening.statusWord.toString(16),
      })
      const born = createCard({
        storage: new MemoryCard().holder(),
        channelKeys: [{ ...newKeys(otherVersion), cipher: AES satisfies BlockCipher }],
      })
      const made = await ask(born, selectIssuer).then(
        () => 'made',
        (error: unknown) => (error instanceof RangeError ? 'refused' : String(error)),
      )
      evidence.holds('默认配置的卡出厂时也不接受AES密钥', made === 'refused', { made })
      const client = await card.secureFor(await newPublisher('ours'))
      const channel = system.wire(securedConnection(card.card, client))
      const element = new SecureElement(channel)
      await element.setPin(pin)
      const certificate = await issue({ element }, 'pay')
      const publicKey = await element.publicKey('pay')
      evidence.holds('签名为SM2与SM3', sm2Verify(publicKey, message, await element.sign('pay', pin, message)))
      const request = bytesToHex(await element.createCsr('pay', [{ type: 'CN', value: 'pay' }], pin))
      for (const [name, oid] of Object.entries(ours))
        evidence.holds('证书请求载明国密算法', request.includes(oid), {
          name,
          certificateBytes: certificate.length,
        })
      const receiver = Sm2PrivateKey.generate()
      const reader = new ByteReader(await element.sealEnvelope(receiver.publicKey, message), 'envelope')
      const key = sm2Decrypt(receiver, reader.vector8())
      const iv = reader.bytes(16)
      const opened = sm4CbcDecrypt(key, iv, reader.rest())
      evidence.holds('数字信封为SM2与SM4', Buffer.from(opened).equals(Buffer.from(message)))
      const ecdh = createECDH('prime256v1')
      const foreign = new Uint8Array(ecdh.generateKeys())
      await ask(channel, selectService)
      for (const [what, p1, p2, rest] of [
        ['验签', 0x00, 0xa8, concatBytes(new Uint8Array(64).fill(1), message)],
        ['加密', 0x86, 0x80, message],
      ] as const) {
        const data = concatBytes(foreign, rest)
        const { statusWord } = await ask(channel, { cla: 0, ins: 0x2a, p1, p2, data })
        evidence.holds(`其他曲线的公钥不能用于${what}`, statusWord === 0x6a80, {
          statusWord: statusWord.toString(16),
        })
      }
    },
  }),
]
