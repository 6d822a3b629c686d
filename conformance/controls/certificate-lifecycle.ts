import { bytesToBase64, base64ToBytes, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  createCsr,
  OID_SM2_WITH_SM3,
  OID_SM3,
  parseCertificate,
  privateKeySigner,
  type Certificate,
} from '@anqu/pki'
import { ServiceRefused, sql, uuidv7 } from '@anqu/platform'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import { AuthorityCaller, newOwner, type Owner } from '../system/authority-caller.ts'

const order = 'transfer 120.00'
const anything = z.object({}).loose()

/** The CA's answers along the life of one certificate. */
class Life {
  readonly #caller: AuthorityCaller
  readonly #owner: Owner

  constructor(caller: AuthorityCaller, owner: Owner) {
    this.#caller = caller
    this.#owner = owner
  }

  /** What the CA says to a signature over an order. */
  async verdict({ serialHex }: Certificate, key: Sm2PrivateKey): Promise<string> {
    const claim = {
      ...this.#owner,
      serial: serialHex,
      message: bytesToBase64(utf8ToBytes(order)),
      signatureAlgorithm: OID_SM2_WITH_SM3,
      digestAlgorithm: OID_SM3,
      signature: bytesToBase64(sm2Sign(key, utf8ToBytes(order))),
      correlationId: uuidv7(),
    }
    const answer = z.object({ status: z.string() }).loose()
    return (await this.#caller.call('/v1/certificates/verify-signature', claim, answer)).status
  }

  async renew(old: Certificate, key: Sm2PrivateKey): Promise<Certificate> {
    const csr = await createCsr({
      key: privateKeySigner(key),
      subject: [{ type: 'CN', value: this.#owner.terminalId }],
    })
    const request = {
      idempotencyKey: uuidv7(),
      serial: old.serialHex,
      csr: bytesToBase64(csr),
      correlationId: uuidv7(),
    }
    const answer = z.object({ certificate: z.string() }).loose()
    const { certificate } = await this.#caller.call('/v1/certificates/renew', request, answer)
    return parseCertificate(base64ToBytes(certificate))
  }

  async change(what: 'installed' | 'suspend' | 'resume', { serialHex }: Certificate): Promise<void> {
    const by = what === 'installed' ? {} : { by: 'customer', reason: 'conformance' }
    const request = { ...by, serial: serialHex, correlationId: uuidv7() }
    await this.#caller.call(`/v1/certificates/${what}`, request, anything)
  }
}

const refusal = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof ServiceRefused ? error.code : String(error)),
  )

export const certificateLifecycleControls: readonly Control[] = [
  control({
    id: 'certificate-lifecycle.states',
    title: {
      zh: '证书生命周期：申请、更新、撤销、签验、加解密，不许可的转换一律拒绝',
      en: 'Certificate life cycle: applied for, renewed, revoked, used to sign and to encrypt; no other transition',
    },
    clauses: ['B-6.2.1-1'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const owner = newOwner()
      const life = new Life(caller, owner)
      const [key, next] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
      const first = await caller.issue(key, { owner })
      const holds = (what: string, seen: string, expected: string): void =>
        evidence.holds(what, seen === expected, { seen, expected })
      holds('申请所得证书可验签', await life.verdict(first, key), 'good')
      const encryption = await caller.issue(Sm2PrivateKey.generate(), {
        owner,
        profile: 'customer-encryption',
      })
      const claim = { ...owner, serial: encryption.serialHex, purpose: 'encryption', correlationId: uuidv7() }
      const verified = z.object({ valid: z.boolean(), status: z.string() }).loose()
      const fit = await caller.call('/v1/certificates/verify', claim, verified)
      holds('加密证书可用于加密', fit.status, 'good')
      await life.change('suspend', first)
      holds('暂停期间不得验签', await life.verdict(first, key), 'suspended')
      holds('暂停期间不得更新', await refusal(life.renew(first, next)), 'not-issued')
      await life.change('resume', first)
      const second = await life.renew(first, next)
      holds('更新后、装入前旧证书仍可用', await life.verdict(first, key), 'good')
      await life.change('installed', second)
      holds('新证书装入后旧证书失效', await life.verdict(first, key), 'revoked')
      holds('新证书可用', await life.verdict(second, next), 'good')
      await caller.revoke(second)
      holds('撤销后不得验签', await life.verdict(second, next), 'revoked')
      holds('撤销后不得恢复', await refusal(life.change('resume', second)), 'not-allowed')
      holds('撤销后不得暂停', await refusal(life.change('suspend', second)), 'not-allowed')
      holds('撤销后不得更新', await refusal(life.renew(second, Sm2PrivateKey.generate())), 'not-issued')
    },
  }),
  control({
    id: 'certificate-lifecycle.identity',
    title: {
      zh: '证书内含使用者身份信息（化名），且与登记一致',
      en: 'A certificate holds who uses it, by pseudonym, as registered',
    },
    clauses: ['B-5.1-3'],
    async check(system, evidence) {
      const customer = await system.fixtures.ready()
      const serial = customer.bound().certificateSerial
      const [row] = await system.database.rows<{ der: Uint8Array; account_id: string; holder: string }>(
        'anqu_ca',
        sql`select der, account_id, holder from certificate where serial = ${serial}`,
      )
      if (row === undefined) throw new Error('the CA does not know the certificate')
      const { subject } = parseCertificate(new Uint8Array(row.der))
      const named = subject.find(({ type }) => type === 'UID')?.value
      evidence.holds('证书主体载明持有人化名', named === row.holder && row.holder === row.account_id)
    },
  }),
]
