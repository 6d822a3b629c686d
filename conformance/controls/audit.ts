import {
  consentNotice,
  identityProfile,
  sessionsCurrent,
  staffAuditSearch,
  staffAuditVerify,
  staffClearLock,
  staffLocks,
} from '@anqu/contract'
import { ByteWriter, hexToBytes, bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import { connectRaw, flipped } from '../system/sealed.ts'
import type { AuditRecord, Staff } from '../system/staff.ts'

const has = (records: readonly AuditRecord[], event: string): boolean =>
  records.some((record) => record.event === event)

const auditorOf = (system: Parameters<Control['check']>[0]): Promise<Staff> => system.fixtures.auditor()

export const auditControls: readonly Control[] = [
  control({
    id: 'audit.fields',
    title: { zh: '每条审计记录具备规定要素', en: 'Every audit record has the fields asked for' },
    clauses: ['A-5.11-18'],
    async check(system, evidence) {
      const { customer } = await system.fixtures.paid()
      const stranger = await customer.elsewhere()
      await evidence.refused('先有一次失败的操作', () => stranger.beginLogin('wrong9horse2'), [
        'login.refused',
      ])
      const records = await (await auditorOf(system)).records({})
      evidence.holds('检查全部种类的记录', records.length >= 30, {
        records: records.length,
        events: [...new Set(records.map(({ event }) => event))].toSorted(),
      })
      for (const field of policy.audit.recordFields) {
        const missing = records.filter((record) => {
          const value: unknown = Reflect.get(record, field)
          return value === undefined || value === null || value === ''
        })
        evidence.holds(`每条都有：${field}`, missing.length === 0, {
          missing: missing.slice(0, 3).map(({ event }) => event),
        })
      }
      const nowMs = system.clock.nowMs()
      evidence.holds(
        '时间真实',
        records.every(({ atMs }) => atMs <= nowMs + 1000 && atMs >= system.startedAtMs - 120_000),
      )
      evidence.holds(
        '结果只有成功或失败，且两者都有',
        new Set(records.map(({ outcome }) => outcome)).size === 2,
      )
    },
  }),
  control({
    id: 'audit.payment-fields',
    title: { zh: '支付记录具备九个要素', en: 'A payment record has its nine fields' },
    clauses: ['A-5.11-17'],
    async check(system, evidence) {
      const { operation } = await system.fixtures.paid()
      const story = await (await auditorOf(system)).records({ correlationId: operation.operationId })
      const record = story.find(({ event }) => event === 'payment.done')
      evidence.holds('该笔支付有审计记录', record !== undefined, { events: story.map(({ event }) => event) })
      const fields = record?.fields ?? {}
      for (const field of [
        'scenario',
        'transactionTime',
        'amountFen',
        'merchantOrderNumber',
        'requestSerialNumber',
        'merchantNumber',
        'merchantName',
        'transactionStatus',
        'payer',
      ])
        evidence.holds(`含：${field}`, (fields[field] ?? '').trim() !== '')
      evidence.holds(
        '金额、状态与业务一致',
        fields['amountFen'] === operation.amountFen &&
          fields['transactionStatus'] === 'done' &&
          fields['requestSerialNumber'] === operation.operationId,
      )
      const payer = fields['payer'] ?? ''
      evidence.holds(
        '付款方以假名与脱敏账号表示',
        /\*{4}/.test(payer) && !/[0-9]{12,}/.test(payer.replaceAll('-', ' ')),
      )
    },
  }),
  control({
    id: 'audit.events',
    title: { zh: '各类事件均可还原', en: 'Every class of events can be reconstructed' },
    clauses: ['A-5.11-8', 'A-5.11-12', 'A-5.11-13', 'C-6.3.3-a-s1'],
    async check(system, evidence) {
      const { customer, operation } = await system.fixtures.paid()
      await customer.app.call(identityProfile, {})
      const { accountId } = await customer.app.call(sessionsCurrent, {})
      const stranger = await customer.elsewhere()
      await evidence.refused('一次失败的登录', () => stranger.beginLogin('wrong9horse2'), ['login.refused'])
      const auditor = await auditorOf(system)
      const own = await auditor.records({ subject: accountId })
      evidence.holds('访问敏感数据', has(own, 'identity.profile-read'))
      evidence.holds(
        '使用鉴别机制：登录、验证码、交易密码',
        has(own, 'login.succeeded') && has(own, 'factor.otp') && has(own, 'factor.transaction-password'),
      )
      evidence.holds(
        '无效的访问尝试',
        own.some((record) => record.event === 'login.refused' && record.outcome === 'failure'),
      )
      const story = await auditor.records({ correlationId: operation.operationId })
      for (const event of [
        'operation.prepared',
        'operation.second-password',
        'operation.authorised',
        'payment.done',
      ])
        evidence.holds(`关键业务埋点：${event}`, has(story, event))
    },
  }),
  control({
    id: 'audit.automatic',
    title: {
      zh: '审计自动启动，异常消息无须设置即被记录',
      en: 'The log starts by itself and records anomalies unasked',
    },
    clauses: ['A-5.11-4'],
    async check(system, evidence) {
      const sinceMs = system.clock.nowMs()
      const peer = await connectRaw(system)
      const route = `POST ${consentNotice.path}`
      const first = peer.channel.seal(route, utf8ToBytes('{"language":"zh"}'))
      await peer.send(consentNotice.path, first.record)
      await peer.send(consentNotice.path, first.record)
      await peer.send(consentNotice.path, flipped(peer.channel.seal(route, utf8ToBytes('{}')).record, 60))
      const records = await (await auditorOf(system)).records({ fromMs: sinceMs })
      evidence.holds('重复消息有记录', has(records, 'client.duplicate-message'))
      evidence.holds('非法消息有记录', has(records, 'client.illegal-message'))
      const all = await (await auditorOf(system)).records({ event: 'audit.started' })
      evidence.holds(
        '审计随系统自动启动，无须人工开启',
        all.length >= 1 && all.every(({ subject }) => subject === 'channel'),
      )
    },
  }),
  control({
    id: 'audit.staff-and-itself',
    title: {
      zh: '管理操作、审计查阅、审计启停均被审计',
      en: 'Staff, reading the log, and its start and stop are recorded',
    },
    clauses: ['A-5.11-9', 'A-5.11-10', 'A-5.11-11'],
    async check(system, evidence) {
      const sinceMs = system.clock.nowMs()
      const operator = await system.fixtures.operator()
      await operator.call(staffLocks, {})
      await operator.call(staffClearLock, {
        subject: crypto.randomUUID(),
        scope: 'otp/login',
        reason: '符合性检查：管理操作留痕',
      })
      const auditor = await auditorOf(system)
      await auditor.call(staffAuditSearch, { text: 'conformance-probe', limit: 1 })
      const records = await auditor.records({ fromMs: sinceMs })
      evidence.holds(
        '管理人员的操作有记录',
        records.some(({ event, eventClass }) => event === 'staff.lock-cleared' && eventClass === 'staff'),
      )
      evidence.holds(
        '查阅审计日志有记录，且记到具体人员',
        records.some(({ event, subject }) => event === 'audit.read' && /^[0-9a-f-]{36}$/.test(subject)),
      )
      const logins = await auditor.records({ event: 'staff.logged-in' })
      evidence.note('管理人员登录', { records: logins.length })
      await system.restart('channel')
      evidence.note('重新启动服务器')
      await system.undisturbed(() => auditor.login())
      const states = (await auditor.records({ fromMs: sinceMs })).map(({ event }) => event)
      evidence.holds('审计停止有记录', states.includes('audit.stopped'))
      evidence.holds('审计启动有记录', states.includes('audit.started'))
    },
  }),
  control({
    id: 'audit.chain',
    title: { zh: '审计记录以SM3相连，改动可被发现', en: 'Audit records are chained; a change shows' },
    clauses: ['D-5.6.1-b-s1'],
    shared: { 'D-5.6.1-b-s1': 'there in transit, here at rest' },
    async check(system, evidence) {
      const auditor = await auditorOf(system)
      const verdict = await auditor.call(staffAuditVerify, {})
      evidence.holds(
        '服务器校验整条链完好，并有签名',
        verdict.intact && verdict.records > 30 && verdict.chains.every(({ signedUpTo }) => signedUpTo > 0),
        { records: verdict.records },
      )
      const rows = await system.database.rows<{
        sequence: bigint
        body: string
        previous_hash: Uint8Array
        hash: Uint8Array
      }>(
        'anqu_channel',
        sql`select sequence, body, previous_hash, hash from audit_record where chain = 'channel' order by sequence limit 2000`,
      )
      const hashOf = (previous: Uint8Array, sequence: bigint, body: string): string =>
        bytesToHex(sm3(new ByteWriter().bytes(previous).u64(sequence).bytes(utf8ToBytes(body)).finish()))
      let previous: Uint8Array = new Uint8Array(32)
      let broken = 0
      for (const row of rows) {
        if (
          hashOf(previous, row.sequence, row.body) !== bytesToHex(row.hash) ||
          bytesToHex(row.previous_hash) !== bytesToHex(previous)
        )
          broken += 1
        previous = hexToBytes(bytesToHex(row.hash))
      }
      evidence.holds('由检查方独立重算，逐条相符', rows.length > 30 && broken === 0, {
        recomputed: rows.length,
      })
      const [middle] = rows.slice(Math.floor(rows.length / 2))
      if (middle === undefined) throw new Error('no record')
      const changed = hashOf(
        middle.previous_hash,
        middle.sequence,
        middle.body.replace('success', 'failure').replace('"atMs":1', '"atMs":2'),
      )
      evidence.holds('任一记录改动一字，杂凑即不相符', changed !== bytesToHex(middle.hash))
    },
  }),
]
