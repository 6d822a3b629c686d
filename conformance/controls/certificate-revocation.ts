import { paymentContainer } from '@anqu/client'
import {
  certificatesResume,
  certificatesSuspend,
  devicesRelease,
  releaseOrder,
  sm2Signature,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { SecureElementError } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'
import type { LiveSystem } from '../system/live-system.ts'

const waitMs = 20_000

type Register = { state: string; crl_reason: string | null }

async function atCa(system: LiveSystem, serial: string, wanted: string): Promise<Register> {
  const untilMs = system.clock.nowMs() + waitMs
  for (;;) {
    const [row] = await system.database.rows<Register>(
      'anqu_ca',
      sql`select state, crl_reason from certificate where serial = ${serial}`,
    )
    if (row?.state === wanted || system.clock.nowMs() > untilMs)
      return row ?? { state: 'none', crl_reason: null }
    await system.pause(250)
  }
}

async function here(system: LiveSystem, serial: string): Promise<string> {
  const [row] = await system.database.rows<{ state: string }>(
    'anqu_channel',
    sql`select state from certificate where serial = ${serial}`,
  )
  return row?.state ?? 'none'
}

/** Whatever comes of it, the CA is there again for the controls that follow. */
async function withoutCa(system: LiveSystem, work: () => Promise<void>): Promise<void> {
  await system.kill('ca')
  try {
    await work()
  } finally {
    await system.restart('ca')
  }
}

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
  )

