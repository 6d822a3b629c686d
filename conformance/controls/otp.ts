import {
  factorsRequestOtp,
  identityRegister,
  operationsConfirm,
  sessionsFinishLogin,
  sm2Signature,
} from '@anqu/contract'
import { policy } from '@anqu/policy'
import { control, type Control } from '../runner/control.ts'
import { otherCode, type Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'

const rejected = ['factor.rejected', 'login.refused']

async function begin(customer: Customer): Promise<string> {
  const begun = await customer.beginLogin()
  if (begun.state !== 'otp') throw new Error('a new device was let in with one factor')
  return begun.loginId
}

async function loginCode(system: LiveSystem, customer: Customer, loginId: string) {
  await system.database.letCodesAge()
  return customer.code({ purpose: 'login', loginId })
}

const finish = (customer: Customer, loginId: string, code: { otpId: string; otp: string }) =>
  customer.app.call(sessionsFinishLogin, { loginId, otpId: code.otpId, otp: code.otp })

export const otpControls: readonly Control[] = [
  control({
    id: 'otp.single-use',
    title: { zh: '短信验证码只能使用一次', en: 'A code by SMS is good for one use' },
    clauses: ['A-6.4-1', 'D-5.2.1.1-d.2-s1', 'C-6.2.1.3-L2d'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshRegistered()
      const loginId = await begin(customer)
      const code = await loginCode(system, customer, loginId)
      const answer = await finish(customer, loginId, code)
      evidence.holds('验证码正确，登录成功', answer.state === 'in')
      await evidence.refused(
        '同一登录再次使用同一验证码被拒绝',
        () => finish(customer, loginId, code),
        rejected,
      )
      const again = await begin(customer)
      await evidence.refused('另一次登录使用旧验证码被拒绝', () => finish(customer, again, code), rejected)
    },
  }),
  control({
    id: 'otp.expires',
    title: { zh: '短信验证码在规定时间后失效', en: 'A code by SMS ends with its time' },
    clauses: ['A-6.4-2', 'D-5.2.1.1-d.2-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshRegistered()
      const loginId = await begin(customer)
      await system.database.letCodesAge()
      const sinceMs = system.clock.nowMs()
      const ticket = await customer.app.call(factorsRequestOtp, { purpose: 'login', loginId })
      const validMs = ticket.expiresAtMs - sinceMs
      evidence.holds('有效期不超过五分钟', validMs > 0 && validMs <= policy.otp.validMs + 2000, { validMs })
      const { text } = await system.message(customer.person.phone, sinceMs)
      const otp = /[0-9]{6}/.exec(text)?.[0] ?? ''
      await system.database.letCodeExpire(ticket.otpId)
      evidence.note('将该验证码的到期时间移到过去')
      await evidence.refused(
        '过期后正确的验证码被拒绝',
        () => finish(customer, loginId, { otpId: ticket.otpId, otp }),
        rejected,
      )
      const answer = await finish(customer, loginId, await loginCode(system, customer, loginId))
      evidence.holds('期限内的验证码被接受', answer.state === 'in')
    },
  }),
  control({
    id: 'otp.form',
    title: { zh: '短信验证码长度与随机性', en: 'Length and randomness of codes' },
    clauses: ['A-6.4-3', 'A-6.4-4', 'D-5.2.1.1-d.2-s3'],
    async check(system, evidence) {
      const codes: string[] = []
      const customer = await system.fixtures.newcomer()
      for (let count = 0; count < 16; count += 1) codes.push((await customer.registrationCode()).otp)
      evidence.holds(
        '均为六位数字',
        codes.every((code) => /^[0-9]{6}$/.test(code)),
        { samples: codes.length },
      )
      evidence.holds('互不相同', new Set(codes).size === codes.length)
      // Sixteen draws of ten digits leave fewer than four distinct ones at a place less than once in a billion runs.
      const perPlace = Array.from(
        { length: 6 },
        (_, at) => new Set(codes.map((code) => code.charAt(at))).size,
      )
      evidence.holds('每一位都在变化', Math.min(...perPlace) >= 4, { distinctDigitsPerPlace: perPlace })
      const steps = codes.slice(1).map((code, index) => Number(code) - Number(codes[index]))
      evidence.holds('没有固定步长', new Set(steps).size === steps.length)
    },
  }),
  control({
    id: 'otp.names-its-purpose',
    title: { zh: '短信写明验证码用途', en: 'The text says what the code is for' },
    clauses: ['A-6.4-5', 'D-5.2.1.1-d.2-s4'],
    async check(system, evidence) {
      const newcomer = await system.fixtures.newcomer()
      const { challenged, customer } = await system.fixtures.paid()
      const loginId = await begin(await customer.elsewhere())
      const texts = {
        注册: (await newcomer.registrationCode()).text,
        绑定: (await customer.codeFor('bind-device')).text,
        设置交易密码: (await customer.codeFor('set-transaction-password')).text,
        交易: challenged.code.text,
      }
      for (const [purpose, text] of Object.entries(texts))
        evidence.holds(`短信写明用途：${purpose}`, text.includes(purpose), {
          text: text.replaceAll(/[0-9]{6}/g, '******'),
        })
      const yuan = (BigInt(challenged.prepared.operation.amountFen) / 100n).toString()
      evidence.holds(
        '支付短信写明收款方与金额',
        texts.交易.includes(challenged.prepared.operation.payee) && texts.交易.includes(yuan),
      )
      evidence.note('登录验证码同样发送', { loginBegun: loginId !== '' })
    },
  }),
  control({
    id: 'otp.sending-limits',
    title: { zh: '发送频率由服务器控制', en: 'The server limits how often codes are sent' },
    clauses: ['C-6.2.1.3-L2a-s1', 'C-6.2.1.3-L2a-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const other = await customer.elsewhere()
      const ask = async (from: Customer) =>
        from.app.call(factorsRequestOtp, {
          purpose: 'register',
          phone: customer.person.phone,
          ...(await from.solveCaptcha()),
        })
      await system.database.letCodesAge()
      await ask(customer)
      evidence.note('第一条已发送')
      await evidence.refused('一分钟内同一安装再次请求被拒绝', () => ask(customer), ['request.too-often'])
      await evidence.refused('换一个安装请求同一号码也被拒绝', () => ask(other), ['request.too-often'])
      const sent = (await system.messages(customer.person.phone)).length
      evidence.holds('手机只收到一条短信', sent === 1, { sent })
    },
  }),
  control({
    id: 'otp.tries',
    title: {
      zh: '验证码由服务器核验，多次提交后作废',
      en: 'The server verifies codes and ends them after several tries',
    },
    clauses: ['C-6.2.1.3-L2b', 'C-6.2.1.3-L2c'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const consentId = await customer.consent()
      const code = await customer.registrationCode()
      const attempt = async (otp: string) =>
        customer.app.call(
          identityRegister,
          await customer.registration({ code: { otpId: code.otpId, otp }, consentId }),
        )
      for (let count = 1; count <= policy.otp.maxTries; count += 1)
        await evidence.refused(`第${count}次错误验证码被拒绝`, () => attempt(otherCode(code.otp)), [
          ...rejected,
          'factor.locked',
        ])
      await evidence.refused('此后正确的验证码也被拒绝', () => attempt(code.otp), [
        ...rejected,
        'factor.locked',
      ])
      const fresh = await system.fixtures.newcomer()
      await fresh.register()
      evidence.holds('正确的验证码在次数内被接受', true)
    },
  }),
  control({
    id: 'otp.second-password-first',
    title: {
      zh: '关键操作先验证交易密码才能请求验证码',
      en: 'The second password comes before a code can be asked for',
    },
    clauses: ['C-6.3.2-c'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const prepared = await customer.prepare((await customer.propose()).proposalId)
      const { operationId } = prepared.operation
      await system.database.letCodesAge()
      const before = (await system.messages(customer.person.phone)).length
      await evidence.refused(
        '未验证交易密码时请求验证码被拒绝',
        () => customer.app.call(factorsRequestOtp, { purpose: 'operation', operationId }),
        ['factor.not-ready', 'operation.wrong-state'],
      )
      await evidence.refused(
        '错误的交易密码不放行',
        () => customer.giveSecondPassword(operationId, customer.person.loginPassword),
        ['factor.rejected'],
      )
      const between = (await system.messages(customer.person.phone)).length
      evidence.holds('期间没有发出短信', between === before)
      await customer.giveSecondPassword(operationId)
      const code = await customer.operationCode(operationId)
      evidence.holds('验证交易密码后验证码才发出', code.otp.length === policy.otp.digits)
    },
  }),
  control({
    id: 'otp.bound-to-its-order',
    title: { zh: '交易验证码只对应一笔业务，用后即废', en: 'A payment code fits one order and dies with it' },
    clauses: ['B-7.5.4-3'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { challenged } = await system.undisturbed(() => customer.pay())
      const next = await customer.challenged()
      const confirmation = {
        operationId: next.prepared.operation.operationId,
        order: next.prepared.order,
        certificateSerial: customer.bound().certificateSerial,
        signature: sm2Signature(Buffer.alloc(64, 1)),
      }
      await evidence.refused(
        '已完成业务的验证码不能用于另一笔',
        () =>
          customer.app.call(operationsConfirm, {
            ...confirmation,
            ...next.picture,
            otpId: challenged.code.otpId,
            otp: challenged.code.otp,
          }),
        ['factor.rejected'],
      )
      await evidence.refused(
        '已完成业务的确认图片不能再用',
        () =>
          customer.app.call(operationsConfirm, {
            ...confirmation,
            ...challenged.picture,
            otpId: next.code.otpId,
            otp: next.code.otp,
          }),
        ['factor.picture-rejected'],
      )
      const fresh = await customer.pay()
      evidence.holds('新的验证码与图片可以完成业务', fresh.operation.state === 'done', {
        state: fresh.operation.state,
      })
    },
  }),
]
