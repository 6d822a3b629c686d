import { provisionCard, serveCard } from '@anqu/client'
import { secureElementsProvision } from '@anqu/contract'
import { sql } from '@anqu/platform'
import { encodeCommand, parseResponse, SecureElementError } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'
import type { Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'

type Row = { readonly sequence: bigint; readonly step: number; readonly body: string }
type Step = {
  readonly step: number
  readonly from: string
  readonly to: string
  readonly outcome: string
  readonly detail: string
}

const wholeFlow = 17
const waitMs = 15_000

/** Steps of one correlation id, in the order of the TSM's chain; those of the channel arrive a moment later. */
export async function recordedSteps(
  system: LiveSystem,
  correlationId: string,
  last: number,
): Promise<Step[]> {
  const untilMs = system.clock.nowMs() + waitMs
  for (;;) {
    const steps = await stepsNow(system, correlationId)
    if (steps.some(({ step }) => step === last) || system.clock.nowMs() > untilMs) return steps
    await system.pause(300)
  }
}

async function stepsNow(system: LiveSystem, correlationId: string): Promise<Step[]> {
  const rows = await system.database.rows<Row>(
    'anqu_tsm',
    sql`select sequence, step, body from step_record
      where correlation_id = ${correlationId} and step is not null order by sequence`,
  )
  // Written by the TSM and hashed; its form is in apps/tsm.
  return rows.map(({ body }) => JSON.parse(body) as Step)
}

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) =>
      error instanceof SecureElementError || (error instanceof Error && 'code' in error)
        ? String(Reflect.get(error, 'code'))
        : String(error),
  )

const clientOf = ({ app }: Customer) => ({ ...app.client, call: app.call.bind(app) })

async function bare(
  customer: Customer,
  command: { ins: number; p1: number; data?: Uint8Array },
): Promise<string> {
  const { ins, p1, data = new Uint8Array(0) } = command
  const apdu = encodeCommand({ cla: ins === 0xa4 ? 0 : 0x80, ins, p1, p2: 0, data, ne: 256 })
  return parseResponse(await customer.app.card.relay(apdu)).statusWord.toString(16)
}

