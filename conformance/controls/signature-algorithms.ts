import {
  operationsConfirm,
  sessionsCurrent,
  sm2Signature,
  type HolderSignature,
  type InputOf,
} from '@anqu/contract'
import { paymentContainer } from '@anqu/client'
import { bytesToBase64, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { OID_SM2_WITH_SM3, OID_SM3 } from '@anqu/pki'
import { SecureElementError } from '@anqu/secure-element'
import { sql, uuidv7 } from '@anqu/platform'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import { AuthorityCaller, newOwner } from '../system/authority-caller.ts'
import type { Challenged, Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { bytesOf, debits } from './operation-books.ts'

const sm2 = { signatureAlgorithm: OID_SM2_WITH_SM3, digestAlgorithm: OID_SM3 }

const unlisted = {
  'ECDSA-SHA256': { ...sm2, signatureAlgorithm: '1.2.840.10045.4.3.2' },
  'RSA-SHA256': { ...sm2, signatureAlgorithm: '1.2.840.113549.1.1.11' },
  'RSA-SHA1': { ...sm2, signatureAlgorithm: '1.2.840.113549.1.1.5' },
  'SHA-1': { ...sm2, digestAlgorithm: '1.3.14.3.2.26' },
  MD5: { ...sm2, digestAlgorithm: '1.2.840.113549.2.5' },
  'SHA-256': { ...sm2, digestAlgorithm: '2.16.840.1.101.3.4.2.1' },
}

/** Sends everything right but what is given. */
async function confirmWith(
  customer: Customer,
  { prepared, code, picture }: Challenged,
  signed: Pick<InputOf<typeof operationsConfirm>, 'certificateSerial' | 'signature'>,
) {
  const { otpId, otp } = code
  const { operationId } = prepared.operation
  const input = { operationId, otpId, otp, ...picture, order: prepared.order, ...signed }
  return (await customer.app.call(operationsConfirm, input)).operation
}

async function verificationsOf(system: LiveSystem, operationId: string): Promise<number> {
  const rows = await system.database.rows(
    'anqu_ca',
    sql`select serial from ca_event where correlation_id = ${operationId} and event = 'verified'`,
  )
  return rows.length
}

/** What the CA says to a signature by a certificate it issued for signing or encryption. */
async function verdict(
  caller: AuthorityCaller,
  {
    names = sm2,
    profile = 'customer-signing',
    tamper = 0,
  }: { names?: Omit<HolderSignature, 'value'>; profile?: string; tamper?: number },
): Promise<string> {
  const [key, owner] = [Sm2PrivateKey.generate(), newOwner()]
  const { serialHex } = await caller.issue(key, { owner, profile })
  const message = utf8ToBytes('transfer 120.00')
  const signature = sm2Sign(key, message)
  signature[40] = (signature[40] ?? 0) ^ tamper
  const claim = {
    ...owner,
    ...names,
    serial: serialHex,
    message: bytesToBase64(message),
    signature: bytesToBase64(signature),
    correlationId: uuidv7(),
  }
  const answer = z.object({ status: z.string() }).loose()
  return (await caller.call('/v1/certificates/verify-signature', claim, answer)).status
}

export const signatureAlgorithmControls: readonly Control[] = [
  control({
    id: 'signature.named-algorithms',
    title: {
      zh: '签名算法或摘要算法标识不在许可之列的签名，计算之前即被拒绝',
      en: 'A signature naming a signature or digest algorithm that is not allowed is refused before anything is computed',
    },
    clauses: ['B-7.3.2.3-2', 'B-7.3.2.3-3'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const challenged = await customer.challenged()
      const { operation, order } = challenged.prepared
      const { operationId } = operation
      const { certificateSerial } = customer.bound()
      const { pin } = customer.person
      const right = sm2Signature(await customer.app.element.sign(paymentContainer, pin, bytesOf(order)))
      const wrong = sm2Signature(new Uint8Array(64).fill(1))
      const caller = await AuthorityCaller.enrol(system)
      for (const [name, names] of Object.entries(unlisted)) {
        for (const [which, { value }] of [['正确', right] as const, ['错误', wrong] as const])
          await evidence.refused(
            `标为${name}的${which}签名一律以算法为由被拒绝`,
            () => confirmWith(customer, challenged, { certificateSerial, signature: { ...names, value } }),
            ['signature.algorithm-refused'],
          )
        const seen = [await verdict(caller, { names }), await verdict(caller, { names, tamper: 1 })]
        evidence.holds(
          `认证系统对标为${name}的签名不作计算`,
          seen.every((status) => status === 'algorithm'),
          { seen },
        )
      }
      const asked = await verificationsOf(system, operationId)
      evidence.holds('业务系统未转送验签，未作计算', asked === 0, { asked })
      evidence.holds('认证系统接受SM2与SM3', (await verdict(caller, {})) === 'good')
      const confirmed = await confirmWith(customer, challenged, { certificateSerial, signature: right })
      const { state } = await customer.settled(confirmed)
      evidence.holds('同一签名以SM2与SM3标识即完成', state === 'done', { state })
    },
  }),
  control({
    id: 'signature.signing-key-in-se',
    title: {
      zh: '只有安全单元内的签名私钥可以签名：加密密钥与软件密钥均不行',
      en: 'Only the signing key in the secure element signs: no encryption key, and no key in software',
    },
    clauses: ['B-7.3.2.1-2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { element } = customer.app
      const { pin } = customer.person
      await element.generateKeyPair('encryption-only', pin, 'encryption')
      const attempt = await element.sign('encryption-only', pin, utf8ToBytes('an order')).then(
        () => 'signed',
        (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
      )
      evidence.holds('安全单元不以加密密钥签名', attempt === 'se.certificate-missing', { met: attempt })
      const caller = await AuthorityCaller.enrol(system)
      const encrypting = await verdict(caller, { profile: 'customer-encryption' })
      evidence.holds('加密证书的密钥所作签名不被认可', encrypting === 'mismatch', { met: encrypting })
      const challenged = await customer.challenged()
      const { operation, order } = challenged.prepared
      const software = Sm2PrivateKey.generate()
      const signature = sm2Signature(sm2Sign(software, bytesOf(order)))
      const { certificateSerial, deviceId } = customer.bound()
      await evidence.refused(
        '软件密钥冒充安全单元内的密钥',
        () => confirmWith(customer, challenged, { certificateSerial, signature }),
        ['operation.signature-rejected'],
      )
      const { accountId } = await customer.app.call(sessionsCurrent, {})
      const certified = await caller.issue(software, { owner: { accountId, terminalId: deviceId } })
      const code = await customer.operationCode(operation.operationId)
      const picture = await customer.confirmationPicture(operation.operationId)
      const again = { ...challenged, code, picture }
      await evidence.refused(
        '软件密钥即使另获同一账户与终端的证书，因未绑定仍被拒绝',
        () => confirmWith(customer, again, { certificateSerial: certified.serialHex, signature }),
        ['operation.signature-rejected'],
      )
      evidence.holds('银行没有扣款', (await debits(system, operation.operationId)).length === 0)
    },
  }),
]
