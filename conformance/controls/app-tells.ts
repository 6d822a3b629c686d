import { operationsConfirm, sm2Signature } from '@anqu/contract'
import { paymentContainer } from '@anqu/client'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { AppInHand, readyForApp, type ToldOutcome } from '../system/app-in-hand.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { inBrowser } from './in-browser.ts'
import { bytesOf, debits } from './operation-books.ts'

type Held = {
  state: string
  payee: string
  amount_fen: bigint
  bank_reference: string
  policy_number: string
}

/** What the business system itself holds about an operation. */
async function heldByServer(system: LiveSystem, operationId: string): Promise<Held | undefined> {
  const [operation] = await system.database.rows<Omit<Held, 'bank_reference' | 'policy_number'>>(
    'anqu_channel',
    sql`select state, payee, amount_fen from operation where operation_id = ${operationId}`,
  )
  const [debit] = await system.database.rows<{ bank_reference: string }>(
    'anqu_bank',
    sql`select bank_reference from debit where idempotency_key like ${`${operationId}:%`}`,
  )
  const [policy] = await system.database.rows<{ policy_number: string }>(
    'anqu_channel',
    sql`select policy_number from insurance_policy where account_id =
      (select account_id from operation where operation_id = ${operationId})`,
  )
  return (
    operation && {
      ...operation,
      bank_reference: debit?.bank_reference ?? '',
      policy_number: policy?.policy_number ?? '',
    }
  )
}

const yuan = (fen: bigint): string => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`

/** Devices in use with a certificate in use, bound since a moment. */
async function boundSince(system: LiveSystem, sinceMs: number): Promise<number> {
  const rows = await system.database.rows<{ device_id: string }>(
    'anqu_channel',
    sql`select d.device_id from device d join certificate c on c.serial = d.certificate_serial
      where d.state = 'active' and c.state = 'active' and d.bound_at_ms >= ${sinceMs}`,
  )
  return rows.length
}

async function toldAsHeld(system: LiveSystem, evidence: Evidence, told: ToldOutcome): Promise<string> {
  const operationId = told.facts['业务编号'] ?? ''
  const held = await heldByServer(system, operationId)
  evidence.holds(
    '交易完成后，页面告知结果，与业务系统所存一致',
    held?.state === 'done' && told.status === '已完成',
    { told: told.status, held: held?.state ?? 'none' },
  )
  evidence.holds(
    '页面所示金额、收款方、银行流水号、保单号与业务系统及银行一致',
    held !== undefined &&
      told.amount.replaceAll(/[¥\s,]/g, '') === yuan(held.amount_fen) &&
      told.facts['收款方'] === held.payee &&
      told.facts['银行流水号'] === held.bank_reference &&
      told.facts['保单号'] === held.policy_number,
    { amount: told.amount, facts: Object.keys(told.facts) },
  )
  return operationId
}

/** The steps between request and answer, each left by the system it happens in, under one number. */
async function traced(system: LiveSystem, evidence: Evidence, operationId: string): Promise<void> {
  const auditor = await system.fixtures.auditor()
  const story = (await auditor.records({ correlationId: operationId })).map(({ event }) => event)
  const wanted = ['operation.prepared', 'operation.authorised', 'payment.done']
  const verified = await verdicts(system, operationId)
  evidence.holds(
    '各步骤在同一业务编号下可查，验签由认证系统作出',
    wanted.every((event) => story.includes(event)) && verified.join() === 'good',
    { events: story.toReversed(), verified },
  )
}

const verdicts = async (system: LiveSystem, operationId: string): Promise<string[]> =>
  (
    await system.database.rows<{ outcome: string; event: string }>(
      'anqu_ca',
      sql`select event, outcome from ca_event where correlation_id = ${operationId} and event = 'verified'`,
    )
  ).map(({ outcome }) => outcome)

/** A signature over other data than the order: the flow ends where the CA verifies. */
async function tampered(system: LiveSystem, evidence: Evidence): Promise<void> {
  const customer = await system.fixtures.freshReady()
  const { prepared, code, picture } = await customer.challenged()
  const { operationId } = prepared.operation
  const other = bytesOf(prepared.order)
  other.set([(other.at(-2) ?? 0) ^ 1], other.length - 2)
  const signature = await customer.app.element.sign(paymentContainer, customer.person.pin, other)
  await evidence.refused(
    '被签数据改动一位，到验签为止',
    () =>
      customer.app.call(operationsConfirm, {
        operationId,
        otpId: code.otpId,
        otp: code.otp,
        ...picture,
        order: prepared.order,
        certificateSerial: customer.bound().certificateSerial,
        signature: sm2Signature(signature),
      }),
    ['operation.signature-rejected'],
  )
  const met = await verdicts(system, operationId)
  evidence.holds('认证系统判定签名不符', met.length === 1 && met[0] !== 'good', { met })
  evidence.holds('没有扣款', (await debits(system, operationId)).length === 0)
}

export const appTellsControls: readonly Control[] = [
  control({
    id: 'app-tells.certificate-application',
    title: {
      zh: '证书申请完成后应用告知用户，未完成时不得称已完成',
      en: 'The app tells the user that the certificate application is complete, and not before it is',
    },
    clauses: ['B-6.2.2-2.s10'],
    check: (system, evidence) =>
      inBrowser(system, async ({ browser, appUrl }) => {
        const person = await readyForApp(system)
        const sinceMs = system.clock.nowMs()
        const app = await AppInHand.open(system, browser, { url: appUrl, person })
        await app.login()
        const completing = '**/api/v1/devices/complete-binding'
        await app.page.route(completing, (route) => route.abort(), { times: 8 })
        await app.bind()
        evidence.holds('最后一步未得到业务系统确认：页面说明未完成', await app.sees('绑定未完成'))
        evidence.holds('业务系统中设备尚未生效', (await boundSince(system, sinceMs)) === 0)
        evidence.holds('此时不称已完成', (await app.page.getByText('证书申请已完成').count()) === 0)
        await app.page.unroute(completing)
        await app.press('重试')
        await app.enterPin()
        evidence.holds('完成后页面告知用户', await app.sees('证书申请已完成'))
        evidence.holds('业务系统中此时证书与设备已生效', (await boundSince(system, sinceMs)) === 1)
      }),
  }),
  control({
    id: 'app-tells.payment-result',
    title: {
      zh: '签名验签全流程之后，应用告知用户交易结果，与业务系统一致',
      en: 'After the whole flow of signing and verification the app tells the result the server holds',
    },
    clauses: ['B-6.2.5-1', 'B-6.2.5-1.s9'],
    check: (system, evidence) =>
      inBrowser(system, async ({ browser, appUrl }) => {
        const app = await AppInHand.readyToPay(system, browser, appUrl)
        await app.pay()
        await traced(system, evidence, await toldAsHeld(system, evidence, await app.told('已完成')))
        await app.press('回到首页')
        await app.insure()
        await system.bankFault({ fault: 'wrong-amount', times: 1, on: ['debit'] })
        await app.pay()
        const told = await app.told('人工复核中').finally(() => system.bankFault(undefined))
        const held = await heldByServer(system, told.facts['业务编号'] ?? '')
        evidence.holds(
          '银行答复与订单不符而挂起：页面说明正在复核，不称已完成',
          held?.state === 'held' && told.status === '人工复核中' && told.notice.includes('工作人员复核'),
          { told: told.status, held: held?.state ?? 'none' },
        )
        await tampered(system, evidence)
      }),
  }),
]
