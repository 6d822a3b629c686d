import { Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  validateChain,
  type Certificate,
  type ChainUsage,
} from '@anqu/pki'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { AuthorityCaller } from '../system/authority-caller.ts'
import { jsonOf } from '../system/http.ts'
import type { LiveSystem } from '../system/live-system.ts'

type Presented = {
  readonly leaf: Certificate
  readonly intermediates?: readonly Certificate[]
  readonly anchors?: readonly Certificate[]
  readonly atMs?: number
  readonly usage?: ChainUsage
}

/** Certificates of the running CA, and the verifier all of our parts share. */
class Verifier {
  readonly caller: AuthorityCaller
  readonly #nowMs: number
  readonly #evidence: Evidence

  constructor(caller: AuthorityCaller, system: LiveSystem, evidence: Evidence) {
    this.caller = caller
    this.#nowMs = system.clock.nowMs()
    this.#evidence = evidence
  }

  rule({ leaf, intermediates, anchors, atMs, usage }: Presented): string {
    const verdict = validateChain({
      leaf,
      intermediates: intermediates ?? [this.caller.issuer],
      anchors: anchors ?? [this.caller.root],
      atMs: atMs ?? this.#nowMs,
      usage: usage ?? {},
    })
    return verdict.ok ? 'valid' : verdict.rule
  }

  accepts(what: string, presented: Presented): void {
    const rule = this.rule(presented)
    this.#evidence.holds(what, rule === 'valid', { rule })
  }

  refuses(what: string, presented: Presented, expected: string): void {
    const rule = this.rule(presented)
    this.#evidence.holds(what, rule === expected, { rule, expected })
  }
}

/** The certificate with one byte changed where `text` stands in it. */
function changedAt({ raw }: Certificate, text: string): Certificate {
  const der = Uint8Array.from(raw)
  const at = Buffer.from(der).indexOf(text)
  if (at < 0) throw new Error(`the certificate does not hold ${text}`)
  const last = at + text.length - 1
  der[last] = (der[last] ?? 0) ^ 1
  return parseCertificate(der)
}

const commonName = (certificate: Certificate): string =>
  certificate.subject.find(({ type }) => type === 'CN')?.value ?? ''

/** What somebody makes who has a customer's key: a certificate signed with it. */
async function certifiedBy(issuer: Certificate, key: Sm2PrivateKey): Promise<Certificate> {
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: 'somebody' }],
    publicKey: Sm2PrivateKey.generate().publicKey,
    notBeforeMs: issuer.notBeforeMs,
    notAfterMs: issuer.notAfterMs,
    extensions: { basicConstraints: { ca: false }, keyUsage: ['digitalSignature'] },
    issuer,
    signer: privateKeySigner(key),
  })
  return parseCertificate(der)
}

async function foreignRoot(nowMs: number): Promise<Certificate> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: 'Another Root' }],
    publicKey: key.publicKey,
    notBeforeMs: nowMs - 1000,
    notAfterMs: nowMs + 1000,
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
    issuer: 'self',
    signer: privateKeySigner(key),
  })
  return parseCertificate(der)
}

const signing: ChainUsage = { keyUsage: ['digitalSignature'] }
const encrypting: ChainUsage = { keyUsage: ['dataEncipherment'] }

export const certificateValidationControls: readonly Control[] = [
  control({
    id: 'certificate-validation.chain',
    title: {
      zh: '验证书：颁发者名称、签名与算法、有效期、证书链',
      en: 'Certificates are verified: issuer name, signature and algorithm, validity, chain',
    },
    clauses: ['B-5.1-4', 'B-7.3.2.2-1', 'B-7.3.2.2-3', 'B-7.3.2.2-5'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const verifier = new Verifier(caller, system, evidence)
      const key = Sm2PrivateKey.generate()
      const leaf = await caller.issue(key)
      verifier.accepts('刚签发的证书通过验证', { leaf, usage: signing })
      verifier.refuses(
        '颁发者名称与颁发者证书的主体不符',
        { leaf: changedAt(leaf, commonName(caller.issuer)) },
        'issuer-unknown',
      )
      verifier.refuses(
        '证书内容改动一字节，签名不符',
        { leaf: changedAt(leaf, commonName(leaf)) },
        'signature',
      )
      verifier.refuses('尚未生效', { leaf, atMs: leaf.notBeforeMs - 1000 }, 'not-yet-valid')
      verifier.refuses('已过期', { leaf, atMs: leaf.notAfterMs + 1000 }, 'expired')
      verifier.refuses('缺中间证书', { leaf, intermediates: [] }, 'issuer-unknown')
      const anchors = [await foreignRoot(system.clock.nowMs())]
      verifier.refuses('根不受信任', { leaf, anchors }, 'issuer-unknown')
      const below = await certifiedBy(leaf, key)
      const intermediates = [leaf, caller.issuer]
      verifier.refuses('中间证书不是CA证书', { leaf: below, intermediates }, 'not-a-ca')
    },
  }),
  control({
    id: 'certificate-validation.purpose',
    title: {
      zh: '验证书：密钥用途、金融证书策略、服务器名称等应用相关信息',
      en: 'Certificates are verified: key usage, financial policy, and what the application needs, such as a server name',
    },
    clauses: ['B-7.3.2.2-4', 'B-7.3.2.2-6', 'B-7.3.2.2-8'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const verifier = new Verifier(caller, system, evidence)
      const forSigning = await caller.issue(Sm2PrivateKey.generate())
      const forEncryption = await caller.issue(Sm2PrivateKey.generate(), { profile: 'customer-encryption' })
      verifier.accepts('签名证书用于签名', { leaf: forSigning, usage: signing })
      verifier.accepts('加密证书用于加密', { leaf: forEncryption, usage: encrypting })
      verifier.refuses('加密证书用于签名', { leaf: forEncryption, usage: signing }, 'key-usage')
      verifier.refuses('签名证书用于加密', { leaf: forSigning, usage: encrypting }, 'key-usage')
      const policy = forSigning.extensions.policies?.[0] ?? ''
      verifier.accepts('客户证书带有金融证书策略', { leaf: forSigning, usage: { policy } })
      const trust = z
        .object({ signature: z.base64() })
        .loose()
        .parse(jsonOf(await system.get('tsm', '/v1/trust')))
      const server = parseCertificate(Buffer.from(trust.signature, 'base64'))
      verifier.refuses('无金融证书策略的证书', { leaf: server, usage: { policy } }, 'policy')
      verifier.accepts('服务器证书的名称相符', { leaf: server, usage: { serverName: 'anqu-tsm' } })
      verifier.refuses(
        '服务器证书的名称不符',
        { leaf: server, usage: { serverName: 'anqu-channel-message' } },
        'server-name',
      )
    },
  }),
]
