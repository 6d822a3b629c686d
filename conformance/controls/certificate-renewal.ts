import { paymentContainer, type RenewalStep } from '@anqu/client'
import { certificatesBeginRenewal } from '@anqu/contract'
import { policy } from '@anqu/policy'
import { sql } from '@anqu/platform'
import { SecureElementError } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'
import type { Customer } from '../system/customer.ts'
import type { Interference } from '../system/interference.ts'
import type { LiveSystem } from '../system/live-system.ts'

const dayMs = 86_400_000
const daysLeft = 20
const { validMs } = policy.certificate
/** Into the last days, inside the limit of the standard's "about to expire". */
const nearlyOver = validMs - daysLeft * dayMs - dayMs / 2
const waitMs = 20_000

type CaEvent = { event: string; outcome: string; serial: string | null }

const caEvents = (system: LiveSystem, correlationId: string): Promise<CaEvent[]> =>
  system.database.rows<CaEvent>(
    'anqu_ca',
    sql`select event, outcome, serial from ca_event where correlation_id = ${correlationId} order by event_id`,
  )

/** The state the CA has it in; orders of the channel travel in the background. */
async function stateAtCa(system: LiveSystem, serial: string, wanted: string): Promise<string> {
  const untilMs = system.clock.nowMs() + waitMs
  for (;;) {
    const [row] = await system.database.rows<{ state: string }>(
      'anqu_ca',
      sql`select state from certificate where serial = ${serial}`,
    )
    if (row?.state === wanted || system.clock.nowMs() > untilMs) return row?.state ?? 'none'
    await system.pause(250)
  }
}

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
  )

/** One call is carried out and its answer lost; everything else goes through. */
function losing(routeName: string): Interference {
  let lost = false
  return {
    async call(route, _input, proceed) {
      const answer = await proceed()
      if (lost || route.name !== routeName) return answer
      lost = true
      throw new Error('the answer was lost')
    },
  }
}

const serialsOnCard = async ({ app }: Customer): Promise<string[]> =>
  (await app.element.listCertificates())
    .filter(({ container }) => container === paymentContainer)
    .map(({ serialHex }) => serialHex)