export const tsmControls: readonly Control[] = [
  control({
    id: 'tsm.whole-flow',
    title: {
      zh: '从应用下载、安装、个人化到完成交易的十七个步骤在同一关联号下可查',
      en: 'All 17 steps from download to a finished transaction under one correlation id',
    },
    clauses: [
      'B-6.1-6',
      'B-6.1-6.s1',
      'B-6.1-6.s2',
      'B-6.1-6.s3',
      'B-6.1-6.s4',
      'B-6.1-6.s5',
      'B-6.1-6.s6',
      'B-6.1-6.s7',
      'B-6.1-6.s8',
      'B-6.1-6.s9',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { bindingId } = customer.bound()
      const { operation } = await customer.pay()
      evidence.holds('客户完成了一笔交易', operation.state === 'done', { state: operation.state })
      const steps = await recordedSteps(system, bindingId, wholeFlow)
      const first = Array.from({ length: wholeFlow }, (_, at) =>
        steps.findIndex(({ step }) => step === at + 1),
      )
      evidence.holds('十七个步骤均有记录', !first.includes(-1), { recorded: steps.map(({ step }) => step) })
      evidence.holds(
        '各步骤依次发生',
        first.every((place, at) => at === 0 || place > (first[at - 1] ?? -1)),
        { places: first },
      )
      for (const { step, from, to, outcome } of steps)
        evidence.holds(`第${step}步：${from} → ${to}`, outcome === 'success', { outcome })
    },
  }),
  control({
    id: 'tsm.authentication-first',
    title: {
      zh: '身份认证通过之后TSM才下发应用',
      en: 'The TSM hands an application out only after authentication',
    },
    clauses: ['B-6.1-3'],
    async check(system, evidence) {
      const stranger = await system.fixtures.newcomer()
      const customer = await system.fixtures.freshLoggedIn()
      const begun = await system.undisturbed(() => customer.beginBinding())
      const ask = (who: Customer, bindingId: string) =>
        who.app.call(secureElementsProvision, {
          bindingId,
          keyInformation: 'AA==',
          deliverTo: Buffer.from(who.app.key.publicKey.bytes).toString('base64'),
        })
      await evidence.refused('未登录者索取应用', () => ask(stranger, begun.bindingId), ['session.required'])
      await evidence.refused('未经短信验证的索取', () => ask(customer, crypto.randomUUID()), [
        'device.binding-failed',
        'request.malformed',
      ])
      const other = await system.fixtures.freshLoggedIn()
      await evidence.refused('以他人的绑定索取', () => ask(other, begun.bindingId), ['device.binding-failed'])
      const before = await stepsNow(system, begun.bindingId)
      evidence.holds('以上均未下发应用', before.length === 0, { steps: before.map(({ step }) => step) })
      await system.undisturbed(() => customer.provision(begun.bindingId))
      const after = await recordedSteps(system, begun.bindingId, 4)
      evidence.holds(
        '认证通过后下发并安装',
        [2, 3, 4].every((wanted) => after.some(({ step }) => step === wanted)),
        { steps: after.map(({ step }) => step) },
      )
    },
  }),
  control({
    id: 'tsm.certificate-before-use',
    title: {
      zh: '应用下载后须申请并安装证书方可使用；亦可预置',
      en: 'A downloaded application signs only once its certificate is installed; preset ones exist too',
    },
    clauses: ['B-6.1-4', 'B-6.1-2'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const { app, person } = customer
      const absent = await codeOf(app.element.status())
      evidence.holds('下载之前卡上没有应用', absent === 'se.not-installed', { met: absent })
      const begun = await system.undisturbed(() => customer.beginBinding())
      await system.undisturbed(async () => {
        await customer.provision(begun.bindingId)
        await app.element.setPin(person.pin)
        await app.element.generateKeyPair('unused', person.pin)
      })
      const early = await codeOf(app.element.sign('unused', person.pin, new Uint8Array(4)))
      evidence.holds('安装证书之前不能签名', early === 'se.certificate-missing', { met: early })
      const preset = await system.newInstallation('preinstalled')
      const { pinSet } = await preset.element.status()
      evidence.holds('应用也可预置于安全单元', !pinSet)
    },
  }),
  control({
    id: 'tsm.life-cycle',
    title: {
      zh: '应用的安装、续装、锁定均由TSM授权，卡上不留半装状态',
      en: 'The TSM alone installs, resumes and locks, and no card is left half installed',
    },
    clauses: ['B-6.1-1', 'B-7.2-17'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      await bare(customer, { ins: 0xa4, p1: 4 })
      const install = await bare(customer, { ins: 0xe6, p1: 2, data: new Uint8Array(8) })
      evidence.holds('未经TSM授权不能安装', install === '6982', { statusWord: install })
      const begun = await system.undisturbed(() => customer.beginBinding())
      const sent = { count: 0 }
      const cutAfter = 8
      await system.disturbed(
        {
          async card(_command, proceed) {
            sent.count += 1
            if (sent.count > cutAfter) throw new Error('the connection is cut')
            return proceed()
          },
        },
        () => codeOf(provisionCard(clientOf(customer), customer.app.card, begun.bindingId)),
      )
      evidence.holds('安装中途断开', sent.count > cutAfter, { commands: cutAfter })
      await customer.app.card.reset()
      await customer.provision(begun.bindingId)
      await customer.app.element.setPin(customer.person.pin)
      evidence.holds('重连后续装完成，应用可用', (await customer.app.element.status()).pinSet)
      const ready = await system.fixtures.freshReady()
      const elsewhere = await ready.elsewhere()
      await elsewhere.login()
      await elsewhere.releaseDevice(ready.bound().deviceId)
      const locked = await servedUntilLocked(system, ready)
      evidence.holds('挂失后TSM在下次联系时锁定应用', locked === 'locked', { state: locked })
      const use = await codeOf(ready.app.element.status())
      evidence.holds('锁定的应用不能使用', use === 'se.locked', { met: use })
    },
  }),
]

/** The lock order travels from the channel to the TSM in the background; the device asks until it meets it. */
async function servedUntilLocked(system: LiveSystem, customer: Customer): Promise<string> {
  const untilMs = system.clock.nowMs() + waitMs
  for (;;) {
    const result = await serveCard(clientOf(customer), customer.app.card)
    if (result !== undefined || system.clock.nowMs() > untilMs) return result?.applicationState ?? 'nothing'
    await system.pause(300)
  }
}
