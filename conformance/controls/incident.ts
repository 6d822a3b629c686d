import {
  identityProfile,
  identitySetEmail,
  notificationsList,
  staffDecideWarning,
  staffProposeWarning,
  staffWarnings,
  warningsList,
} from '@anqu/contract'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import type { Customer } from '../system/customer.ts'
import { jsonOf } from '../system/http.ts'
import type { LiveSystem } from '../system/live-system.ts'

const notices = z.object({ notices: z.array(z.object({ title: z.string() })) })
const longestWaitMs = 30_000

/** Notices of this title that the operator holds for one address. */
async function held(
  system: LiveSystem,
  way: 'push' | 'mail',
  address: string,
  title: string,
): Promise<number> {
  const query = new URLSearchParams({ way, address })
  const answer = await system.http({
    url: `${system.addresses['smsInbox']}/v1/notices?${query}`,
    method: 'GET',
    headers: {},
  })
  return notices.parse(jsonOf(answer)).notices.filter((notice) => notice.title === title).length
}

/** What one customer got: push, SMS, e-mail and the message in the app. */
async function told(system: LiveSystem, customer: Customer, title: string) {
  const { accountId } = await customer.app.call(identityProfile, {})
  const { notifications } = await customer.app.call(notificationsList, {})
  const messages = await system.messages(customer.person.phone)
  return {
    push: await held(system, 'push', accountId, title),
    sms: messages.filter(({ text }) => text.startsWith(title)).length,
    mail: await held(system, 'mail', addressOf(customer), title),
    app: notifications.filter((notice) => notice.title.zh === title).length,
  }
}

const addressOf = (customer: Customer): string => `${customer.person.phone}@example.test`

export const incidentControls: readonly Control[] = [
  control({
    id: 'incident.warning',
    title: {
      zh: '发布安全警示后，受影响的客户各收到一条推送、短信和邮件',
      en: 'A published warning reaches each affected customer once by push, SMS and e-mail',
    },
    clauses: ['B-7.4-7'],
    async check(system, evidence) {
      const affected = await system.fixtures.freshReady()
      const unaffected = await system.fixtures.freshLoggedIn()
      for (const customer of [affected, unaffected])
        await customer.app.call(identitySetEmail, { email: addressOf(customer) })
      const author = await system.fixtures.operator()
      const title = `安全警示${system.clock.nowMs()}`
      const { warning } = await author.call(staffProposeWarning, {
        severity: 'major',
        audience: 'bound-device',
        title: { zh: title, en: 'Security warning' },
        text: { zh: '请尽快更新应用。', en: 'Please update the app.' },
      })
      const { warningId } = warning
      await evidence.refused(
        '拟写人不能自己发布',
        () => author.call(staffDecideWarning, { warningId, decision: 'publish' }),
        ['approval.own'],
      )
      const publisher = await system.fixtures.administrator()
      await publisher.call(staffDecideWarning, { warningId, decision: 'publish' })
      await system.kill('channel')
      evidence.note('发布后强制结束服务器进程')
      await system.restart('channel')
      const { warnings: shown } = await unaffected.app.call(warningsList, {})
      const dated = shown.find((entry) => entry.warningId === warningId)?.publishedAtMs ?? 0
      evidence.holds('公开的安全警示页列出该警示及日期', dated >= system.startedAtMs, { dated })
      const untilMs = system.clock.nowMs() + longestWaitMs
      for (;;) {
        const { warnings } = await publisher.call(staffWarnings, {})
        const { customers = 0, waiting = 1 } =
          warnings.find((entry) => entry.warningId === warningId)?.notices ?? {}
        if ((customers > 0 && waiting === 0) || system.clock.nowMs() > untilMs) break
        await system.pause(500)
      }
      for (const customer of [affected, unaffected]) await customer.login()
      const got = await told(system, affected, title)
      evidence.holds(
        '受影响的客户经推送、短信、邮件和应用内消息各收到一条，重启不重复',
        Object.values(got).every((count) => count === 1),
        got,
      )
      const other = await told(system, unaffected, title)
      evidence.holds(
        '未受影响的客户未被打扰',
        Object.values(other).every((count) => count === 0),
        other,
      )
    },
  }),
]
