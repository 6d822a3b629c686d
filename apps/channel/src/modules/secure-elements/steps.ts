import { sql, uuidv7, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { AuditEvent, AuditLog } from '../../needs/audit.ts'
import type { StepReport } from './service-manager.ts'

type Step = { readonly step: number; readonly event: string; readonly from: string; readonly to: string }

const [client, channel, ca, se] = ['client', 'channel', 'ca', 'se']

/** Steps of B-6.1-6 that the TSM does not see itself: 5 to 17. */
const steps = {
  personalisation: [{ step: 5, event: 'personalisation.requested', from: client, to: channel }],
  issuing: [
    { step: 6, event: 'certificate.applied', from: channel, to: ca },
    { step: 7, event: 'certificate.issued', from: ca, to: channel },
  ],
  delivered: [{ step: 8, event: 'certificate.delivered', from: channel, to: client }],
  installed: [{ step: 9, event: 'certificate.installed', from: client, to: se }],
  transaction: [
    { step: 10, event: 'transaction.requested', from: client, to: channel },
    { step: 11, event: 'transaction.answered', from: channel, to: client },
  ],
  signed: [
    { step: 12, event: 'signature.requested', from: client, to: se },
    { step: 13, event: 'signature.made', from: se, to: client },
    { step: 14, event: 'transaction.confirmed', from: client, to: channel },
    { step: 15, event: 'signature.submitted', from: channel, to: ca },
  ],
  verified: [{ step: 16, event: 'signature.verified', from: ca, to: channel }],
  finished: [{ step: 17, event: 'transaction.result', from: channel, to: client }],
} as const satisfies Record<string, readonly Step[]>

/** What the audit log hears of the binding, step by step, under the binding's id. */
const ofBinding: Readonly<Record<string, readonly Step[]>> = {
  'device.request-received': steps.personalisation,
  'certificate.issued': steps.issuing,
  'device.certificate-returned': steps.delivered,
  'device.certificate-installed': steps.installed,
}

export type FlowSteps = {
  begin(flow: { correlationId: string; accountId: string; clientKeyId: string }): Promise<void>
  /** An audit log that also follows the flow of B-6.1. */
  following(audit: AuditLog): AuditLog
  /** Around the verification of an operation's signature by the CA: steps 12 to 16. */
  verifying<T>(operationId: string, verify: () => Promise<T>): Promise<T>
}

type About = {
  readonly steps: readonly Step[]
  readonly outcome: 'success' | 'failure'
  readonly detail: string
}
type Needs = { readonly db: Db; readonly clock: Clock }

/** Follows each application from its download to its first transaction; the reports wait for the TSM in this database. */
export function createFlowSteps(needs: Needs): FlowSteps {
  const { db, clock } = needs
  return {
    async begin({ correlationId, accountId, clientKeyId }) {
      await db.execute(sql`
        insert into se_flow (correlation_id, account_id, client_key_id, state, created_at_ms)
        values (${correlationId}, ${accountId}, ${clientKeyId}, 'requested', ${clock.nowMs()}) on conflict do nothing`)
    },
    following: (audit) => ({
      async record(event) {
        await audit.record(event)
        if (isFollowed(event)) await db.transaction((tx) => observe(tx, clock, event))
      },
      async recordIn(tx, event) {
        await audit.recordIn(tx, event)
        if (isFollowed(event)) await observe(tx, clock, event)
      },
    }),
    verifying: (operationId, verify) => verifying(needs, operationId, verify),
  }
}

const isFollowed = ({ event }: AuditEvent): boolean =>
  event in ofBinding || ['device.bound', 'operation.prepared', 'payment.done'].includes(event)

const flowOf = (tx: Queryable, operationId: string) =>
  tx.maybe<{ correlation_id: string }>(
    sql`select correlation_id from se_flow where operation_id = ${operationId} and state <> 'complete'`,
  )

async function add(tx: Queryable, clock: Clock, correlationId: string, about: About): Promise<void> {
  const { outcome, detail } = about
  for (const step of about.steps) {
    const atMs = clock.nowMs()
    const report: StepReport = { reportId: uuidv7(atMs), correlationId, ...step, outcome, detail, atMs }
    await tx.execute(
      sql`insert into se_step_report (report_id, body) values (${report.reportId}, ${JSON.stringify(report)}::jsonb)`,
    )
  }
}

async function observe(tx: Queryable, clock: Clock, event: AuditEvent): Promise<void> {
  const { correlationId, outcome } = event
  const known = ofBinding[event.event]
  if (known !== undefined)
    await add(tx, clock, correlationId, { steps: known, outcome, detail: event.resource })
  if (event.event === 'device.bound')
    await tx.execute(
      sql`update se_flow set state = 'bound' where correlation_id = ${correlationId} and state = 'provisioned'`,
    )
  if (event.event === 'operation.prepared') await join(tx, clock, event)
  if (event.event === 'payment.done') await complete(tx, clock, event)
}

/** The first operation after a binding is the transaction of its flow. */
async function join(tx: Queryable, clock: Clock, event: AuditEvent): Promise<void> {
  const { correlationId: operationId, subject, outcome } = event
  const flow = await tx.maybe<{ correlation_id: string }>(sql`
    update se_flow set operation_id = ${operationId}::uuid, state = 'transacting' where correlation_id = (
      select correlation_id from se_flow where account_id = ${subject}::uuid and state = 'bound'
      order by correlation_id desc limit 1)
    returning correlation_id`)
  if (flow === undefined) return
  const detail = `operation ${operationId}`
  await add(tx, clock, flow.correlation_id, { steps: steps.transaction, outcome, detail })
}

async function complete(tx: Queryable, clock: Clock, event: AuditEvent): Promise<void> {
  const { correlationId: operationId, outcome } = event
  const flow = await flowOf(tx, operationId)
  if (flow === undefined) return
  const detail = `operation ${operationId}`
  await add(tx, clock, flow.correlation_id, { steps: steps.finished, outcome, detail })
  await tx.execute(sql`update se_flow set state = 'complete' where correlation_id = ${flow.correlation_id}`)
}

async function verifying<T>({ db, clock }: Needs, operationId: string, verify: () => Promise<T>): Promise<T> {
  const flow = await flowOf(db, operationId)
  if (flow === undefined) return verify()
  const detail = `operation ${operationId}`
  const report = (of: readonly Step[], outcome: 'success' | 'failure'): Promise<void> =>
    db.transaction((tx) => add(tx, clock, flow.correlation_id, { steps: of, outcome, detail }))
  await report(steps.signed, 'success')
  try {
    const verdict = await verify()
    await report(steps.verified, 'success')
    return verdict
  } catch (error) {
    await report(steps.verified, 'failure')
    throw error
  }
}
