import {
  consentDecide,
  consentNotice,
  identityRegister,
  insuranceProducts,
  insurancePropose,
  insuranceTerms,
  staffAuditSearch,
  type InputOf,
  type Route,
} from '@anqu/contract'
import { control, type Control } from '../runner/control.ts'
import { newKey } from '../system/customer.ts'
import type { Installation } from '../system/installation.ts'
import { connectRaw } from '../system/sealed.ts'
import { jsonOf } from '../system/http.ts'

const malformed = ['request.malformed']

/** Sends what the contract does not allow. */
const forced = <R extends Route>(app: Installation, route: R, input: unknown): Promise<unknown> =>
  app.call(route, input as InputOf<R>) // the very point: an input of another type

export const inputControls: readonly Control[] = [
  control({
    id: 'input.schema',
    title: {
      zh: '提交数据的类型、长度、格式、取值范围均受限制',
      en: 'Type, length, format and range are checked',
    },
    clauses: ['C-6.2.4-c', 'D-5.6.1-c-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.ready()
      const terms = await customer.app.call(insuranceTerms, {
        productId: await firstProduct(customer.app),
        language: 'zh',
      })
      const good = {
        idempotencyKey: newKey(),
        productId: await firstProduct(customer.app),
        termsVersion: terms.termsVersion,
        termsDigest: terms.termsDigest,
        confirmedImportant: terms.important.map(({ key }) => key),
        units: 1,
        startDate: new Date(system.clock.nowMs() + 4 * 86_400_000).toISOString().slice(0, 10),
        beneficiary: { kind: 'statutory' },
      }
      const bad: Record<string, object> = {
        多余字段: { ...good, discountFen: '100' },
        缺少字段: { ...good, startDate: undefined },
        类型错误: { ...good, units: '1' },
        数值超出范围: { ...good, units: 11 },
        数值不是整数: { ...good, units: 1.5 },
        负数: { ...good, units: -1 },
        日期不存在: { ...good, startDate: '2026-02-30' },
        文本过长: { ...good, productId: 'x'.repeat(5_000) },
        枚举之外的取值: { ...good, beneficiary: { kind: 'stranger' } },
        摘要格式错误: { ...good, termsDigest: 'zz' },
      }
      for (const [what, input] of Object.entries(bad))
        await evidence.refused(what, () => forced(customer.app, insurancePropose, input), malformed)
      await evidence.refused(
        '字段之间不符合业务规则（开始日期已过）',
        () =>
          forced(customer.app, insurancePropose, {
            ...good,
            idempotencyKey: newKey(),
            startDate: '2020-01-01',
          }),
        ['insurance.not-eligible', 'request.malformed'],
      )
      const proposal = await forced(customer.app, insurancePropose, good)
      evidence.holds('符合规则的数据被接受', JSON.stringify(proposal).includes('proposalId'))
    },
  }),
  control({
    id: 'input.injection',
    title: { zh: '不能借输入注入语句或脚本', en: 'Input injects neither statements nor scripts' },
    clauses: ['B-7.6-6'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const consentId = await customer.consent()
      const code = await customer.registrationCode()
      const input = await customer.registration({ code, consentId })
      const attacks = [
        "张' or '1'='1",
        '张三--',
        '<script>alert(1)</script>',
        '张三;drop table account',
        '张三\r\n',
        '张三&#39;',
      ]
      for (const name of attacks)
        await evidence.refused(
          `姓名：${name.trim()}`,
          () => customer.app.call(identityRegister, { ...input, name }),
          malformed,
        )
      await evidence.refused(
        "标识符：' or 1=1",
        () =>
          forced(customer.app, consentDecide, { version: "' or 1=1", decision: 'accepted', purposes: ["'"] }),
        ['request.malformed', 'consent.outdated'],
      )
      const auditor = await system.fixtures.auditor()
      const all = await auditor.records({}, 5)
      evidence.holds('审计查询可用', all.length === 5)
      for (const text of [
        "' or '1'='1' --",
        "%' union select * from account --",
        "\\'; drop table audit_record; --",
      ]) {
        const found = await auditor.call(staffAuditSearch, { text, limit: 50 })
        evidence.holds(
          '自由文本按数据对待，不当作语句',
          found.records.every((record) => JSON.stringify(record).includes(text.slice(2, 6))),
          {
            found: found.records.length,
          },
        )
      }
      evidence.holds('数据表仍在', (await auditor.records({}, 5)).length === 5)
      await customer.app.call(identityRegister, { ...input, name: customer.person.name })
      evidence.note('合法姓名随后被接受')
    },
  }),
  control({
    id: 'input.uri-header-body',
    title: { zh: 'URI、头与正文均严格校验', en: 'URI, headers and body are all checked' },
    clauses: ['D-5.4.2.2-s1', 'D-5.4.2.2-s2'],
    async check(system, evidence) {
      const peer = await connectRaw(system)
      const base = system.addresses['app'] ?? ''
      const { record } = peer.channel.seal(
        `POST ${consentNotice.path}`,
        new TextEncoder().encode('{"language":"zh"}'),
      )
      const post = (path: string, headers: Record<string, string>, body: Uint8Array = record) =>
        system.http({ url: `${base}${path}`, method: 'POST', headers, body })
      const sealed = { 'content-type': 'application/vnd.anqu.sealed', 'anqu-channel': peer.channel.idHex }
      const attempts: Record<string, Promise<{ status: number }>> = {
        不存在的路径: post('/api/v1/none', sealed),
        错误的内容类型: post(consentNotice.path, { ...sealed, 'content-type': 'text/html' }),
        通道头格式错误: post(consentNotice.path, { ...sealed, 'anqu-channel': "x' or 1=1" }),
        缺少通道头: post(consentNotice.path, { 'content-type': sealed['content-type'] }),
        正文不是密封消息: post(consentNotice.path, sealed, new Uint8Array([1, 2, 3])),
        正文为空: post(consentNotice.path, sealed, new Uint8Array()),
        正文过大: post(consentNotice.path, sealed, new Uint8Array(3 * 1024 * 1024)),
      }
      for (const [what, attempt] of Object.entries(attempts)) {
        const { status } = await attempt
        evidence.holds(what, status >= 400 && status < 500, { status })
      }
      const page = await system.get('app', '/')
      for (const attack of [
        '/..%2f..%2f..%2fpackage.json',
        '/assets/..%2f..%2f..%2fpackage.json',
        '/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      ]) {
        const { status, body } = await system.get('app', attack)
        const isAppPage = Buffer.from(body).equals(Buffer.from(page.body))
        evidence.holds('路径穿越得不到应用之外的文件', (status >= 400 && status < 500) || isAppPage, {
          attack,
          status,
        })
      }
      const answer = await peer.send(consentNotice.path, record)
      evidence.holds('之后正常请求照常处理，程序未受影响', answer.status === 200, { status: answer.status })
      evidence.holds('服务仍然健康', (await system.get('app', '/healthz')).status === 200)
    },
  }),
  control({
    id: 'error.uniform-and-safe',
    title: { zh: '错误提示统一，不泄露内部信息', en: 'Errors look alike and tell nothing about the inside' },
    clauses: ['C-6.2.4-a-s1', 'C-6.2.4-a-s2', 'C-6.2.5-p1', 'D-5.3.5.1-s2'],
    async check(system, evidence) {
      const peer = await connectRaw(system)
      const base = system.addresses['app'] ?? ''
      const garbage = {
        method: 'POST' as const,
        headers: { 'content-type': 'application/vnd.anqu.sealed', 'anqu-channel': peer.channel.idHex },
      }
      const answers = [
        await system.get('app', '/api/v1/none'),
        await system.http({ ...garbage, url: `${base}${consentNotice.path}`, body: new Uint8Array([9]) }),
        await system.http({
          ...garbage,
          url: `${base}/message/hello`,
          headers: { 'content-type': 'application/octet-stream' },
          body: new Uint8Array([9]),
        }),
        await system.http({
          ...garbage,
          url: `${base}${consentNotice.path}`,
          headers: { 'content-type': 'application/json' },
          body: new TextEncoder().encode('{'),
        }),
      ]
      const inside = /at .*\.(?:ts|js):|node_modules|stack|fastify|postgres|pg_|select |Error:|ECONN|zod/i
      for (const answer of answers) {
        const text = new TextDecoder().decode(answer.body)
        const error = (jsonOf(answer) as { error?: Record<string, unknown> }).error ?? {}
        evidence.holds(
          '形式统一：代码、中英文提示、关联号',
          ['code', 'zh', 'en', 'correlationId'].every((key) => typeof error[key] === 'string'),
          {
            status: answer.status,
            keys: Object.keys(error).toSorted(),
          },
        )
        evidence.holds('不含堆栈、框架、数据库或实现细节', !inside.test(text), {
          code: String(error['code']),
        })
        const told = ['server', 'x-powered-by', 'via'].filter((name) => answer.headers[name] !== undefined)
        evidence.holds('响应头不说明服务器软件', told.length === 0, {
          headers: Object.keys(answer.headers).toSorted(),
        })
      }
      const { customer } = await system.fixtures.paid()
      const texts = customer.app.answers
        .filter(({ text }) => text.startsWith('{"code"'))
        .map(({ text }) => text)
      const personal = [customer.person.name, customer.person.idNumber, customer.person.phone]
      evidence.holds(
        '业务拒绝提示不含个人敏感信息',
        texts.every((text) => !personal.some((value) => text.includes(value)) && !inside.test(text)),
        {
          refusals: texts.length,
        },
      )
    },
  }),
  control({
    id: 'error.detail-in-the-log',
    title: { zh: '后台保留详细错误信息', en: 'The back end keeps the detail' },
    clauses: ['C-6.2.4-f', 'D-5.3.5.2-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const refusal = await evidence.refused(
        '触发一个参数错误',
        () => forced(customer.app, consentNotice, { language: 'fr' }),
        malformed,
      )
      await system.pause(300)
      const line =
        (await system.logs()).split('\n').find((text) => text.includes(refusal.correlationId)) ?? ''
      evidence.holds('日志按关联号查到该错误', line !== '')
      evidence.holds('含发生时间', /"time":\s*"?[0-9TZ:.-]+/.test(line))
      evidence.holds('含发生位置', line.includes(consentNotice.name))
      evidence.holds('含错误类型与具体原因', line.includes('request.malformed') && line.includes('language'))
      evidence.holds(
        '这些细节没有告诉客户端',
        !customer.app.answers.some(({ text }) => text.includes('invalid_value')),
      )
    },
  }),
]

async function firstProduct(app: Installation): Promise<string> {
  const { products } = await app.call(insuranceProducts, { language: 'zh' })
  return products[0]?.productId ?? ''
}
