import { identityRegister, identitySetTransactionPassword, sessionsCurrent } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import { Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { makePerson } from '../system/person.ts'

const weak = ['password.too-weak']

const weakOnes = (person: { birthday: string; phone: string; idNumber: string }): Record<string, string> => ({
  少于八位: 'k7m2p9x',
  没有数字: 'kmpxtvbdfh',
  没有字母: '8203957164',
  常见密码: 'password1',
  数字连串: 'a12345678',
  重复字符: 'aaaa1111',
  键盘连串: 'qwertyui1',
  含生日: `km${person.birthday}`,
  含手机号片段: `k${person.phone.slice(2, 10)}m`,
  含证件号片段: `km${person.idNumber.slice(-6).toLowerCase()}pt`,
})

async function setTo(
  customer: Customer,
  code: { otpId: string; otp: string },
  password: string,
): Promise<unknown> {
  return customer.app.call(identitySetTransactionPassword, {
    otpId: code.otpId,
    otp: code.otp,
    password: await customer.app.enter('set-transaction-password', password),
    repeat: await customer.app.enter('set-transaction-password', password),
  })
}

const stored = (system: LiveSystem) =>
  system.database.rows<{ subject: string; kind: string; sealed_hash: Uint8Array }>(
    'anqu_channel',
    sql`select subject, kind, sealed_hash from password`,
  )

export const passwordControls: readonly Control[] = [
  control({
    id: 'password.strength',
    title: { zh: '登录密码复杂度由服务器校验', en: 'The server checks how strong a login password is' },
    clauses: ['A-6.7.1-1', 'A-6.7.1-2', 'C-6.2.1.2-c-s1', 'C-6.2.1.2-c-s2', 'D-5.2.4.1-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const consentId = await customer.consent()
      const code = await customer.registrationCode()
      const register = async (password: string, repeat = password) =>
        customer.app.call(
          identityRegister,
          await customer.registration({ code, consentId }, password, repeat),
        )
      for (const [what, password] of Object.entries(weakOnes(customer.person)))
        await evidence.refused(what, () => register(password), weak)
      await evidence.refused('两次输入不一致', () => register('kitten7stone4', 'kitten7stone5'), [
        'password.entries-differ',
      ])
      const done = await register('kitten7stone4')
      evidence.holds('强度足够的密码被接受', done.registered === true)
    },
  }),
  control({
    id: 'password.transaction-strength',
    title: {
      zh: '交易密码同样校验，且不同于登录密码与旧密码',
      en: 'The transaction password is checked too and differs from the others',
    },
    clauses: ['D-5.2.4.1-s2', 'D-5.2.1.1-b-s2', 'D-5.2.4.2-c'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const code = await customer.codeFor('set-transaction-password')
      for (const [what, password] of Object.entries(weakOnes(customer.person)))
        await evidence.refused(what, () => setTo(customer, code, password), weak)
      await evidence.refused('与登录密码相同', () => setTo(customer, code, customer.person.loginPassword), [
        'password.same-as-other',
      ])
      await setTo(customer, code, customer.person.transactionPassword)
      evidence.note('不同且强度足够的交易密码被接受')
      const second = await customer.codeFor('set-transaction-password')
      await evidence.refused(
        '新密码与旧密码相同',
        () => setTo(customer, second, customer.person.transactionPassword),
        ['password.same-as-other'],
      )
    },
  }),
  control({
    id: 'password.second-password',
    title: { zh: '关键业务另设二次认证密码', en: 'A second password of its own for critical business' },
    clauses: ['C-6.3.2-e-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const prepared = await customer.prepare((await customer.propose()).proposalId)
      const { operationId } = prepared.operation
      await evidence.refused(
        '登录密码不能当作二次认证密码',
        () => customer.giveSecondPassword(operationId, customer.person.loginPassword),
        ['factor.rejected'],
      )
      await customer.giveSecondPassword(operationId)
      evidence.holds(
        '客户自己设置的二次认证密码被接受',
        customer.person.transactionPassword !== customer.person.loginPassword,
      )
      const without = await system.fixtures.freshLoggedIn()
      await system.undisturbed(() => without.bind())
      const other = await without.prepare((await without.propose()).proposalId)
      await evidence.refused(
        '未设置二次认证密码不能办理',
        () => without.giveSecondPassword(other.operation.operationId),
        ['password.not-set'],
      )
    },
  }),
  control({
    id: 'password.stored-sealed',
    title: {
      zh: '密码加盐慢散列并密封保存，传输中加密',
      en: 'Passwords are hashed, salted and sealed; encrypted on the way',
    },
    clauses: ['C-6.2.1.2-a-s2', 'D-5.2.2.1-a-s1', 'D-5.2.2.1-a-s2', 'B-7.6-9', 'B-7.6-10'],
    async check(system, evidence) {
      const shared = makePerson().loginPassword
      const accounts: string[] = []
      const people: Customer[] = []
      for (let count = 0; count < 2; count += 1) {
        const customer = new Customer(system, await system.newInstallation(), {
          ...makePerson(),
          loginPassword: shared,
        })
        await system.undisturbed(async () => {
          await customer.register()
          await customer.login()
        })
        accounts.push((await customer.app.call(sessionsCurrent, {})).accountId)
        people.push(customer)
      }
      const rows = (await stored(system)).filter(({ subject }) => accounts.includes(subject))
      evidence.holds('两个账户使用同一密码', rows.length === 2 && new Set(accounts).size === 2)
      const [a, b] = rows.map(({ sealed_hash }) => Buffer.from(sealed_hash))
      if (a === undefined || b === undefined) throw new Error('no stored password')
      evidence.holds('库中的值不同，无法查表或统计比对', !a.equals(b), { bytes: a.length })
      const common = Array.from({ length: Math.min(a.length, b.length) - 7 }, (_, at) =>
        a.subarray(at, at + 8),
      ).filter((piece) => b.includes(piece))
      evidence.holds('两个值没有共同片段', common.length === 0)
      evidence.holds('库中的值不是可直接猜测的散列', !a.includes('$argon2') && !a.includes(shared))
      const everything = Buffer.from(await system.database.everything('anqu_channel'))
      evidence.holds('整个数据库找不到密码明文', !everything.includes(shared), { bytes: everything.length })
      const wire = Buffer.concat(
        people.flatMap(({ app }) => app.exchanges.flatMap(({ request }) => request.body ?? [])),
      )
      evidence.holds('传输字节中找不到密码明文', wire.length > 0 && !wire.includes(shared), {
        bytes: wire.length,
      })
      const again = people[0]
      evidence.holds('但密码仍可核验', (await again?.beginLogin())?.state === 'otp')
    },
  }),
  control({
    id: 'password.age',
    title: { zh: '密码有使用期限检查', en: 'A password has an age' },
    clauses: ['C-6.2.1.2-d'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const first = await customer.app.call(sessionsCurrent, {})
      evidence.holds('新密码没有期限提示', first.notice === 'none', { notice: first.notice })
      await system.database.letPasswordAge(
        first.accountId,
        policy.password.maxAgeMs - policy.password.warnBeforeMs + 60_000,
      )
      const soon = await customer.app.call(sessionsCurrent, {})
      evidence.holds('到期前提示', soon.notice === 'password-expires-soon', { notice: soon.notice })
      await system.database.letPasswordAge(first.accountId, policy.password.warnBeforeMs)
      const over = await customer.app.call(sessionsCurrent, {})
      evidence.holds('到期后告知须更换', over.notice === 'password-expired', { notice: over.notice })
    },
  }),
]
