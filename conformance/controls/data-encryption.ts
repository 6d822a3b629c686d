import { encryptedInput, encryptionCertificate, operationsConfirm, type Route } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, utf8ToBytes } from '@anqu/encoding'
import { GmCryptoError, sm2Decrypt, sm2Encrypt, Sm2PrivateKey } from '@anqu/gm-crypto'
import { MessageError, trustedServerCertificate, type ServerTrust } from '@anqu/message'
import type { Certificate } from '@anqu/pki'
import { sql } from '@anqu/platform'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { flipped } from '../system/sealed.ts'

/** The confirmation as a client sends it that encrypts by itself, or not at all. */
const { encryptedUnder: _, ...confirmAsIs } = operationsConfirm
const confirmRaw = {
  ...confirmAsIs,
  input: z.union([encryptedInput, operationsConfirm.input]),
} satisfies Route

const storedLength = 12 + 32 + 16

/** What the check of the SDK says to a chain. */
function judged(
  system: LiveSystem,
  chain: readonly Uint8Array[],
  change: Partial<ServerTrust> & { atMs?: number } = {},
): Certificate | string {
  const { atMs = system.clock.nowMs(), ...trust } = change
  try {
    return trustedServerCertificate(
      { anchors: system.anchors, serverName: 'anqu-channel-message', ...trust },
      { chain, atMs, keyUsage: 'dataEncipherment' },
    )
  } catch (error) {
    if (error instanceof MessageError) return error.code
    throw error
  }
}

function opens(key: Sm2PrivateKey, ciphertext: Uint8Array): boolean {
  try {
    sm2Decrypt(key, ciphertext)
    return true
  } catch (error) {
    if (error instanceof GmCryptoError) return false
    throw error
  }
}

function refusesUnfit(
  system: LiveSystem,
  evidence: Evidence,
  { chain, certificate }: { chain: readonly Uint8Array[]; certificate: Certificate },
): void {
  const unfit = {
    根不受信任: { anchors: [certificate] },
    服务器名称不符: { serverName: 'somebody-else' },
    已过期: { atMs: certificate.notAfterMs + 1000 },
  }
  for (const [what, change] of Object.entries(unfit)) {
    const met = judged(system, chain, change)
    evidence.holds(`${what}的证书不用于加密`, met === 'message.untrusted-server', { met: String(met) })
  }
}

async function keptInside(system: LiveSystem, evidence: Evidence): Promise<void> {
  const stored = await system.database.rows<{ wrapped: Uint8Array }>(
    'anqu_channel',
    sql`select wrapped from key_material where name like 'sm2:encryption:%'`,
  )
  const wrapped = stored.every((row) => row.wrapped.length === storedLength)
  evidence.holds('私钥只以密文存于后台', stored.length > 0 && wrapped, { keys: stored.length })
}

async function traced(system: LiveSystem, evidence: Evidence, correlationId: string): Promise<void> {
  const records = await (await system.fixtures.auditor()).records({ correlationId })
  const events = records.toReversed().map(({ event, outcome }) => `${event}: ${outcome}`)
  const places = [
    'encryption.certificate-given: success',
    'encryption.data-opened: success',
    'operation.authorised: success',
  ].map((event) => events.lastIndexOf(event))
  const inOrder = places.every((place, index) => place > (places[index - 1] ?? -1))
  evidence.holds('取证书、解密、授权依次记在同一关联号下', inOrder, { events })
}

export const dataEncryptionControls: readonly Control[] = [
  control({
    id: 'data-encryption.whole-flow',
    title: {
      zh: '交易数据以后台加密证书的公钥加密：先取证书并验证，只有后台能解，各步骤同一关联号',
      en: 'Transaction data is encrypted to the certificate of the back-end: fetched and validated first, opened there only, one trace',
    },
    clauses: [
      'B-5.4.1-9',
      'B-5.4.1-9.s1',
      'B-5.4.1-9.s2',
      'B-5.4.1-9.s3',
      'B-5.4.1-9.s4',
      'B-6.2.6-1',
      'B-6.2.6-1.s1',
      'B-6.2.6-1.s2',
      'B-6.2.6-1.s3',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const challenged = await customer.challenged()
      const { operation, order } = challenged.prepared
      const correlationId = operation.operationId
      const given = await customer.app.call(encryptionCertificate, { correlationId })
      const chain = given.chain.map((text) => base64ToBytes(text))
      const certificate = judged(system, chain)
      if (typeof certificate === 'string')
        return evidence.holds('所得证书通过验证', false, { met: certificate })
      evidence.holds('取得后台加密证书，验证到预置的根', true, { serial: certificate.serialHex })
      refusesUnfit(system, evidence, { chain, certificate })
      await keptInside(system, evidence)
      evidence.holds('接口只给出证书及其状态', Object.keys(given).toSorted().join() === 'chain,status')
      const stranger = Sm2PrivateKey.generate()
      const plain = {
        operationId: correlationId,
        otpId: challenged.code.otpId,
        otp: challenged.code.otp,
        ...challenged.picture,
        order,
        certificateSerial: customer.bound().certificateSerial,
        signature: { signatureAlgorithm: '1.2', digestAlgorithm: '1.2', value: '' },
      }
      const text = utf8ToBytes(JSON.stringify(plain))
      const ciphertext = sm2Encrypt(certificate.publicKey, text)
      evidence.holds(
        '密文不含明文，发送方与第三方都解不开',
        !Buffer.from(ciphertext).includes(order) &&
          !opens(customer.app.key, ciphertext) &&
          !opens(stranger, ciphertext),
      )
      const send = (bytes: Uint8Array, certificateSerial = certificate.serialHex) =>
        customer.app.call(confirmRaw, { correlationId, certificateSerial, ciphertext: bytesToBase64(bytes) })
      const rejected = ['encryption.rejected']
      await evidence.refused('未加密的交易数据被拒绝', () => customer.app.call(confirmRaw, plain), rejected)
      const forOther = sm2Encrypt(stranger.publicKey, text)
      await evidence.refused('以其他公钥加密的数据解不开', () => send(forOther), rejected)
      const altered = flipped(ciphertext, -1)
      await evidence.refused('密文改动一位即解不开', () => send(altered), rejected)
      await evidence.refused('指明他人证书的数据被拒绝', () => send(ciphertext, 'abcdef0123456789'), rejected)
      // Its signature names no algorithm we know: that this is seen proves that the very input came out.
      await evidence.refused('后台解得原文并按其内容处理', () => send(ciphertext), [
        'signature.algorithm-refused',
      ])
      const { state } = await customer.settled(await customer.confirm(challenged))
      evidence.holds('客户端按此流程确认，交易完成', state === 'done', { state })
      const wire = customer.app.exchanges.filter(({ request }) =>
        request.url.endsWith(operationsConfirm.path),
      )
      evidence.holds(
        '传输中只见密文',
        wire.length > 0 && wire.every(({ request }) => !Buffer.from(request.body ?? []).includes(order)),
        { messages: wire.length },
      )
      await traced(system, evidence, correlationId)
    },
  }),
]
