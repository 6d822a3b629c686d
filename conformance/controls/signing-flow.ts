import { operationsConfirm, sm2Signature } from '@anqu/contract'
import { paymentContainer, readOrder } from '@anqu/client'
import { sm2Digest, sm2VerifyDigest } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { sql } from '@anqu/platform'
import { SecureElementError } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'

type Verification = { readonly event: string; readonly outcome: string; readonly serial: string }

export const signingFlowControls: readonly Control[] = [
  control({
    id: 'operation.signing-flow',
    title: {
      zh: '从交易请求到认证系统验签、返回结果的各步骤',
      en: 'Every step from the request to verification by the CA and the result',
    },
    clauses: [
      'B-6.2.5-1.s1',
      'B-6.2.5-1.s2',
      'B-6.2.5-1.s3',
      'B-6.2.5-1.s4',
      'B-6.2.5-1.s5',
      'B-6.2.5-1.s6',
      'B-6.2.5-1.s7',
      'B-6.2.5-1.s8',
      'B-6.1-6.s10',
      'B-6.1-6.s11',
      'B-6.1-6.s12',
      'B-6.1-6.s13',
      'B-6.1-6.s14',
      'B-6.1-6.s15',
      'B-6.1-6.s16',
      'B-6.1-6.s17',
      'B-5.4.1-10.s1',
      'B-5.4.1-10.s2',
      'B-5.4.1-10.s4',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { app, person } = customer
      const challenged = await customer.challenged()
      const { operation, order } = challenged.prepared
      const bytes = new Uint8Array(Buffer.from(order, 'base64'))
      evidence.holds(
        '客户发起交易，业务系统返回待签订单',
        readOrder(order)['operationId'] === operation.operationId,
      )
      const withoutPin = await app.element.sign(paymentContainer, '0000000', bytes).then(
        () => 'signed',
        (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
      )
      evidence.holds('调用安全单元时须验证身份', withoutPin === 'se.pin-wrong', { met: withoutPin })
      const signature = await app.element.sign(paymentContainer, person.pin, bytes)
      const certificate = parseCertificate(await app.element.containerCertificate(paymentContainer))
      const digest = sm2Digest(certificate.publicKey, bytes)
      evidence.holds(
        '先取杂凑，安全单元以证书私钥对杂凑签名并返回',
        sm2VerifyDigest(certificate.publicKey, digest, signature),
        {
          signatureBytes: signature.length,
        },
      )
      const { serialHex } = certificate
      const verifications = () =>
        system.database.rows<Verification>(
          'anqu_ca',
          sql`select event, outcome, serial from ca_event where correlation_id = ${operation.operationId} and event = 'verified'`,
        )
      evidence.holds('此前认证系统没有收到验签请求', (await verifications()).length === 0)
      const answer = await app.call(operationsConfirm, {
        operationId: operation.operationId,
        otpId: challenged.code.otpId,
        otp: challenged.code.otp,
        ...challenged.picture,
        order,
        certificateSerial: serialHex,
        signature: sm2Signature(signature),
      })
      evidence.note('客户端上送签名、被签数据与用户信息', { certificateSerial: serialHex })
      const verified = await verifications()
      evidence.holds(
        '业务系统转送认证系统验签，认证系统返回有效',
        verified.length === 1 && verified[0]?.serial === serialHex && verified[0].outcome === 'good',
        { events: verified.map(({ event, outcome }) => `${event}: ${outcome}`) },
      )
      const settled = await customer.settled(answer.operation)
      evidence.holds(
        '业务系统处理后返回认证与交易结果',
        settled.state === 'done' && settled.receipt !== null,
        {
          state: settled.state,
        },
      )
    },
  }),
]