export const certificateRenewalControls: readonly Control[] = [
  control({
    id: 'certificate-renewal.whole-flow',
    title: {
      zh: '验签返回临期码，客户端重新申请，新证书覆盖旧证书',
      en: 'Verification tells the end is near, the client applies again, the new certificate takes the place',
    },
    clauses: [
      'B-6.2.3-2',
      'B-6.2.3-3',
      'B-6.2.3-4',
      'B-6.2.3-4.s1',
      'B-6.2.3-4.s2',
      'B-6.2.3-4.s3',
      'B-6.2.3-4.s4',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const former = customer.bound().certificateSerial
      const early = await customer.pay()
      evidence.holds(
        '尚未临期：交易成功，没有临期码',
        early.operation.state === 'done' && customer.expiryNotices.length === 0,
      )
      await system.database.letCertificateAge(former, nearlyOver)
      evidence.note('将两系统登记的到期时间提前，距到期不足三十天', { daysLeft })
      const { operation } = await customer.pay()
      const verified = await caEvents(system, operation.operationId)
      evidence.holds(
        '第一步：业务系统在验签中调用认证系统的有效性接口',
        verified.some(({ event, serial }) => event === 'verified' && serial === former),
        { events: verified.map(({ event }) => event) },
      )
      const [notice] = customer.expiryNotices
      evidence.holds(
        '第二步：交易成功，同时返回临期码与剩余天数',
        operation.state === 'done' && notice?.certificateSerial === former && notice.daysLeft === daysLeft,
        { state: operation.state, daysLeft: notice?.daysLeft ?? -1 },
      )
      const before = await customer.app.element.publicKey(paymentContainer)
      const steps: RenewalStep[] = []
      await customer.renewCertificate((step) => steps.push(step))
      const renewed = customer.bound().certificateSerial
      evidence.holds(
        '第三步：客户端收到后重新执行申请流程',
        steps.join(' ') === 'begun key-pair request issued installed completed',
        { steps },
      )
      const after = await customer.app.element.publicKey(paymentContainer)
      const onCard = await serialsOnCard(customer)
      evidence.holds(
        '第四步：安全单元中只有新证书，密钥对是新的',
        onCard.length === 1 && onCard[0] === renewed && renewed !== former && !after.equals(before),
        { certificates: onCard.length },
      )
      const gone = await codeOf(customer.app.element.readCertificate(former))
      evidence.holds('旧证书读不到', gone === 'se.certificate-not-found', { met: gone })
      const state = await stateAtCa(system, former, 'revoked')
      evidence.holds('认证系统中旧证书已作废', state === 'revoked', { state })
      const paid = await customer.pay()
      evidence.holds(
        '以新证书交易成功，不再临期',
        paid.operation.state === 'done' && customer.expiryNotices.length === 1,
        { state: paid.operation.state },
      )
      const auditor = await system.fixtures.auditor()
      const [record] = await auditor.records({ event: 'certificate.renewal-installed' })
      const story = await auditor.records({ correlationId: record?.correlationId ?? '' })
      evidence.holds('更新的各步骤在同一关联号下可查', story.length >= 3, {
        events: story.map(({ event }) => event).toReversed(),
      })
    },
  }),
  control({
    id: 'certificate-renewal.cut-off',
    title: {
      zh: '更新中断后可继续，切换之前旧密钥始终可用，不重复签发',
      en: 'A renewal goes on after a cut; until the switch the old key works, and nothing is issued twice',
    },
    clauses: ['B-6.2.3-4'],
    shared: { 'B-6.2.3-4': 'there it runs through, here every answer is lost once' },
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const former = customer.bound().certificateSerial
      const renew = () => customer.renewCertificate(undefined, former)
      for (const route of [
        'certificates.begin-renewal',
        'certificates.renew',
        'certificates.complete-renewal',
      ]) {
        const cut = await system.disturbed(losing(route), () => codeOf(renew()))
        evidence.holds(`${route} 的应答丢失`, cut !== 'done', { met: cut })
        const [inUse = ''] = await serialsOnCard(customer)
        customer.device = { ...customer.bound(), certificateSerial: inUse }
        const { operation } = await system.undisturbed(() => customer.pay())
        evidence.holds('此时仍可交易', operation.state === 'done', {
          state: operation.state,
          switched: inUse !== former,
        })
      }
      await renew()
      const renewed = customer.bound().certificateSerial
      const rows = await system.database.rows<{ serial: string }>(
        'anqu_ca',
        sql`select serial from certificate where renews = ${former}`,
      )
      evidence.holds('继续后完成，只签发了一张新证书', rows.length === 1 && rows[0]?.serial === renewed, {
        issued: rows.length,
      })
    },
  }),
  control({
    id: 'certificate-renewal.regular',
    title: {
      zh: '证书须定期更新：过期后不能签名、不能续期，只能重新绑定',
      en: 'Certificates are renewed regularly: an expired one neither signs nor renews, only a new binding helps',
    },
    clauses: ['B-6.2.3-1'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const former = customer.bound().certificateSerial
      await system.database.letCertificateAge(former, validMs + dayMs)
      await evidence.refused('过期证书不能用于交易', () => customer.pay(), ['certificate.not-usable'])
      await evidence.refused(
        '过期证书不能续期',
        () => customer.app.call(certificatesBeginRenewal, { certificateSerial: former }),
        ['certificate.expired'],
      )
      await customer.bind()
      const renewed = customer.bound().certificateSerial
      evidence.holds('重新绑定得到新证书', renewed !== former)
      const { operation } = await customer.pay()
      evidence.holds('新证书可以交易', operation.state === 'done', { state: operation.state })
    },
  }),
]
