import { identitySetTransactionPassword, sessionsCurrent, staffClearLock, staffLocks } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { control, type Control } from '../runner/control.ts'
import { otherCode, type Customer } from '../system/customer.ts'

const wrongPassword = 'wrong9horse2'
const refusedLogin = ['login.refused']
const { consecutiveCap, dayCap, cumulativeCap, transactionCap } = policy.lockout

const accountIdOf = async (customer: Customer): Promise<string> =>
  (await customer.app.call(sessionsCurrent, {})).accountId

export const lockoutControls: readonly Control[] = [
  control({
    id: 'lockout.three-in-a-row',
    title: { zh: '连续失败三次限时锁定，到时恢复', en: 'Three failures in a row lock for a time' },
    clauses: [
      'C-6.2.1.1-a-s2',
      'C-6.2.1.1-b-s1',
      'C-6.2.1.1-b-s2',
      'D-5.2.3.1-s1',
      'D-5.2.3.1-s2',
      'D-5.2.3.2-s1',
      'D-5.2.3.2-s2',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const accountId = await accountIdOf(customer)
      const elsewhere = await customer.elsewhere()
      for (let count = 1; count <= consecutiveCap; count += 1)
        await evidence.refused(
          `第${count}次错误密码`,
          () => elsewhere.beginLogin(wrongPassword),
          refusedLogin,
        )
      const nowMs = system.clock.nowMs()
      const locked = await evidence.refused('正确的密码也被拒绝：已锁定', () => elsewhere.beginLogin(), [
        'factor.locked',
      ])
      const forMs = (locked.retryAtMs ?? 0) - nowMs
      evidence.holds('锁定有明确期限', forMs > 0 && forMs <= policy.lockout.longestLockMs, {
        lockedForMs: forMs,
      })
      await system.database.letLockPass(accountId, 'lock')
      evidence.note('将锁定的到期时间移到过去')
      const begun = await elsewhere.beginLogin()
      evidence.holds('到时后正确的密码被接受', begun.state === 'otp')
    },
  }),
  control({
    id: 'lockout.day-and-total',
    title: {
      zh: '一天内与累计失败均有上限，累计上限由工作人员解除',
      en: 'Caps for a day and in all; staff lifts the latter',
    },
    clauses: ['A-6.8-2', 'A-6.8-3', 'A-6.8-4'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const accountId = await accountIdOf(customer)
      const elsewhere = await customer.elsewhere()
      let failures = 0
      const fail = async (): Promise<void> => {
        failures += 1
        await evidence.refused(
          `累计第${failures}次错误密码`,
          () => elsewhere.beginLogin(wrongPassword),
          refusedLogin,
        )
      }
      for (let attempt = 0; attempt < dayCap; attempt += 1) {
        if (attempt > 0 && attempt % consecutiveCap === 0)
          await system.database.letLockPass(accountId, 'lock')
        await fail()
      }
      const nowMs = system.clock.nowMs()
      const locked = await evidence.refused('当天达到上限后锁定', () => elsewhere.beginLogin(), [
        'factor.locked',
      ])
      const hours = ((locked.retryAtMs ?? 0) - nowMs) / 3_600_000
      evidence.holds('锁定到当天结束', hours > 23 && hours <= 24, { hours: Math.round(hours) })
      for (let attempt = dayCap; attempt < cumulativeCap; attempt += 1) {
        await system.database.letLockPass(accountId, 'day')
        await fail()
      }
      await system.database.letLockPass(accountId, 'day')
      await evidence.refused('累计达到上限后，时间不再解除锁定', () => elsewhere.beginLogin(), [
        'factor.blocked',
      ])
      const operator = await system.fixtures.operator()
      const lock = (await operator.call(staffLocks, {})).locks.find(({ subject }) => subject === accountId)
      evidence.holds('工作人员看到该锁定', lock?.kind === 'cumulative', { failures: lock?.failures ?? 0 })
      await operator.call(staffClearLock, {
        subject: accountId,
        scope: lock?.scope ?? '',
        reason: '人工核实：符合性检查',
      })
      evidence.holds('工作人员解除后正确的密码被接受', (await elsewhere.beginLogin()).state === 'otp')
    },
  }),
  control({
    id: 'lockout.no-denial-of-service',
    title: { zh: '他人的失败锁不住本人的已绑定设备', en: "A stranger's failures lock no bound device" },
    clauses: ['A-6.8-6'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const stranger = await customer.elsewhere()
      for (let count = 1; count <= consecutiveCap; count += 1)
        await evidence.refused(
          `他人第${count}次错误密码`,
          () => stranger.beginLogin(wrongPassword),
          refusedLogin,
        )
      await evidence.refused('他人的设备被锁定', () => stranger.beginLogin(), ['factor.locked'])
      const own = await customer.beginLogin()
      evidence.holds('本人在已绑定设备上照常登录', own.state === 'in')
    },
  }),
  control({
    id: 'lockout.guessing-and-stuffing',
    title: { zh: '防范暴力破解与撞库', en: 'Guessing and credential stuffing get nowhere' },
    clauses: ['C-6.3.3-d'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const attacker = await customer.elsewhere()
      const begun = await attacker.beginLogin()
      evidence.holds('撞库：正确的手机号与密码在别处仍要验证码', begun.state === 'otp')
      await evidence.refused('撞库没有得到会话', () => attacker.app.call(sessionsCurrent, {}), [
        'session.required',
      ])
      for (let count = 1; count <= consecutiveCap; count += 1)
        await evidence.refused(
          `爆破：第${count}次猜测`,
          () => attacker.beginLogin(`guess${count}word7`),
          refusedLogin,
        )
      await evidence.refused('爆破被锁定', () => attacker.beginLogin('guess9word7'), ['factor.locked'])
      const second = await customer.elsewhere()
      await evidence.refused('换一个安装继续猜测同样被锁定', () => second.beginLogin('guess8word7'), [
        'factor.locked',
      ])
    },
  }),
  control({
    id: 'lockout.wrong-transactions',
    title: {
      zh: '交易多次出错即锁定，须人工核实',
      en: 'Repeated wrong transactions lock until a person has verified',
    },
    clauses: ['C-6.3.3-e-s3'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const accountId = await accountIdOf(customer)
      const challenged = await customer.challenged()
      for (let count = 1; count <= transactionCap; count += 1) {
        const picture = await customer.confirmationPicture(challenged.prepared.operation.operationId)
        await evidence.refused(
          `第${count}次错误确认`,
          () => customer.confirm({ ...challenged, picture }, { otp: otherCode(challenged.code.otp) }),
          ['factor.rejected'],
        )
      }
      const picture = await customer.confirmationPicture(challenged.prepared.operation.operationId)
      await evidence.refused(
        '正确的确认也被拒绝：交易已锁定',
        () => customer.confirm({ ...challenged, picture }),
        ['operation.locked', 'factor.locked'],
      )
      await system.database.letLockPass(accountId, 'day')
      const late = await customer.confirmationPicture(challenged.prepared.operation.operationId)
      await evidence.refused('时间不解除该锁定', () => customer.confirm({ ...challenged, picture: late }), [
        'operation.locked',
      ])
      const operator = await system.fixtures.operator()
      const locks = (await operator.call(staffLocks, {})).locks.filter(({ subject }) => subject === accountId)
      const lock = locks.find(({ kind }) => kind === 'transaction')
      evidence.holds('工作人员看到交易锁定', lock !== undefined)
      for (const { scope } of locks)
        await operator.call(staffClearLock, { subject: accountId, scope, reason: '人工核实：符合性检查' })
      const { operation } = await customer.pay()
      evidence.holds('人工核实解除后可以交易', operation.state === 'done', { state: operation.state })
    },
  }),
  control({
    id: 'lockout.codes-too',
    title: { zh: '更改交易密码的验证码错误次数受限', en: 'Wrong codes at a password change are limited' },
    clauses: ['C-6.2.1.2-e', 'D-5.2.4.2-a2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const newPassword = 'kitten7stone4'
      const change = async (otp: string, otpId: string) =>
        customer.app.call(identitySetTransactionPassword, {
          otpId,
          otp,
          password: await customer.app.enter('set-transaction-password', newPassword),
          repeat: await customer.app.enter('set-transaction-password', newPassword),
        })
      const code = await customer.codeFor('set-transaction-password')
      for (let count = 1; count <= consecutiveCap; count += 1)
        await evidence.refused(
          `更改前第${count}次身份验证错误`,
          () => change(otherCode(code.otp), code.otpId),
          ['factor.rejected'],
        )
      await evidence.refused('达到上限后被锁定', () => change(code.otp, code.otpId), ['factor.locked'])
      await system.database.letLockPass(await accountIdOf(customer), 'day')
      const fresh = await customer.codeFor('set-transaction-password')
      const changed = await change(fresh.otp, fresh.otpId)
      evidence.holds('重新验证身份后才能更改', changed.changed === true)
    },
  }),
]
