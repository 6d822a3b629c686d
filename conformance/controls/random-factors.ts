import { consentNotice, encryptionCertificate } from '@anqu/contract'
import { base64ToBytes, bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { sm2Encrypt, Sm2PrivateKey, sm2Verify } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { uuidv7 } from '@anqu/platform'
import { securedConnection, SecureElement } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { newPublisher, PersonalisedCard } from '../system/personalised-card.ts'
import { heardRandom, seededSource, withRandomSource, type Fill } from '../system/platform-random.ts'
import { judgeRandomness } from './randomness.ts'
import { issue } from './secure-element.ts'

const pin = '2468135'
const message = utf8ToBytes('an order')
const hellos = 10_000
/** ClientHello: version, type, then the nonce; the ephemeral key stands at the end. */
const nonceOf = (hello: Uint8Array): Uint8Array => hello.subarray(2, 34)
const ephemeralOf = (hello: Uint8Array): Uint8Array => hello.subarray(107, 172)
const octets = { 'content-type': 'application/octet-stream' }
const route = `POST ${consentNotice.path}`
const repeats = 20

const distinct = (values: readonly Uint8Array[]): number => new Set(values.map(bytesToHex)).size

const metBy = (work: () => unknown): string => {
  try {
    work()
    return 'done'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What a client makes of a random source that does not work; it must make nothing. */
function refusesBroken(system: LiveSystem, evidence: Evidence): void {
  const broken: readonly (readonly [string, Fill])[] = [
    [
      '出错',
      () => {
        throw new Error('no entropy')
      },
    ],
    ['停在一个值上', (bytes) => bytes.fill(7)],
    ['反复给出同一数据', (bytes) => bytes.forEach((_, at) => (bytes[at] = 0x40 + (at & 15)))],
  ]
  for (const [what, fill] of broken) {
    const client = system.messageClient(Sm2PrivateKey.generate())
    const attempts = withRandomSource(fill, () => [metBy(() => client.hello()), metBy(() => client.hello())])
    const refused = attempts.at(-1) !== 'done' && new Set(attempts).size <= 2
    evidence.holds(`随机源${what}时客户端不再产生消息`, refused, { met: attempts })
  }
  const stuck = system.messageClient(Sm2PrivateKey.generate())
  withRandomSource(
    (bytes) => bytes.fill(7),
    () => metBy(() => stuck.hello()),
  )
  const after = metBy(() => stuck.hello())
  evidence.holds('随机源一旦失效，恢复后同一客户端仍拒绝使用', after !== 'done', { met: after })
}

/** A record of the same bytes under the same keys, number and time; only the padding's source is `padding`. */
async function sealedWith(system: LiveSystem) {
  const key = Sm2PrivateKey.generate()
  const now = system.clock.nowMs()
  const begin = () => {
    const client = system.messageClient(key, { nowMs: () => now })
    return { client, hello: withRandomSource(seededSource('handshake'), () => client.hello()) }
  }
  const first = begin()
  const url = `${system.addresses['app'] ?? ''}/message/hello`
  const { body } = await system.http({ url, method: 'POST', headers: octets, body: first.hello })
  return (padding: Fill): Uint8Array => {
    const { client } = begin()
    const { channel } = withRandomSource(seededSource('finish'), () => client.finish(body))
    return withRandomSource(padding, () => channel.seal(route, message)).record
  }
}

export const randomFactorControls: readonly Control[] = [
  control({
    id: 'random.unpredictable',
    title: {
      zh: '客户端的随机因素取自密码学随机源，一万个互不相同且无偏；随机源失效即停止',
      en: 'Random factors come from the cryptographic source, ten thousand differ and show no bias; a broken source stops the client',
    },
    clauses: ['B-7.5.4-2'],
    async check(system, evidence) {
      const client = system.messageClient(Sm2PrivateKey.generate())
      const { result, heard } = heardRandom(() => Array.from({ length: hellos }, () => client.hello()))
      const nonces = result.map(nonceOf)
      let at = 0
      let drawn = 0
      for (const nonce of nonces) {
        const found = heard.indexOf(nonce, at)
        if (found === -1) continue
        drawn += 1
        at = found + nonce.length
      }
      evidence.holds('每个随机因素都取自平台的密码学随机源，逐个另取', drawn === hellos, { drawn })
      const keys = distinct(result.map(ephemeralOf))
      evidence.holds('一万个随机因素与临时密钥各不相同', distinct(nonces) === hellos && keys === hellos, {
        nonces: distinct(nonces),
        keys,
      })
      for (const { name, statistic, passed } of judgeRandomness(Buffer.concat(nonces)))
        evidence.holds(`随机性检测：${name}`, passed, {
          bits: hellos * 256,
          statistic: statistic.toFixed(3),
        })
      const { exchanges } = (await system.fixtures.freshReady()).app
      const sent = exchanges.filter(({ request }) => request.url.endsWith('/message/hello'))
      const used = distinct(sent.map(({ request }) => nonceOf(request.body ?? new Uint8Array(0))))
      evidence.holds('实际业务中发出的随机因素各不相同', sent.length > 0 && used === sent.length, { used })
      refusesBroken(system, evidence)
    },
  }),
  control({
    id: 'random.padding',
    title: {
      zh: '加密与签名的数据块含随机数：同样的数据两次结果不同',
      en: 'What is encrypted or signed carries random numbers: the same data never comes out alike',
    },
    clauses: ['B-7.5.4-4'],
    async check(system, evidence) {
      const seal = await sealedWith(system)
      const one = seal(seededSource('one'))
      const same = seal(seededSource('one'))
      const other = seal(seededSource('other'))
      evidence.holds('密钥、序号、时间、内容与随机数都相同，密文才相同', Buffer.compare(one, same) === 0)
      const changed = one.filter((byte, at) => byte !== other[at]).length
      evidence.holds('仅随机填充不同，密文即不同', changed >= 8, { bytes: changed })
      const entry = await (await system.fixtures.loggedIn()).app.client.enter('operation')
      for (let tap = 0; tap < repeats; tap += 1) entry.tap(3)
      const taps = entry.finish().taps.map((text) => base64ToBytes(text).subarray(1))
      evidence.holds('安全键盘上同一键每次的密文不同', taps.length === repeats && distinct(taps) === repeats)
      const { app } = await system.fixtures.ready()
      const given = await app.call(encryptionCertificate, { correlationId: uuidv7(system.clock.nowMs()) })
      const receiver = parseCertificate(base64ToBytes(given.chain[0] ?? '')).publicKey
      const encrypted = Array.from({ length: repeats }, () => sm2Encrypt(receiver, message))
      evidence.holds('以后台证书加密同一数据，密文各不相同', distinct(encrypted) === repeats)
      const card = new PersonalisedCard()
      const keys = await card.secureFor(await newPublisher('ours'))
      const element = new SecureElement(securedConnection(system.wire(card.card), keys))
      await element.setPin(pin)
      await issue({ element }, 'pay')
      const publicKey = await element.publicKey('pay')
      const made: Record<string, Uint8Array[]> = { 签名: [], 加密: [], 数字信封: [] }
      for (let at = 0; at < repeats; at += 1) {
        made['签名']?.push(await element.sign('pay', pin, message))
        made['加密']?.push(await element.encrypt(publicKey, message))
        made['数字信封']?.push(await element.sealEnvelope(publicKey, message))
      }
      for (const [what, results] of Object.entries(made))
        evidence.holds(`卡内对同一数据的${what}各不相同`, distinct(results) === repeats, {
          distinct: distinct(results),
        })
      const areValid = made['签名']?.every((signature) => sm2Verify(publicKey, message, signature))
      evidence.holds('各签名均可验证', areValid === true)
    },
  }),
]
