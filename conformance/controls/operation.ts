import {
  operationsConfirm,
  sessionsCurrent,
  sm2Signature,
  type HolderSignature,
  type InputOf,
} from '@anqu/contract'
import { paymentContainer, readOrder, readReceipt } from '@anqu/client'
import { Sm2PrivateKey, sm2Digest, sm2Sign, sm2Verify, sm2VerifyDigest } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import { otherCode } from '../system/customer.ts'
import { bytesOf, debits } from './operation-books.ts'

const signedWith = (order: string, key: Sm2PrivateKey): HolderSignature =>
  sm2Signature(sm2Sign(key, bytesOf(order)))

export const operationControls: readonly Control[] = [
  control({
    id: 'operation.several-factors',
    title: {
      zh: '支付须多因素认证与二次授权，缺一不可',
      en: 'A payment takes several factors and a second authorisation',
    },
    clauses: ['A-6.6-3', 'C-6.2.1.1-L2b', 'D-5.2.1.1-c-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const first = await customer.prepare((await customer.propose()).proposalId)
      const early: InputOf<typeof operationsConfirm> = {
        operationId: first.operation.operationId,
        otpId: crypto.randomUUID(),
        otp: '123456',
        pictureId: crypto.randomUUID(),
        pictureAnswer: 'ABCDE',
        order: first.order,
        certificateSerial: customer.bound().certificateSerial,
        signature: sm2Signature(Buffer.alloc(64, 1)),
      }
      await evidence.refused('未经二次授权直接确认', () => customer.app.call(operationsConfirm, early), [
        'operation.wrong-state',
        'factor.not-ready',
      ])
      const challenged = await customer.challenged()
      const { operationId } = challenged.prepared.operation
      await evidence.refused(
        '验证码错误',
        () => customer.confirm(challenged, { otp: otherCode(challenged.code.otp) }),
        ['factor.rejected'],
      )
      const picture = await customer.confirmationPicture(operationId)
      await evidence.refused(
        '签名不是本人安全单元所作',
        () =>
          customer.app.call(operationsConfirm, {
            ...early,
            operationId,
            ...picture,
            otpId: challenged.code.otpId,
            otp: challenged.code.otp,
            order: challenged.prepared.order,
            signature: signedWith(challenged.prepared.order, Sm2PrivateKey.generate()),
          }),
        ['operation.signature-rejected'],
      )
      evidence.holds('银行没有扣款', (await debits(system, operationId)).length === 0)
      const { operation } = await customer.pay()
      evidence.holds('各因素均正确时完成', operation.state === 'done', { state: operation.state })
      evidence.holds('此时才扣款一次', (await debits(system, operation.operationId)).length === 1)
    },
  }),
  control({
    id: 'operation.signed-order',
    title: {
      zh: '交易数据由安全单元签名，服务器验签且核对证书与用户',
      en: 'The order is signed in the SE; the server verifies signature, certificate and owner',
    },
    clauses: [
      'B-7.3.1.3-1',
      'B-7.3.1.3-2',
      'B-7.3.1.3-3',
      'B-7.3.2.1-4',
      'B-7.3.2.3-1',
      'B-7.3.2.3-4',
      'B-7.5.9.4-1',
      'B-5.1-5',
      'B-5.4.1-10',
      'B-5.4.1-10.s3',
      'B-5.4.1-10.s5',
      'C-6.1.5.3-p1-s1',
      'C-6.1.5.3-p1-s2',
      'A-9.5-2',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const challenged = await customer.challenged()
      const { order } = challenged.prepared
      const fields = readOrder(order)
      evidence.holds(
        '被签数据含付款账户、收款账户、金额与时间',
        ['payer', 'payeeAccount', 'amountFen', 'orderedAtMs', 'accountId'].every(
          (key) => fields[key] !== undefined,
        ),
        { fields: Object.keys(fields) },
      )
      evidence.holds('金额与业务一致', fields['amountFen'] === challenged.prepared.operation.amountFen)
      const send = async (changed: Partial<InputOf<typeof operationsConfirm>>) => {
        const picture = await customer.confirmationPicture(challenged.prepared.operation.operationId)
        const { otpId, otp } = await customer.operationCode(challenged.prepared.operation.operationId)
        const signature = await customer.app.element.sign(
          paymentContainer,
          customer.person.pin,
          bytesOf(order),
        )
        const answer = await customer.app.call(operationsConfirm, {
          operationId: challenged.prepared.operation.operationId,
          otpId,
          otp,
          ...picture,
          order,
          certificateSerial: customer.bound().certificateSerial,
          signature: sm2Signature(signature),
          ...changed,
        })
        return customer.settled(answer.operation)
      }
      const changedOrder = Buffer.from(
        Buffer.from(order, 'base64')
          .toString()
          .replace(/"amountFen":"[0-9]+"/, '"amountFen":"1"'),
      ).toString('base64')
      evidence.holds('改动后的订单确有不同', changedOrder !== order)
      const rejected = ['operation.signature-rejected', 'certificate.not-usable']
      await evidence.refused('签名之后改动金额', () => send({ order: changedOrder }), rejected)
      const { customer: other } = await system.fixtures.paid()
      await evidence.refused(
        '使用他人的证书',
        () => send({ certificateSerial: other.bound().certificateSerial }),
        rejected,
      )
      await system.database.letLockPass((await customer.app.call(sessionsCurrent, {})).accountId, 'day')
      const done = await send({})
      evidence.holds('原文、签名与本人证书一致时完成', done.state === 'done', { state: done.state })
      const [stored] = await system.database.rows<{
        order_bytes: Uint8Array
        signature: Uint8Array
        certificate_serial: string
      }>(
        'anqu_channel',
        sql`select order_bytes, signature, certificate_serial from operation where operation_id = ${done.operationId}`,
      )
      const certificate = parseCertificate(await customer.app.element.containerCertificate(paymentContainer))
      evidence.holds(
        '留存的原文与签名可独立验证，不可抵赖',
        stored !== undefined &&
          stored.certificate_serial === certificate.serialHex &&
          sm2Verify(certificate.publicKey, stored.order_bytes, stored.signature),
      )
    },
  }),
  control({
    id: 'operation.sm-signature',
    title: { zh: '签名采用SM2与SM3', en: 'Signatures are SM2 with SM3' },
    clauses: ['A-9.5-1', 'A-9.5-4', 'B-7.3.2.1-3', 'A-9.4-1'],
    async check(system, evidence) {
      const { customer, operation } = await system.fixtures.paid()
      const certificate = parseCertificate(await customer.app.element.containerCertificate(paymentContainer))
      const [stored] = await system.database.rows<{ order_bytes: Uint8Array; signature: Uint8Array }>(
        'anqu_channel',
        sql`select order_bytes, signature from operation where operation_id = ${operation.operationId}`,
      )
      if (stored === undefined) throw new Error('the operation is not stored')
      const digest = sm2Digest(certificate.publicKey, stored.order_bytes)
      evidence.holds(
        '先按SM3取杂凑，再以SM2验证',
        digest.length === 32 && sm2VerifyDigest(certificate.publicKey, digest, stored.signature),
      )
      const changed = digest.slice()
      changed[0] = (changed[0] ?? 0) ^ 1
      evidence.holds(
        '杂凑值改动一位则不通过',
        !sm2VerifyDigest(certificate.publicKey, changed, stored.signature),
      )
      evidence.holds('签名公钥是二百五十六位SM2密钥', certificate.publicKey.bytes.length === 65)
      const receipt = operation.receipt
      if (receipt === null) throw new Error('there is no receipt')
      const signer = parseCertificate(bytesOf(receipt.certificate))
      evidence.holds(
        '服务器回单同样采用SM2与SM3',
        sm2VerifyDigest(
          signer.publicKey,
          sm2Digest(signer.publicKey, bytesOf(receipt.receipt)),
          bytesOf(receipt.signature),
        ),
      )
    },
  }),
  control({
    id: 'operation.receipt',
    title: {
      zh: '双方均签名：客户签订单，服务器签回单',
      en: 'Both sign: the customer the order, the server the receipt',
    },
    clauses: ['D-5.6.2-d.1', 'A-7.2-1'],
    async check(system, evidence) {
      const { operation } = await system.fixtures.paid()
      const { receipt } = operation
      if (receipt === null) throw new Error('there is no receipt')
      const [row] = await system.database.rows<{ chain: Uint8Array[] }>(
        'anqu_channel',
        sql`select chain from key_material where kind = 'signing' or certificate is not null limit 1`,
      )
      const intermediates = [...(row?.chain ?? [])].map((der) => parseCertificate(der))
      const trust = { anchors: system.anchors, intermediates, atMs: system.clock.nowMs() }
      const facts = readReceipt(receipt, trust)
      evidence.holds('回单的签名与证书链有效', facts !== undefined, { fields: Object.keys(facts ?? {}) })
      evidence.holds(
        '回单写明业务、收款方、金额',
        facts?.['operationId'] === operation.operationId &&
          facts['amountFen'] === operation.amountFen &&
          facts['payee'] === operation.payee,
      )
      const bytes = Buffer.from(receipt.receipt, 'base64')
        .toString()
        .replace(/"amountFen":"[0-9]+"/, '"amountFen":"1"')
      const forged = readReceipt({ ...receipt, receipt: Buffer.from(bytes).toString('base64') }, trust)
      evidence.holds('改动金额的回单不再有效', forged === undefined)
      const [stored] = await system.database.rows<{ signature: Uint8Array | null }>(
        'anqu_channel',
        sql`select signature from operation where operation_id = ${operation.operationId}`,
      )
      evidence.holds('客户对订单的签名同时留存', stored?.signature?.length === 64)
    },
  }),
]
