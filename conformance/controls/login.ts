import {
  allRoutes,
  factorsRequestOtp,
  sessionsBeginLogin,
  sessionsCurrent,
  sessionsFinishLogin,
  sessionsHistory,
  identityRegister,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import { environment, otherCode } from '../system/customer.ts'

const refusedLogin = ['login.refused']
/** What may happen before anybody is known. */
const beforeAuthentication: readonly string[] = ['login', 'client-anomaly', 'consent']

export const loginControls: readonly Control[] = [
  control({
    id: 'login.two-factors',
    title: { zh: '每次登录都要两种独立因素', en: 'Every log-in takes two independent factors' },
    clauses: ['A-6.6-1', 'A-3.9-1', 'C-6.1.6.1-b', 'D-5.2.1.2-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const bound = await customer.beginLogin()
      evidence.holds('已绑定设备：设备密钥与密码两种因素，直接登录', bound.state === 'in')
      const elsewhere = await customer.elsewhere()
      const begun = await elsewhere.beginLogin()
      evidence.holds('新设备：密码之后还要验证码', begun.state === 'otp')
      await evidence.refused('此时没有会话', () => elsewhere.app.call(sessionsCurrent, {}), [
        'session.required',
      ])
      if (begun.state !== 'otp') return
      const { loginId } = begun
      await system.database.letCodesAge()
      const code = await elsewhere.code({ purpose: 'login', loginId })
      const finish = (otp: string) =>
        elsewhere.app.call(sessionsFinishLogin, { loginId, otpId: code.otpId, otp })
      await evidence.refused('第二因素错误时不能登录', () => finish(otherCode(code.otp)), ['factor.rejected'])
      await evidence.refused('仍没有会话', () => elsewhere.app.call(sessionsCurrent, {}), [
        'session.required',
      ])
      evidence.holds('两种因素都正确才登录', (await finish(code.otp)).state === 'in')
      await evidence.refused(
        '密码错误时不能到第二步',
        () => elsewhere.beginLogin(customer.person.transactionPassword),
        refusedLogin,
      )
    },
  }),
  control({
    id: 'login.no-sms-alone',
    title: { zh: '不提供仅凭手机号加短信的登录', en: 'There is no log-in by phone and code alone' },
    clauses: ['A-4.2-2'],
    async check(system, evidence) {
      const customer = await system.fixtures.registered()
      const app = (await customer.elsewhere()).app
      await evidence.refused(
        '没有先通过密码，不发送登录验证码',
        () => app.call(factorsRequestOtp, { purpose: 'login', loginId: crypto.randomUUID() }),
        refusedLogin,
      )
      await evidence.refused(
        '没有先通过密码，登录第二步不可用',
        () =>
          app.call(sessionsFinishLogin, {
            loginId: crypto.randomUUID(),
            otpId: crypto.randomUUID(),
            otp: '123456',
          }),
        refusedLogin,
      )
      const loginRoutes = allRoutes.filter(
        ({ audience, path }) => audience === 'customer' && /login/.test(path),
      )
      evidence.holds('声明的登录入口只有密码开始的一条', loginRoutes.length === 2, {
        routes: loginRoutes.map(({ name }) => name),
      })
    },
  }),
  control({
    id: 'login.before-anything',
    title: { zh: '通过身份认证之前不能使用任何业务功能', en: 'No business before authentication' },
    clauses: ['C-6.2.1.1-lead', 'C-6.2.1.1-a-s1', 'A-6.1-3'],
    async check(system, evidence) {
      const { app } = await system.fixtures.newcomer()
      const closed = allRoutes.filter(
        ({ audience, session }) => audience === 'customer' && (session === 'required' || session === 'fund'),
      )
      evidence.holds('需要会话的入口', closed.length >= 15, { routes: closed.length })
      for (const route of closed)
        await evidence.refused(`未登录调用 ${route.name} 被拒绝`, () => app.call(route, {}), [
          'session.required',
        ])
      const customer = await system.fixtures.loggedIn()
      const current = await customer.app.call(sessionsCurrent, {})
      evidence.holds('登录后可以使用，且会话属于唯一的账户标识', /^[0-9a-f-]{36}$/.test(current.accountId))
    },
  }),
  control({
    id: 'login.generic-answer',
    title: { zh: '认证失败的提示统一且模糊', en: 'A failed authentication says nothing useful' },
    clauses: ['C-6.2.1.1-a-s3', 'D-5.2.3.3'],
    async check(system, evidence) {
      const known = await (await system.fixtures.freshRegistered()).elsewhere()
      const unknown = await system.fixtures.newcomer()
      const wrong = await evidence.refused(
        '已注册号码、错误密码',
        () => known.beginLogin(unknown.person.loginPassword),
        refusedLogin,
      )
      const nobody = await evidence.refused('未注册号码', () => unknown.beginLogin(), refusedLogin)
      const text = ({ code, zh, en }: typeof wrong) => JSON.stringify({ code, zh, en })
      evidence.holds('两种情况的回答完全相同', text(wrong) === text(nobody), { zh: wrong.zh, en: wrong.en })
      const { challenged, customer } = await system.fixtures.paid()
      const secrets = [
        known.person.phone,
        known.person.name,
        known.person.idNumber,
        challenged.prepared.operation.amountFen,
      ]
      const texts = [wrong, nobody].map(text).join('')
      evidence.holds(
        '提示不含账号、姓名、证件号或金额',
        secrets.every((secret) => !texts.includes(secret)),
      )
      const failed = customer.app.answers.filter((entry) => entry.text.includes('"code"'))
      evidence.note('交易环节的失败提示一并检查', { refusals: failed.length })
      evidence.holds(
        '交易环节的失败提示不含金额与完整账号',
        failed.every((entry) => !secrets.slice(3).some((secret) => entry.text.includes(secret))),
      )
    },
  }),
  control({
    id: 'login.unique-user',
    title: {
      zh: '每个用户有唯一标识，操作可追溯到该用户',
      en: 'Each user has one identifier and can be traced by it',
    },
    clauses: ['A-6.1-1', 'A-6.1-2', 'A-5.11-3'],
    async check(system, evidence) {
      const first = await system.fixtures.freshLoggedIn()
      const second = await system.fixtures.loggedIn()
      const one = await first.app.call(sessionsCurrent, {})
      const other = await second.app.call(sessionsCurrent, {})
      evidence.holds('两个用户的标识不同', one.accountId !== other.accountId)
      const again = await system.fixtures.newcomer()
      const consentId = await again.consent()
      const code = await again.registrationCode()
      const input = await again.registration({ code, consentId })
      await evidence.refused(
        '同一证件不能再注册出第二个标识',
        () => again.app.call(identityRegister, { ...input, idNumber: first.person.idNumber }),
        ['identity.not-accepted'],
      )
      const [{ doubles } = { doubles: -1n }] = await system.database.rows<{ doubles: bigint }>(
        'anqu_channel',
        sql`select count(*) - count(distinct account_id) as doubles from account`,
      )
      evidence.holds('数据库中没有重复标识', doubles === 0n)
      const auditor = await system.fixtures.auditor()
      const records = await auditor.records({ subject: one.accountId })
      evidence.holds('该用户的操作都可按其标识查到', records.length >= 2, {
        events: [...new Set(records.map(({ event }) => event))].toSorted(),
      })
      evidence.holds(
        '不混入他人的操作',
        records.every(({ subject }) => subject === one.accountId),
      )
      const all = await auditor.records({})
      const loose = all.filter(
        ({ subject, eventClass }) => subject === 'anonymous' && !beforeAuthentication.includes(eventClass),
      )
      const looseEvents = [...new Set(loose.map(({ event }) => event))]
      evidence.holds('认证之后的操作没有无主记录', loose.length === 0, { examined: all.length, looseEvents })
    },
  }),
  control({
    id: 'login.history',
    title: {
      zh: '登录记录与最近登录时间可供显示',
      en: 'History and time of the last log-in are there to show',
    },
    clauses: ['D-5.3.3.3-b'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const elsewhere = await customer.elsewhere()
      const session = await elsewhere.login()
      evidence.holds('第二处登录得知较早的登录被退出', session.notice === 'another-session-ended')
      evidence.holds('给出上次登录时间', session.lastLoginAtMs !== null)
      await evidence.refused('较早的会话已结束', () => customer.app.call(sessionsCurrent, {}), [
        'session.replaced',
      ])
      const { entries } = await elsewhere.app.call(sessionsHistory, {})
      evidence.holds(
        '登录记录列出两处登录，只有一处有效',
        entries.filter(({ active }) => active).length === 1,
        {
          entries: entries.length,
        },
      )
      const begun = await elsewhere.app.call(sessionsBeginLogin, {
        phone: customer.person.phone,
        secret: await elsewhere.app.enter('login', customer.person.loginPassword),
        environment,
      })
      evidence.note('再次登录同样需要第二因素', { state: begun.state })
    },
  }),
]
