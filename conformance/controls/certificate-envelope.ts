import { bytesToHex, bytesToUtf8, hexToBytes, ParseError, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  openEnvelopedData,
  PkiError,
  sealDigitalEnvelope,
  type Certificate,
  type RevocationStatus,
} from '@anqu/pki'
import { control, type Control } from '../runner/control.ts'
import { AuthorityCaller } from '../system/authority-caller.ts'
import { ecdsaKeys, rsaKeys, underForeignKeys } from '../system/foreign-signature.ts'
import type { LiveSystem } from '../system/live-system.ts'

const text = '转账：收款人乙，金额 120.00 元'

/** Object identifiers in DER, each pair of the same length. */
const named = {
  sm2Encryption: '2a811ccf5501822d03',
  rsa: '2a864886f70d010101',
  sm4: '2a811ccf55016802',
  tripleDes: '2a864886f70d0307',
}

type Sealed = { readonly outcome: string; readonly message?: Uint8Array }

/** Seals for a certificate as a business system does: its state is asked of the CA before anything is encrypted. */
async function seal(
  system: LiveSystem,
  caller: AuthorityCaller,
  recipient: Certificate,
  change: { anchors?: readonly Certificate[]; atMs?: number } = {},
): Promise<Sealed> {
  const status = async (): Promise<RevocationStatus> => {
    const answer = await caller.byOcsp(recipient)
    return answer.status === 'good' || answer.status === 'revoked'
      ? answer
      : { status: 'unknown', detail: answer.status }
  }
  const sealed = await sealDigitalEnvelope({
    family: 'gm',
    content: utf8ToBytes(text),
    recipients: [recipient],
    trust: {
      anchors: change.anchors ?? [caller.root],
      intermediates: [caller.issuer],
      atMs: change.atMs ?? system.clock.nowMs(),
      status,
    },
  })
  return sealed.ok ? { outcome: 'sealed', message: sealed.message } : { outcome: sealed.rule }
}

function read(message: Uint8Array, certificate: Certificate, key: Sm2PrivateKey): string {
  try {
    const opened = openEnvelopedData(message, { certificate, key })
    return opened.ok ? bytesToUtf8(opened.content) : 'refused'
  } catch (error) {
    if (error instanceof ParseError || error instanceof PkiError) return 'refused'
    throw error
  }
}

export const certificateEnvelopeControls: readonly Control[] = [
  control({
    id: 'certificate-envelope.recipient-first',
    title: {
      zh: '数字信封：仅收方私钥可解；先验收方证书，用途不符、过期、撤销、不受信任的一律不加密',
      en: 'Digital envelope: only the receiver opens it; its certificate is checked first, and an unfit one gets nothing',
    },
    clauses: [
      'B-5.1-6',
      'B-7.3.3.2-1',
      'B-7.3.3.2-3',
      'B-7.3.3.2-4',
      'B-7.3.3.3-1',
      'B-7.3.3.3-3',
      'B-7.3.3.3-4',
    ],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const [key, other] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
      const receiver = await caller.issue(key, { profile: 'customer-encryption' })
      const third = await caller.issue(other, { profile: 'customer-encryption' })
      const { outcome, message } = await seal(system, caller, receiver)
      evidence.holds('有效的加密证书可作收方', message !== undefined, { outcome })
      if (message === undefined) return
      evidence.holds('信封内不见明文', !Buffer.from(message).includes(Buffer.from(text)))
      evidence.holds('收方私钥解得原文', read(message, receiver, key) === text)
      evidence.holds('第三方私钥解不开', read(message, third, other) === 'refused')
      const refusedFor = async (what: string, attempt: Promise<Sealed>, rule: string): Promise<void> => {
        const { outcome: seen, message: made } = await attempt
        evidence.holds(what, made === undefined && seen === rule, { outcome: seen, expected: rule })
      }
      const signing = await caller.issue(Sm2PrivateKey.generate())
      await refusedFor('只用于签名的证书不得作收方', seal(system, caller, signing), 'key-usage')
      const atMs = receiver.notAfterMs + 1000
      await refusedFor('过期的证书不得作收方', seal(system, caller, receiver, { atMs }), 'expired')
      const anchors = [signing]
      await refusedFor(
        '不受信任的证书不得作收方',
        seal(system, caller, receiver, { anchors }),
        'issuer-unknown',
      )
      await caller.revoke(receiver)
      await refusedFor('已撤销的证书不得作收方', seal(system, caller, receiver), 'revoked')
    },
  }),
  control({
    id: 'certificate-envelope.algorithms',
    title: {
      zh: '非对称加密与数字信封只用国密算法：SM2加密SM4内容密钥，其他算法一律拒绝',
      en: 'Encryption and envelopes by SM2 and SM4 only; whatever names another algorithm is refused',
    },
    clauses: ['B-7.3.3.2-2', 'B-7.3.3.3-2'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const key = Sm2PrivateKey.generate()
      const receiver = await caller.issue(key, { profile: 'customer-encryption' })
      const { outcome, message } = await seal(system, caller, receiver)
      evidence.holds('以SM2加密成功', message !== undefined, { outcome })
      if (message === undefined) return
      const hex = bytesToHex(message)
      evidence.holds(
        '信封以SM2加密内容密钥、以SM4加密内容，收方可解',
        hex.includes(named.sm2Encryption) && hex.includes(named.sm4) && read(message, receiver, key) === text,
      )
      for (const [what, from, to] of [
        ['RSA加密内容密钥', named.sm2Encryption, named.rsa],
        ['三重DES加密内容', named.sm4, named.tripleDes],
      ] as const) {
        const met = read(hexToBytes(hex.replace(from, to)), receiver, key)
        evidence.holds(`标为${what}的信封被拒绝`, met === 'refused', { met })
      }
      for (const [what, keys] of [
        ['RSA', rsaKeys(2048)],
        ['P-256', ecdsaKeys('prime256v1')],
      ] as const) {
        const foreign = underForeignKeys(receiver, keys)
        const anchors = [underForeignKeys(caller.issuer, keys)]
        const sealed = await seal(system, caller, foreign, { anchors })
        const refused = sealed.message === undefined && sealed.outcome === 'algorithm'
        evidence.holds(`不以${what}公钥加密`, refused, { outcome: sealed.outcome })
      }
    },
  }),
]