export const certificateRevocationControls: readonly Control[] = [
  control({
    id: 'certificate-revocation.whole-flow',
    title: {
      zh: '凭PIN停用证书：业务与认证系统吊销，安全单元删除证书和私钥',
      en: 'Stopping by PIN: both systems revoke, and the secure element deletes certificate and key',
    },
    clauses: ['B-6.2.4-5'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { app, person } = customer
      const { deviceId, certificateSerial } = customer.bound()
      const wrongPin = person.pin === '000000' ? '111111' : '000000'
      const wrong = await codeOf(customer.stopDevice(wrongPin))
      evidence.holds(
        '第一步：无权限（PIN错误）的停用请求被拒，证书仍在',
        wrong === 'se.pin-wrong' && (await here(system, certificateSerial)) === 'active',
        { met: wrong },
      )
      const message = releaseOrder(deviceId, certificateSerial, 'unused')
      const forOther = await app.element.sign(paymentContainer, person.pin, message)
      await evidence.refused(
        '签名与所述原因不符的请求',
        () =>
          app.call(devicesRelease, {
            deviceId,
            reason: 'lost',
            factor: { kind: 'signature', signature: sm2Signature(forOther) },
          }),
        ['factor.rejected'],
      )
      await customer.stopDevice()
      const gone = await codeOf(app.element.sign(paymentContainer, person.pin, message))
      const left = await app.element.listCertificates()
      evidence.holds(
        '第二步：安全单元中证书与私钥均已删除',
        gone === 'se.container-not-found' && left.length === 0,
        { met: gone },
      )
      evidence.holds('第三步：业务系统已吊销', (await here(system, certificateSerial)) === 'revoked')
      const register = await atCa(system, certificateSerial, 'revoked')
      evidence.holds('第三步：认证系统已吊销', register.state === 'revoked', {
        state: register.state,
        reason: register.crl_reason ?? 'none',
      })
      await evidence.refused('此后不能发起交易', () => customer.pay(), ['device.not-bound'])
      await customer.bind()
      const { operation } = await customer.pay()
      evidence.holds('重新绑定后可以交易', operation.state === 'done', { state: operation.state })
    },
  }),
  control({
    id: 'certificate-revocation.lost',
    title: {
      zh: '安全单元遗失：凭序列号吊销，认证系统中断时也不丢失',
      en: 'A lost secure element: revoked by serial number, and not forgotten while the CA is away',
    },
    clauses: ['B-6.2.4-3', 'B-6.2.4-4'],
    shared: {
      'B-6.2.4-3': 'there by any release, here by a report of loss with its factors',
      'B-6.2.4-4': 'here with the CA away at first',
    },
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { deviceId, certificateSerial } = customer.bound()
      const open = await customer.challenged()
      const elsewhere = await customer.elsewhere()
      await elsewhere.login()
      const taps = (await elsewhere.app.enter('operation', 'wrong2468')).taps
      await evidence.refused(
        '没有正确的因素不能挂失',
        () =>
          elsewhere.app.call(devicesRelease, {
            deviceId,
            reason: 'lost',
            factor: { kind: 'password', secret: { keyboardId: crypto.randomUUID(), taps } },
          }),
        ['factor.rejected', 'request.malformed'],
      )
      await withoutCa(system, async () => {
        await elsewhere.releaseDevice(deviceId, 'lost')
        evidence.holds(
          '认证系统中断时仍可挂失，业务系统立即吊销',
          (await here(system, certificateSerial)) === 'revoked',
        )
        await evidence.refused('遗失设备上未完成的交易', () => customer.confirm(open), [
          'session.replaced',
          'session.required',
          'session.environment-changed',
          'device.not-bound',
        ])
      })
      const register = await atCa(system, certificateSerial, 'revoked')
      evidence.holds(
        '认证系统恢复后得知并吊销，原因为密钥泄露',
        register.state === 'revoked' && register.crl_reason === 'keyCompromise',
        { state: register.state, reason: register.crl_reason ?? 'none' },
      )
      await elsewhere.bind()
      await evidence.refused(
        '以遗失设备的证书签名',
        async () => {
          const challenged = await elsewhere.challenged()
          return elsewhere.confirm(challenged, { certificateSerial })
        },
        ['certificate.not-usable', 'operation.signature-rejected'],
      )
    },
  }),
  control({
    id: 'certificate-revocation.hold',
    title: {
      zh: '每笔交易查询证书状态：暂停的不可用，查不到状态则不受理；恢复须两个因素',
      en: 'Every payment asks for the state: on hold it is refused, without an answer too; lifting takes two factors',
    },
    clauses: ['B-7.3.2.2-7'],
    shared: { 'B-7.3.2.2-7': 'there lists and status answers, here what a payment meets' },
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { app, person } = customer
      const { deviceId, certificateSerial } = customer.bound()
      const secret = () => app.enter('operation', person.transactionPassword)
      await app.call(certificatesSuspend, { deviceId, secret: await secret() })
      await evidence.refused('暂停后立即不能交易', () => customer.pay(), ['certificate.not-usable'])
      const held = await atCa(system, certificateSerial, 'suspended')
      evidence.holds('认证系统同样暂停', held.crl_reason === 'certificateHold', { state: held.state })
      await system.database.letCodesAge()
      const code = await customer.code({ purpose: 'resume-certificate', deviceId })
      const otp = code.otp === '000000' ? '111111' : '000000'
      await evidence.refused(
        '验证码不对不能恢复',
        async () =>
          app.call(certificatesResume, { deviceId, secret: await secret(), otpId: code.otpId, otp }),
        ['factor.rejected'],
      )
      const { otpId } = code
      await app.call(certificatesResume, { deviceId, secret: await secret(), otpId, otp: code.otp })
      const { operation } = await customer.pay()
      evidence.holds('恢复后可以交易', operation.state === 'done', { state: operation.state })
      const asked = await system.database.rows<{ outcome: string }>(
        'anqu_ca',
        sql`select outcome from ca_event
          where event = 'verified' and serial = ${certificateSerial} and correlation_id = ${operation.operationId}`,
      )
      evidence.holds('交易时向认证系统查询了状态', asked[0]?.outcome === 'good', { asked: asked.length })
      const open = await customer.challenged()
      await withoutCa(system, async () => {
        await evidence.refused('查不到状态时不受理', () => customer.confirm(open), ['server.unavailable'])
      })
    },
  }),
]
