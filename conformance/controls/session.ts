import {
  devicesList,
  identityProfile,
  limitsGet,
  notificationsList,
  sessionsBackground,
  sessionsCurrent,
  sessionsLogout,
  sessionsReauthenticate,
} from '@anqu/contract'
import { policy } from '@anqu/policy'
import { control, type Control } from '../runner/control.ts'
import type { Customer } from '../system/customer.ts'

const current = (customer: Customer) => customer.app.call(sessionsCurrent, {})
const ended = ['session.expired', 'session.required']
const tokenOf = (customer: Customer): string => [...customer.app.cookies.values()][0] ?? ''

export const sessionControls: readonly Control[] = [
  control({
    id: 'session.new-random-id',
    title: { zh: '登录后使用新的随机会话标识', en: 'A new random session id after every log-in' },
    clauses: ['C-6.2.2-c-s1', 'C-6.2.2-c-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshRegistered()
      evidence.holds('登录之前没有会话标识', customer.app.cookies.size === 0)
      const tokens: string[] = []
      for (let count = 0; count < 4; count += 1) {
        await customer.login()
        tokens.push(tokenOf(customer))
      }
      evidence.holds('每次登录的标识都不同', new Set(tokens).size === tokens.length && !tokens.includes(''))
      const bytes = tokens.map((token) => Buffer.from(token, 'base64url'))
      evidence.holds(
        '标识不少于二百五十六位',
        bytes.every((token) => token.length >= policy.session.idBytes),
        { bytes: bytes[0]?.length ?? 0 },
      )
      const same =
        bytes[0]?.filter((byte, at) => bytes.slice(1).every((other) => other[at] === byte)).length ?? 0
      evidence.holds('各次标识没有共同部分', same <= 2, { equalBytes: same })
      await current(customer)
      customer.app.cookies.set([...customer.app.cookies.keys()][0] ?? '', tokens[0] ?? '')
      await evidence.refused('旧标识不再有效', () => current(customer), ['session.replaced', ...ended])
    },
  }),
  control({
    id: 'session.headers-only',
    title: { zh: '会话标识只出现在HTTP头中', en: 'A session id travels in HTTP headers only' },
    clauses: ['C-6.2.2-e-s1', 'C-6.2.2-e-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshRegistered()
      await customer.login()
      await customer.app.call(identityProfile, {})
      await customer.app.call(devicesList, {})
      await evidence.refused(
        '错误消息同样收集',
        () =>
          customer.app.call(sessionsReauthenticate, {
            secret: { keyboardId: crypto.randomUUID(), taps: ['AA=='] },
          }),
        ['factor.rejected'],
      )
      const token = tokenOf(customer)
      evidence.holds('登录后得到会话标识', token.length >= 40)
      const setting =
        customer.app.exchanges.flatMap(({ answer }) => answer.cookies).find((line) => line.includes(token)) ??
        ''
      evidence.holds(
        '标识由Set-Cookie头下发，脚本不可读、不跨站',
        /HttpOnly/i.test(setting) && /SameSite=Strict/i.test(setting),
      )
      const bodies = customer.app.answers.map(({ text }) => text).join('\n')
      evidence.holds('所有应答正文与错误消息均不含标识', bodies.length > 0 && !bodies.includes(token), {
        answers: customer.app.answers.length,
      })
      const urls = customer.app.exchanges.map(({ request }) => request.url).join('\n')
      evidence.holds('所有地址均不含标识', !urls.includes(token))
      const logs = await system.logs()
      evidence.holds('服务器日志不含标识', logs.length > 0 && !logs.includes(token), {
        logCharacters: logs.length,
      })
      const stored = Buffer.from(await system.database.everything('anqu_channel'))
      evidence.holds('数据库不含标识', stored.length > 0 && !stored.includes(token), { bytes: stored.length })
    },
  }),
  control({
    id: 'session.idle',
    title: { zh: '闲置超时须重新验证身份', en: 'Idling ends a session' },
    clauses: ['C-6.2.2-b', 'D-5.3.3.3-a', 'B-7.5.9.5-2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const { accountId, idleLimitMs } = await current(customer)
      evidence.holds('告知客户端的闲置时限与策略一致', idleLimitMs === policy.session.idleMs, { idleLimitMs })
      await system.database.letSessionAge(accountId, { idleMs: policy.session.idleMs - 60_000 })
      await current(customer)
      evidence.note('未到时限，会话仍有效')
      await system.database.letSessionAge(accountId, { idleMs: policy.session.idleMs })
      await evidence.refused('超过闲置时限后会话失效', () => current(customer), ended)
      await evidence.refused('须重新验证身份，不能自动恢复', () => current(customer), ended)
      await customer.login()
      evidence.holds('重新验证后可用', (await current(customer)).accountId === accountId)
    },
  }),
  control({
    id: 'session.absolute',
    title: { zh: '登录状态有绝对时限', en: 'A log-in has an absolute limit' },
    clauses: ['A-5.5-1', 'A-5.5-2', 'D-5.6.5-c-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const { accountId } = await current(customer)
      evidence.holds(
        '策略时限不超过七十二小时',
        policy.session.absoluteMs <= policy.session.absoluteCeilingMs,
        {
          hours: policy.session.absoluteMs / 3_600_000,
        },
      )
      await system.database.letSessionAge(accountId, { openMs: policy.session.absoluteMs - 120_000 })
      await current(customer)
      evidence.note('未到时限，会话仍有效')
      await system.database.letSessionAge(accountId, { openMs: 120_000 })
      await evidence.refused('到达绝对时限后必须重新登录', () => current(customer), ended)
    },
  }),
  control({
    id: 'session.logout',
    title: { zh: '退出时服务器同时结束会话', en: 'Logging out ends the session on the server' },
    clauses: ['C-6.2.2-d'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      await current(customer)
      const kept = new Map(customer.app.cookies)
      await customer.app.call(sessionsLogout, {})
      evidence.holds('客户端的标识被清除', customer.app.cookies.size === 0)
      for (const [name, value] of kept) customer.app.cookies.set(name, value)
      await evidence.refused('保留旧标识再用也被服务器拒绝', () => current(customer), ended)
    },
  }),
  control({
    id: 'session.one-per-account',
    title: { zh: '同一账户同时只有一个会话', en: 'One session an account' },
    clauses: ['C-6.2.2-f'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const elsewhere = await customer.elsewhere()
      await elsewhere.login()
      await evidence.refused('较早的会话被结束', () => current(customer), ['session.replaced'])
      evidence.holds('新的会话有效', (await current(elsewhere)).accountId.length === 36)
      const { notifications } = await elsewhere.app.call(notificationsList, {})
      evidence.holds(
        '客户被告知另一处登录',
        notifications.some(({ title }) => title.zh.includes('另一处登录')),
      )
    },
  }),
  control({
    id: 'session.stolen',
    title: {
      zh: '会话不能被窃用、篡改、伪造或重放',
      en: 'A session cannot be stolen, altered, forged or replayed',
    },
    clauses: ['C-6.2.2-a'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      await current(customer)
      const [name = '', token = ''] = [...customer.app.cookies][0] ?? []
      const thief = await customer.elsewhere()
      thief.app.cookies.set(name, Buffer.alloc(32, 7).toString('base64url'))
      await evidence.refused('伪造的标识被拒绝', () => current(thief), ['session.required'])
      const altered = (token.startsWith('A') ? 'B' : 'A') + token.slice(1)
      thief.app.cookies.set(name, altered)
      await evidence.refused('篡改的标识被拒绝', () => current(thief), ['session.required'])
      const last = customer.app.exchanges.at(-1)
      if (last?.request.body === undefined) throw new Error('nothing was exchanged')
      const { pathname } = new URL(last.request.url)
      const { cookie: _, ...headers } = last.request.headers
      const replayed = await customer.app.post(pathname, last.request.body, headers)
      evidence.holds('重放的请求被拒绝', replayed.status === 409, { status: replayed.status })
      thief.app.cookies.set(name, token)
      await evidence.refused('窃得的标识在别处无效', () => current(thief), ['session.environment-changed'])
      await evidence.refused('并且原会话随之结束', () => current(customer), [
        'session.environment-changed',
        ...ended,
      ])
      const text = Buffer.from(last.answer.body).toString('latin1')
      evidence.holds('窃听到的应答是密文', !text.includes('accountId') && last.answer.body.length > 0)
    },
  }),
  control({
    id: 'session.background',
    title: { zh: '转入后台超时后返回须重新验证', en: 'Back from the background the customer is asked again' },
    clauses: ['D-5.2.1.2-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const { accountId } = await current(customer)
      await customer.app.call(sessionsBackground, {})
      await current(customer)
      evidence.note('很快返回前台，不再询问')
      await customer.app.call(sessionsBackground, {})
      await system.database.letSessionAge(accountId, { backgroundMs: policy.session.backgroundMs })
      await evidence.refused('超过时限后返回须验证身份', () => customer.app.call(limitsGet, {}), [
        'session.reauthentication-required',
      ])
      await evidence.refused(
        '错误的密码不放行',
        async () =>
          customer.app.call(sessionsReauthenticate, {
            secret: await customer.app.enter('reauthenticate', 'wrong9horse2'),
          }),
        ['factor.rejected'],
      )
      await evidence.refused('仍须验证', () => customer.app.call(limitsGet, {}), [
        'session.reauthentication-required',
      ])
      await customer.app.call(sessionsReauthenticate, {
        secret: await customer.app.enter('reauthenticate', customer.person.loginPassword),
      })
      const { limits } = await customer.app.call(limitsGet, {})
      evidence.holds('验证后恢复使用', limits.length > 0)
    },
  }),
]
