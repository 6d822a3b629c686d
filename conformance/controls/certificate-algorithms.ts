import { bytesToBase64 } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { parseCsr, PkiError, transitionalAlgorithms, validateChain, type Certificate } from '@anqu/pki'
import { ServiceRefused, uuidv7 } from '@anqu/platform'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import { AuthorityCaller, newOwner } from '../system/authority-caller.ts'
import {
  ecdsaKeys,
  foreignCsr,
  rsaKeys,
  underForeignKeys,
  type ForeignKeys,
} from '../system/foreign-signature.ts'

const tooShort = { 'RSA 512': () => rsaKeys(512), 'RSA 1024': () => rsaKeys(1024) }
const notRecognised = {
  'RSA 2048': () => rsaKeys(2048),
  'RSA 2048、SHA-1': () => rsaKeys(2048, 'SHA1'),
  'ECDSA P-256': () => ecdsaKeys('prime256v1'),
}

function faultOf(csr: Uint8Array): string {
  try {
    parseCsr(csr)
    return 'none'
  } catch (error) {
    return error instanceof PkiError ? error.code : String(error)
  }
}

/** What the CA says to a request for such a key, which has no other fault. */
async function askedOf(caller: AuthorityCaller, keys: ForeignKeys): Promise<string> {
  const owner = newOwner()
  const csr = foreignCsr([{ type: 'CN', value: owner.terminalId }], keys)
  if (faultOf(csr) !== 'algorithm') throw new Error('the request has another fault than its algorithm')
  const order = {
    ...owner,
    idempotencyKey: `conformance:${uuidv7()}`,
    csr: bytesToBase64(csr),
    holder: owner.accountId,
    correlationId: uuidv7(),
  }
  return caller.call('/v1/certificates', order, z.unknown()).then(
    () => 'issued',
    (error: unknown) => (error instanceof ServiceRefused ? error.code : String(error)),
  )
}

/**
 * The verifier's answers to a certificate and its issuer under such keys: by default, and with every transitional algorithm
 * named; and how often it then had a signature computed.
 */
function judge(
  [leaf, issuer]: [Certificate, Certificate],
  keys: ForeignKeys,
  atMs: number,
): { rule: string; computed: number } {
  const question = {
    leaf: underForeignKeys(leaf, keys),
    intermediates: [],
    anchors: [underForeignKeys(issuer, keys)],
    atMs,
    usage: {},
  }
  let computed = 0
  const verify = (): boolean => {
    computed += 1
    return true
  }
  const strict = validateChain(question)
  const lenient = validateChain({ ...question, algorithms: { transitional: transitionalAlgorithms, verify } })
  return { rule: [strict, lenient].map((verdict) => (verdict.ok ? 'valid' : verdict.rule)).join(), computed }
}

export const certificateAlgorithmControls: readonly Control[] = [
  control({
    id: 'certificate-algorithms.signatures',
    title: {
      zh: '证书的签名与密钥只认国密算法；RSA 1024位及以下不经计算即被拒绝',
      en: 'Only SM2 with SM3 counts in certificates; RSA of 1024 bits or fewer is refused before anything is computed',
    },
    clauses: ['B-7.3.2.2-2', 'A-9.5-8'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const leaf = await caller.issue(Sm2PrivateKey.generate())
      const nowMs = system.clock.nowMs()
      const question = { intermediates: [caller.issuer], anchors: [caller.root], atMs: nowMs, usage: {} }
      const valid = validateChain({ leaf, ...question })
      evidence.holds('SM2与SM3签发的证书通过验证', valid.ok, { rule: valid.ok ? 'valid' : valid.rule })
      const other = await caller.issue(Sm2PrivateKey.generate())
      const forged = validateChain({
        leaf: other,
        intermediates: [leaf],
        anchors: [leaf],
        atMs: nowMs,
        usage: {},
      })
      evidence.holds('非其颁发者签名的证书被拒绝', !forged.ok, { rule: forged.ok ? 'valid' : forged.rule })
      const longer = judge([leaf, caller.issuer], rsaKeys(3072), nowMs)
      evidence.holds(
        '点名许可的RSA 3072才会计算，且默认不许',
        longer.rule === 'algorithm,valid' && longer.computed > 0,
        longer,
      )
      for (const [name, make] of Object.entries({ ...tooShort, ...notRecognised })) {
        const keys = make()
        const { rule, computed } = judge([leaf, caller.issuer], keys, nowMs)
        evidence.holds(`${name}签名的证书被拒绝`, rule.startsWith('algorithm'), { rule })
        if (name in tooShort)
          evidence.holds(
            `即使许可过渡算法，${name}也不经计算即被拒绝`,
            rule === 'algorithm,algorithm' && computed === 0,
            {
              rule,
              computed,
            },
          )
        const asked = await askedOf(caller, keys)
        evidence.holds(`认证系统不为${name}密钥签发证书`, asked === 'not-issued', { asked })
      }
    },
  }),
]
