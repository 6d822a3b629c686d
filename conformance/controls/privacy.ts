import {
  consentDecide,
  consentNotice,
  consentWithdraw,
  identityProfile,
  identityRegister,
  insurancePolicies,
  insuranceProducts,
  sessionsCurrent,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import type { Customer } from '../system/customer.ts'

const personal = ({ person }: Customer): Record<string, string> => ({
  姓名: person.name,
  证件号: person.idNumber,
  手机号: person.phone,
})

export const privacyControls: readonly Control[] = [
  control({
    id: 'consent.before-collection',
    title: {
      zh: '收集之前明示目的、方式、范围并取得同意',
      en: 'Purpose, method and scope first, then consent',
    },
    clauses: ['A-5.10-1', 'A-5.10-3'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const notice = await customer.app.call(consentNotice, { language: 'zh' })
      evidence.holds('无须登录或提供任何信息即可阅读', customer.app.cookies.size === 0)
      evidence.holds(
        '逐项写明目的与所用信息',
        notice.purposes.length > 0 &&
          notice.purposes.every(({ why, data }) => why.length > 0 && data.length > 0),
        {
          purposes: notice.purposes.map(({ title }) => title),
        },
      )
      evidence.holds(
        '写明收集清单与共享清单',
        notice.collected.length > 0 &&
          notice.shared.every(({ party, item, purpose }) => party !== '' && item !== '' && purpose !== ''),
        {
          collected: notice.collected.length,
          shared: notice.shared.length,
        },
      )
      evidence.holds('写明保护方式与保存期限', notice.sections.length >= 2, {
        sections: notice.sections.map(({ heading }) => heading),
      })
      const code = await customer.registrationCode()
      const input = await customer.registration({ code, consentId: crypto.randomUUID() })
      await evidence.refused('没有同意，不收集注册信息', () => customer.app.call(identityRegister, input), [
        'consent.required',
      ])
      const refusedConsent = await customer.app.call(consentDecide, {
        version: notice.version,
        decision: 'refused',
        purposes: [],
      })
      await evidence.refused(
        '拒绝之后同样不收集',
        () => customer.app.call(identityRegister, { ...input, consentId: refusedConsent.consentId }),
        ['consent.required'],
      )
      const someone = await system.fixtures.newcomer()
      const foreign = await someone.consent()
      await evidence.refused(
        '他人的同意不算数',
        () => customer.app.call(identityRegister, { ...input, consentId: foreign }),
        ['consent.required'],
      )
      const consentId = await customer.consent()
      await customer.app.call(identityRegister, await customer.registration({ code, consentId }))
      evidence.note('本人同意之后才可注册')
    },
  }),
  control({
    id: 'consent.free-choice',
    title: {
      zh: '自愿同意：可以拒绝、可只同意必要项、可以撤回',
      en: 'A free choice: refuse, accept only what is needed, withdraw',
    },
    clauses: ['D-6.1.4-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const notice = await customer.app.call(consentNotice, { language: 'zh' })
      const answer = await customer.app.call(consentDecide, {
        version: notice.version,
        decision: 'refused',
        purposes: [],
      })
      evidence.holds('拒绝被接受', answer.decision === 'refused')
      const { products } = await customer.app.call(insuranceProducts, { language: 'zh' })
      evidence.holds('拒绝后仍可浏览产品', products.length > 0)
      const optional = notice.purposes.filter(({ required }) => !required)
      evidence.holds('有非必要的目的可不选', optional.length > 0, {
        optional: optional.map(({ key }) => key),
      })
      await customer.register()
      await customer.login()
      evidence.note('只同意必要项即可注册与登录')
      const withdrawn = await customer.app.call(consentWithdraw, { purposes: optional.map(({ key }) => key) })
      evidence.holds('可以撤回', withdrawn.consentId.length === 36)
    },
  }),
  control({
    id: 'masking.server-side',
    title: { zh: '敏感信息由服务器脱敏后才返回', en: 'The server masks before it answers' },
    clauses: ['C-6.2.3-a-s2', 'C-6.3.1-e-s3', 'D-5.6.4.1', 'D-5.6.1-a.1-s3', 'A-4.3-5'],
    async check(system, evidence) {
      const { customer, challenged } = await system.fixtures.paid()
      const profile = await customer.app.call(identityProfile, {})
      const { person } = customer
      evidence.holds(
        '手机号隐藏中间位',
        profile.phoneMasked !== person.phone && /^1[0-9]{2}\*{4}[0-9]{4}$/.test(profile.phoneMasked),
        { shape: profile.phoneMasked.replaceAll(/[0-9]/g, '9') },
      )
      evidence.holds('证件号隐藏中间位', /^[0-9]{1,6}\*{8,}[0-9X]{1,4}$/.test(profile.idNumberMasked), {
        shape: profile.idNumberMasked.replaceAll(/[0-9X]/g, '9'),
      })
      evidence.holds('姓名部分隐藏', profile.nameMasked.includes('*') && profile.nameMasked !== person.name)
      const payer = challenged.prepared.lines.find(({ en }) => /Paid from/.test(en))?.value ?? ''
      evidence.holds('银行卡号隐藏中间位', /\*{4}.*[0-9]{4}$/.test(payer), {
        shape: payer.replaceAll(/[0-9]/g, '9'),
      })
      await customer.app.call(insurancePolicies, { language: 'zh' })
      await customer.app.call(sessionsCurrent, {})
      const answers = customer.app.answers.map(({ text }) => text).join('\n')
      for (const [what, value] of Object.entries(personal(customer)))
        evidence.holds(`服务器的全部应答中没有完整${what}`, !answers.includes(value), {
          answers: customer.app.answers.length,
        })
      const operator = await system.fixtures.operator()
      const records = JSON.stringify(await operator.records({ subject: profile.accountId }).catch(() => []))
      const auditor = JSON.stringify(
        await (await system.fixtures.auditor()).records({ subject: profile.accountId }),
      )
      for (const [what, value] of Object.entries(personal(customer)))
        evidence.holds(
          `工作人员看到的内容没有完整${what}`,
          auditor.length > 2 && !`${records}${auditor}`.includes(value),
        )
    },
  }),
  control({
    id: 'storage.sealed-database',
    title: { zh: '数据库中的敏感信息均加密', en: 'Sensitive data in the database is sealed' },
    clauses: ['D-5.6.1-a.1-s2', 'C-6.1.5.2-c-s1', 'C-6.2.3-lead'],
    async check(system, evidence) {
      const { customer, challenged } = await system.fixtures.paid()
      const stored = Buffer.from(await system.database.everything('anqu_channel'))
      evidence.holds('业务记录确实在库中', stored.includes(challenged.prepared.operation.operationId), {
        bytes: stored.length,
      })
      const { person } = customer
      const secrets = {
        ...personal(customer),
        登录密码: person.loginPassword,
        交易密码: person.transactionPassword,
        出生日期: `${person.birthday}`,
      }
      for (const [what, value] of Object.entries(secrets)) {
        const found = [
          value,
          Buffer.from(value).toString('base64').replace(/=+$/, ''),
          Buffer.from(value).toString('hex'),
        ].some((form) => stored.includes(form))
        evidence.holds(`业务库中找不到${what}（原文、Base64、十六进制）`, !found)
      }
      const wire = Buffer.concat(
        customer.app.exchanges.flatMap(({ request, answer }) => [
          request.body ?? new Uint8Array(),
          answer.body,
        ]),
      )
      for (const [what, value] of Object.entries(personal(customer)))
        evidence.holds(`传输中也找不到${what}`, !wire.includes(value), { bytes: wire.length })
      const profile = await customer.app.call(identityProfile, {})
      evidence.holds(
        '本人仍能看到自己的（脱敏）资料',
        profile.nameMasked.startsWith(person.name.slice(0, 1)) ||
          profile.nameMasked.endsWith(person.name.slice(-1)),
      )
    },
  }),
  control({
    id: 'storage.no-payment-secrets',
    title: { zh: '不保存任何形式的支付敏感信息', en: 'Payment-sensitive data is kept in no form' },
    clauses: ['D-5.6.1-a.4'],
    async check(system, evidence) {
      const { customer, challenged } = await system.fixtures.paid()
      for (const name of ['anqu_channel', 'anqu_ca', 'anqu_witness']) {
        const stored = Buffer.from(await system.database.everything(name))
        evidence.holds(
          `${name}：认证结束后找不到交易密码、登录密码`,
          !stored.includes(customer.person.transactionPassword) &&
            !stored.includes(customer.person.loginPassword),
          { bytes: stored.length },
        )
      }
      const code = await system.database.rows<{ code_digest: string; state: string }>(
        'anqu_channel',
        sql`select code_digest, state from otp where otp_id = ${challenged.code.otpId}`,
      )
      evidence.holds(
        '验证码只存键控摘要且已作废',
        code[0]?.state === 'used' && !code[0].code_digest.includes(challenged.code.otp),
      )
      const columns = await system.database.rows<{ column_name: string }>(
        'anqu_channel',
        sql`select column_name from information_schema.columns where table_schema = 'public'`,
      )
      const forbidden = columns.filter(({ column_name }) =>
        /cvv|cvn|card_number|pan$|expiry_date|card_password/.test(column_name),
      )
      evidence.holds(
        '没有存放卡号、卡验证码、有效期或卡密码的字段',
        columns.length > 50 && forbidden.length === 0,
        { columns: columns.length },
      )
    },
  }),
  control({
    id: 'log.no-personal-data',
    title: { zh: '运行日志不含敏感信息', en: 'Logs hold no sensitive data' },
    clauses: ['D-5.6.1-a.5-s1', 'D-5.6.1-a.5-s2'],
    async check(system, evidence) {
      const { customer, challenged } = await system.fixtures.paid()
      const { person } = customer
      const logs = await system.logs()
      evidence.holds('日志不为空', logs.length > 1000, { characters: logs.length })
      const secrets = {
        ...personal(customer),
        登录密码: person.loginPassword,
        交易密码: person.transactionPassword,
        会话标识: [...customer.app.cookies.values()][0] ?? 'none',
      }
      for (const [what, value] of Object.entries(secrets))
        evidence.holds(`日志中找不到${what}`, !logs.includes(value))
      const code = new RegExp(`(?<![0-9a-f])${challenged.code.otp}(?![0-9a-f])`)
      evidence.holds('日志中找不到验证码', !code.test(logs))
    },
  }),
]
