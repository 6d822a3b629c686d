import {
  devicesRelease,
  limitsGet,
  limitsSet,
  notificationsList,
  operationsConfirm,
  operationsGet,
  operationsPrepare,
  operationsSecondPassword,
  sessionsCurrent,
  staffOverview,
  type InputOf,
} from '@anqu/contract'
import { paymentContainer, readOrder, readReceipt } from '@anqu/client'
import { Sm2PrivateKey, sm2Digest, sm2Sign, sm2Verify, sm2VerifyDigest } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import { clientVersion, newKey, otherCode } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

/** What the bank has booked for an operation. */
const debits = (system: LiveSystem, operationId: string) =>
  system.database.rows<{ outcome: string; amount_fen: bigint }>(
    'anqu_bank',
    sql`select outcome, amount_fen from debit where idempotency_key like ${`${operationId}:%`}`,
  )
const policiesOf = (system: LiveSystem, proposalId: string) =>
  system.database.rows<{ policy_id: string }>(
    'anqu_channel',
    sql`select policy_id from insurance_policy where proposal_id = ${proposalId}`,
  )

const signedWith = (order: string, key: Sm2PrivateKey): string =>
  Buffer.from(sm2Sign(key, bytesOf(order))).toString('base64')

export const operationControls: readonly Control[] = [
  control({
    id: 'operation.several-factors',
    title: {
      zh: '支付须多因素认证与二次授权，缺一不可',
      en: 'A payment takes several factors and a second authorisation',
    },
    clauses: ['A-6.6-3', 'C-6.2.1.1-L2b', 'D-5.2.1.1-c-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const first = await customer.prepare((await customer.propose()).proposalId)
      const early: InputOf<typeof operationsConfirm> = {
        operationId: first.operation.operationId,
        otpId: crypto.randomUUID(),
        otp: '123456',
        pictureId: crypto.randomUUID(),
        pictureAnswer: 'ABCDE',
        order: first.order,
        certificateSerial: customer.bound().certificateSerial,
        signature: Buffer.alloc(64, 1).toString('base64'),
      }
      await evidence.refused('未经二次授权直接确认', () => customer.app.call(operationsConfirm, early), [
        'operation.wrong-state',
        'factor.not-ready',
      ])
      const challenged = await customer.challenged()
      const { operationId } = challenged.prepared.operation
      await evidence.refused(
        '验证码错误',
        () => customer.confirm(challenged, { otp: otherCode(challenged.code.otp) }),
        ['factor.rejected'],
      )
      const picture = await customer.confirmationPicture(operationId)
      await evidence.refused(
        '签名不是本人安全单元所作',
        () =>
          customer.app.call(operationsConfirm, {
            ...early,
            operationId,
            ...picture,
            otpId: challenged.code.otpId,
            otp: challenged.code.otp,
            order: challenged.prepared.order,
            signature: signedWith(challenged.prepared.order, Sm2PrivateKey.generate()),
          }),
        ['operation.signature-rejected'],
      )
      evidence.holds('银行没有扣款', (await debits(system, operationId)).length === 0)
      const { operation } = await customer.pay()
      evidence.holds('各因素均正确时完成', operation.state === 'done', { state: operation.state })
      evidence.holds('此时才扣款一次', (await debits(system, operation.operationId)).length === 1)
    },
  }),
  control({
    id: 'operation.signed-order',
    title: {
      zh: '交易数据由安全单元签名，服务器验签且核对证书与用户',
      en: 'The order is signed in the SE; the server verifies signature, certificate and owner',
    },
    clauses: [
      'B-7.3.1.3-1',
      'B-7.3.1.3-2',
      'B-7.3.1.3-3',
      'B-7.3.2.1-4',
      'B-7.3.2.3-1',
      'B-7.3.2.3-4',
      'B-7.5.9.4-1',
      'B-5.1-5',
      'B-5.4.1-10',
      'B-5.4.1-10.s3',
      'B-5.4.1-10.s5',
      'C-6.1.5.3-p1-s1',
      'C-6.1.5.3-p1-s2',
      'A-9.5-2',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const challenged = await customer.challenged()
      const { order } = challenged.prepared
      const fields = readOrder(order)
      evidence.holds(
        '被签数据含付款账户、收款账户、金额与时间',
        ['payer', 'payeeAccount', 'amountFen', 'orderedAtMs', 'accountId'].every(
          (key) => fields[key] !== undefined,
        ),
        { fields: Object.keys(fields) },
      )
      evidence.holds('金额与业务一致', fields['amountFen'] === challenged.prepared.operation.amountFen)
      const send = async (changed: Partial<InputOf<typeof operationsConfirm>>) => {
        const picture = await customer.confirmationPicture(challenged.prepared.operation.operationId)
        const { otpId, otp } = await customer.operationCode(challenged.prepared.operation.operationId)
        const signature = await customer.app.element.sign(
          paymentContainer,
          customer.person.pin,
          bytesOf(order),
        )
        const answer = await customer.app.call(operationsConfirm, {
          operationId: challenged.prepared.operation.operationId,
          otpId,
          otp,
          ...picture,
          order,
          certificateSerial: customer.bound().certificateSerial,
          signature: Buffer.from(signature).toString('base64'),
          ...changed,
        })
        return customer.settled(answer.operation)
      }
      const changedOrder = Buffer.from(
        Buffer.from(order, 'base64')
          .toString()
          .replace(/"amountFen":"[0-9]+"/, '"amountFen":"1"'),
      ).toString('base64')
      evidence.holds('改动后的订单确有不同', changedOrder !== order)
      const rejected = ['operation.signature-rejected', 'certificate.not-usable']
      await evidence.refused('签名之后改动金额', () => send({ order: changedOrder }), rejected)
      const { customer: other } = await system.fixtures.paid()
      await evidence.refused(
        '使用他人的证书',
        () => send({ certificateSerial: other.bound().certificateSerial }),
        rejected,
      )
      await system.database.letLockPass((await customer.app.call(sessionsCurrent, {})).accountId, 'day')
      const done = await send({})
      evidence.holds('原文、签名与本人证书一致时完成', done.state === 'done', { state: done.state })
      const [stored] = await system.database.rows<{
        order_bytes: Uint8Array
        signature: Uint8Array
        certificate_serial: string
      }>(
        'anqu_channel',
        sql`select order_bytes, signature, certificate_serial from operation where operation_id = ${done.operationId}`,
      )
      const certificate = parseCertificate(await customer.app.element.containerCertificate(paymentContainer))
      evidence.holds(
        '留存的原文与签名可独立验证，不可抵赖',
        stored !== undefined &&
          stored.certificate_serial === certificate.serialHex &&
          sm2Verify(certificate.publicKey, stored.order_bytes, stored.signature),
      )
    },
  }),
  control({
    id: 'operation.sm-signature',
    title: { zh: '签名采用SM2与SM3', en: 'Signatures are SM2 with SM3' },
    clauses: ['A-9.5-1', 'A-9.5-4', 'B-7.3.2.1-3', 'A-9.4-1'],
    async check(system, evidence) {
      const { customer, operation } = await system.fixtures.paid()
      const certificate = parseCertificate(await customer.app.element.containerCertificate(paymentContainer))
      const [stored] = await system.database.rows<{ order_bytes: Uint8Array; signature: Uint8Array }>(
        'anqu_channel',
        sql`select order_bytes, signature from operation where operation_id = ${operation.operationId}`,
      )
      if (stored === undefined) throw new Error('the operation is not stored')
      const digest = sm2Digest(certificate.publicKey, stored.order_bytes)
      evidence.holds(
        '先按SM3取杂凑，再以SM2验证',
        digest.length === 32 && sm2VerifyDigest(certificate.publicKey, digest, stored.signature),
      )
      const changed = digest.slice()
      changed[0] = (changed[0] ?? 0) ^ 1
      evidence.holds(
        '杂凑值改动一位则不通过',
        !sm2VerifyDigest(certificate.publicKey, changed, stored.signature),
      )
      evidence.holds('签名公钥是二百五十六位SM2密钥', certificate.publicKey.bytes.length === 65)
      const receipt = operation.receipt
      if (receipt === null) throw new Error('there is no receipt')
      const signer = parseCertificate(bytesOf(receipt.certificate))
      evidence.holds(
        '服务器回单同样采用SM2与SM3',
        sm2VerifyDigest(
          signer.publicKey,
          sm2Digest(signer.publicKey, bytesOf(receipt.receipt)),
          bytesOf(receipt.signature),
        ),
      )
    },
  }),
  control({
    id: 'operation.receipt',
    title: {
      zh: '双方均签名：客户签订单，服务器签回单',
      en: 'Both sign: the customer the order, the server the receipt',
    },
    clauses: ['D-5.6.2-d.1', 'A-7.2-1'],
    async check(system, evidence) {
      const { operation } = await system.fixtures.paid()
      const { receipt } = operation
      if (receipt === null) throw new Error('there is no receipt')
      const [row] = await system.database.rows<{ chain: Uint8Array[] }>(
        'anqu_channel',
        sql`select chain from key_material where kind = 'signing' or certificate is not null limit 1`,
      )
      const intermediates = [...(row?.chain ?? [])].map((der) => parseCertificate(der))
      const trust = { anchors: system.anchors, intermediates, atMs: system.clock.nowMs() }
      const facts = readReceipt(receipt, trust)
      evidence.holds('回单的签名与证书链有效', facts !== undefined, { fields: Object.keys(facts ?? {}) })
      evidence.holds(
        '回单写明业务、收款方、金额',
        facts?.['operationId'] === operation.operationId &&
          facts['amountFen'] === operation.amountFen &&
          facts['payee'] === operation.payee,
      )
      const bytes = Buffer.from(receipt.receipt, 'base64')
        .toString()
        .replace(/"amountFen":"[0-9]+"/, '"amountFen":"1"')
      const forged = readReceipt({ ...receipt, receipt: Buffer.from(bytes).toString('base64') }, trust)
      evidence.holds('改动金额的回单不再有效', forged === undefined)
      const [stored] = await system.database.rows<{ signature: Uint8Array | null }>(
        'anqu_channel',
        sql`select signature from operation where operation_id = ${operation.operationId}`,
      )
      evidence.holds('客户对订单的签名同时留存', stored?.signature?.length === 64)
    },
  }),
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
            signature: Buffer.from(oldSignature).toString('base64'),
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
            signature: Buffer.alloc(64, 1).toString('base64'),
          }),
        ['operation.not-found'],
      )
      await evidence.refused(
        '解除他人的设备',
        () => other.app.call(devicesRelease, { deviceId: customer.bound().deviceId }),
        ['device.not-bound', 'request.not-found'],
      )
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
