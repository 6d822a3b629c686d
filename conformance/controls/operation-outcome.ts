import {
  limitsGet,
  limitsSet,
  notificationsList,
  operationsConfirm,
  operationsGet,
  operationsPrepare,
  operationsSecondPassword,
  staffOperationStory,
  sm2Signature,
  staffOverview,
  staffRequeryOperation,
  type InputOf,
} from '@anqu/contract'
import { paymentContainer } from '@anqu/client'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import { clientVersion, newKey } from '../system/customer.ts'
import { bytesOf, debits, policiesOf } from './operation-books.ts'

export const operationOutcomeControls: readonly Control[] = [
  control({
    id: 'operation.once',
    title: { zh: '同一笔业务重复提交只扣款一次', en: 'A repeated payment moves money once' },
    clauses: ['B-7.5.4-1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const proposal = await customer.propose()
      const key = newKey()
      const first = await customer.prepare(proposal.proposalId, key)
      const again = await customer.prepare(proposal.proposalId, key)
      evidence.holds('同一请求键得到同一笔业务', first.operation.operationId === again.operation.operationId)
      const other = await customer.propose()
      await evidence.refused('同一请求键不能用于另一笔', () => customer.prepare(other.proposalId, key), [
        'request.conflict',
      ])
      const { challenged, operation } = await customer.pay()
      const sent = customer.app.exchanges.findLast(({ request }) =>
        request.url.endsWith(operationsConfirm.path),
      )
      if (sent?.request.body === undefined) throw new Error('no confirmation was sent')
      const { cookie: _, ...headers } = sent.request.headers
      const replayed = await customer.app.post(operationsConfirm.path, sent.request.body, headers)
      evidence.holds('截获的确认消息重放被拒绝', replayed.status === 409, { status: replayed.status })
      const repeated = await customer.settled(await customer.confirm(challenged))
      evidence.holds(
        '再次确认只得到原来的结果',
        repeated.operationId === operation.operationId && repeated.state === 'done',
      )
      evidence.holds('银行只扣款一次', (await debits(system, operation.operationId)).length === 1)
      evidence.holds('只出一张保单', (await policiesOf(system, challenged.proposal.proposalId)).length === 1)
      const next = await customer.challenged()
      const { order: oldOrder } = challenged.prepared
      const oldSignature = await customer.app.element.sign(
        paymentContainer,
        customer.person.pin,
        bytesOf(oldOrder),
      )
      await evidence.refused(
        '旧订单的签名不能用于新业务',
        () =>
          customer.app.call(operationsConfirm, {
            operationId: next.prepared.operation.operationId,
            otpId: next.code.otpId,
            otp: next.code.otp,
            ...next.picture,
            order: next.prepared.order,
            certificateSerial: customer.bound().certificateSerial,
            signature: sm2Signature(oldSignature),
          }),
        ['operation.signature-rejected'],
      )
    },
  }),
  control({
    id: 'operation.rollback',
    title: {
      zh: '系统故障或网络中断时自动回退或补齐，钱与保单一致',
      en: 'After a fault money and policy agree again by themselves',
    },
    clauses: ['D-5.3.4', 'D-5.3.5.2-s2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const pay = async (what: string) => {
        const challenged = await customer.challenged()
        const confirmed = await customer.confirm(challenged)
        evidence.note(what, { state: confirmed.state })
        return { challenged, operation: await customer.settled(confirmed, 45_000) }
      }
      const agrees = async ({ challenged, operation }: Awaited<ReturnType<typeof pay>>) => {
        const booked = (await debits(system, operation.operationId)).filter(
          ({ outcome }) => outcome === 'done',
        ).length
        const issued = (await policiesOf(system, challenged.proposal.proposalId)).length
        return {
          booked,
          issued,
          state: operation.state,
          agree: booked === issued && issued === (operation.state === 'done' ? 1 : 0),
        }
      }
      for (const fault of ['timeout-after-commit', 'down', 'duplicate-answer', 'wrong-signature']) {
        await system.bankFault({ fault, times: 1, delayMs: 300, on: ['debit'] })
        const outcome = await agrees(
          await pay(`银行故障：${fault}`).finally(() => system.bankFault(undefined)),
        )
        evidence.holds(`银行故障 ${fault} 之后扣款与保单一致`, outcome.agree, outcome)
      }
      const challenged = await customer.challenged()
      await system.bankFault({ fault: 'slow', times: 1, delayMs: 1_500, on: ['debit'] })
      const confirming = customer.confirm(challenged).catch(() => undefined)
      await system.pause(600)
      await system.kill('channel')
      await confirming
      evidence.note('扣款进行中强制结束服务器进程')
      await system.restart('channel')
      await system.bankFault(undefined)
      await customer.login()
      const { operationId } = challenged.prepared.operation
      const found = (await customer.app.call(operationsGet, { operationId })).operation
      const outcome = await agrees({ challenged, operation: await customer.settled(found, 60_000) })
      evidence.holds(
        '进程重启后自动处理到有结果，扣款与保单一致',
        outcome.agree && ['done', 'refused', 'reversed'].includes(outcome.state),
        outcome,
      )
      const sums = await system.database.rows<{ sum: bigint | string | null }>(
        'anqu_channel',
        sql`select coalesce(sum(amount_fen), 0)::bigint as sum from ledger_posting`,
      )
      evidence.holds('账务借贷平衡', String(sums[0]?.sum) === '0')
    },
  }),
  control({
    id: 'operation.contradiction',
    title: {
      zh: '银行答复的金额与订单不符时不入账，挂起由工作人员处理',
      en: 'A bank that names another amount than was ordered: nothing is posted, staff decide',
    },
    clauses: ['D-5.3.4'],
    shared: {
      'D-5.3.4': 'A fault of the bank that rolling back cannot mend: the books stay whole until staff decide',
    },
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const operator = await system.fixtures.operator()
      const challenged = await customer.challenged()
      await system.bankFault({ fault: 'wrong-amount', times: 1, on: ['debit'] })
      const { state, operationId } = await customer
        .confirm(challenged)
        .finally(() => system.bankFault(undefined))
      evidence.holds('挂起，不算支付成功', state === 'held', { state })
      const held = await operator.call(staffOperationStory, { operationId })
      const issued = (await policiesOf(system, challenged.proposal.proposalId)).length
      evidence.holds('未入账，未出保单', held.postings.length === 0 && issued === 0, { issued })
      const events = await operator.records({ correlationId: operationId, event: 'operation.held' })
      evidence.holds('工作人员得到一条审计事件', events.length === 1)
      await operator.call(staffRequeryOperation, { operationId })
      const after = await operator.call(staffOperationStory, { operationId })
      const booked = (await debits(system, operationId)).filter(({ outcome }) => outcome === 'done')
      evidence.holds(
        '再次查询答复相符后完成，只扣款一次',
        after.operation.state === 'done' && booked.length === 1,
        { state: after.operation.state, booked: booked.length },
      )
    },
  }),
  control({
    id: 'operation.limits',
    title: {
      zh: '交易限额：机构上限之内由客户自设，并有时限控制',
      en: 'Limits under ceilings, set by the customer, and a time limit',
    },
    clauses: ['C-6.3.2-d-s1', 'C-6.3.2-d-s2', 'D-5.3.3.4-b'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { limits } = await customer.app.call(limitsGet, {})
      const [limit] = limits
      if (limit === undefined) throw new Error('there is no limit')
      evidence.holds(
        '按交易类别给出限额与机构上限',
        BigInt(limit.perOperationFen) <= BigInt(limit.ceilingPerOperationFen) &&
          BigInt(limit.perDayFen) <= BigInt(limit.ceilingPerDayFen),
        { category: limit.category },
      )
      const set = async (perOperationFen: bigint, perDayFen: bigint) =>
        customer.app.call(limitsSet, {
          category: 'premium',
          perOperationFen: perOperationFen.toString(),
          perDayFen: perDayFen.toString(),
          secret: await customer.app.enter('operation', customer.person.transactionPassword),
        })
      await evidence.refused(
        '客户不能高于机构上限',
        () => set(BigInt(limit.ceilingPerOperationFen) + 1n, BigInt(limit.ceilingPerDayFen)),
        ['limit.above-ceiling'],
      )
      const proposal = await customer.propose()
      const premiumFen = BigInt(proposal.premiumFen)
      await set(premiumFen - 1n, premiumFen * 10n)
      await evidence.refused('超过客户自设的单笔限额', () => customer.prepare(proposal.proposalId), [
        'limit.exceeded',
      ])
      await set(premiumFen, premiumFen)
      const { operation } = await customer.pay()
      evidence.holds('限额之内完成', operation.state === 'done', { state: operation.state })
      const next = await customer.propose()
      await evidence.refused('超过客户自设的日限额', () => customer.prepare(next.proposalId), [
        'limit.exceeded',
      ])
      await set(premiumFen, premiumFen * 10n)
      const late = await customer.challenged()
      await system.database.letOperationExpire(late.prepared.operation.operationId)
      await evidence.refused('超过时限未确认的业务作废', () => customer.confirm(late), [
        'operation.expired',
        'operation.wrong-state',
      ])
    },
  }),
  control({
    id: 'operation.risk-notice',
    title: { zh: '关键操作之前充分提示风险并须确认', en: 'The risk is told and must be acknowledged' },
    clauses: ['C-6.3.2-b-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.ready()
      const prepared = await customer.prepare((await customer.propose()).proposalId)
      evidence.holds(
        '提示内容中英文均有',
        prepared.riskNotice.zh.length >= 30 && prepared.riskNotice.en.length >= 60,
        { zh: prepared.riskNotice.zh },
      )
      const secret = await customer.app.enter('operation', customer.person.transactionPassword)
      const input = { operationId: prepared.operation.operationId, riskAcknowledged: false, secret }
      // The very point: a client that skips the acknowledgement.
      await evidence.refused(
        '未确认风险不能继续',
        () =>
          customer.app.call(
            operationsSecondPassword,
            input as unknown as InputOf<typeof operationsSecondPassword>,
          ),
        ['request.malformed'],
      )
      await customer.giveSecondPassword(prepared.operation.operationId)
      evidence.note('确认后继续')
    },
  }),
  control({
    id: 'operation.notification',
    title: {
      zh: '资产与敏感信息变动及时通知客户',
      en: 'Customers are told of changes to assets and sensitive data',
    },
    clauses: ['C-6.3.2-b-s2'],
    async check(system, evidence) {
      const { customer } = await system.fixtures.paid()
      const { notifications } = await customer.app.call(notificationsList, {})
      const titles = notifications.map(({ title }) => title.zh)
      for (const expected of ['保费支付成功', '交易密码已设置'])
        evidence.holds(`已通知：${expected}`, titles.includes(expected), { titles })
      evidence.holds(
        '设备绑定已通知',
        titles.some((title) => /绑定|设备/.test(title)),
      )
      const other = await system.fixtures.loggedIn()
      const theirs = await other.app.call(notificationsList, {})
      evidence.holds('不通知无关的人', !theirs.notifications.some(({ title }) => title.zh === '保费支付成功'))
    },
  }),
  control({
    id: 'operation.own-only',
    title: { zh: '只能接触授权范围内的内容', en: 'Nobody reaches what is not his' },
    clauses: ['C-6.1.6.1-a', 'C-6.3.1-e-s2'],
    async check(system, evidence) {
      const { customer, operation, challenged } = await system.fixtures.paid()
      const other = await system.fixtures.freshReady()
      const { operationId } = operation
      await evidence.refused('查询他人的业务', () => other.app.call(operationsGet, { operationId }), [
        'operation.not-found',
      ])
      await evidence.refused('支付他人的投保申请', () => other.prepare(challenged.proposal.proposalId), [
        'insurance.product-unavailable',
        'operation.not-found',
        'request.not-found',
      ])
      await evidence.refused(
        '确认他人的业务',
        () =>
          other.app.call(operationsConfirm, {
            operationId,
            otpId: crypto.randomUUID(),
            otp: '123456',
            pictureId: crypto.randomUUID(),
            pictureAnswer: 'ABCDE',
            order: challenged.prepared.order,
            certificateSerial: other.bound().certificateSerial,
            signature: sm2Signature(Buffer.alloc(64, 1)),
          }),
        ['operation.not-found'],
      )
      await evidence.refused('解除他人的设备', () => other.releaseDevice(customer.bound().deviceId), [
        'device.not-bound',
        'request.not-found',
      ])
      await evidence.refused('客户不能使用管理功能', () => other.app.call(staffOverview, {}), [
        'request.not-found',
        'session.required',
      ])
      const own = (await customer.app.call(operationsGet, { operationId })).operation
      evidence.holds('本人可以查询', own.operationId === operationId)
    },
  }),
  control({
    id: 'operation.client-version',
    title: { zh: '落后超过一个版本不能办理资金业务', en: 'No payment on an outdated client' },
    clauses: ['B-7.5.1.4-3'],
    async check(system, evidence) {
      const customer = await system.fixtures.ready()
      const proposal = await customer.propose()
      await evidence.refused(
        '过旧版本被拒绝',
        () => customer.prepare(proposal.proposalId, newKey(), '0.0.0'),
        ['client.too-old'],
      )
      const prepared = await customer.prepare(proposal.proposalId)
      evidence.holds('当前版本可以办理', prepared.operation.state === 'prepared', { clientVersion })
      evidence.note('入口', { route: operationsPrepare.name })
    },
  }),
]
