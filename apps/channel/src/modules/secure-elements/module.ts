import {
  Refusal,
  secureElementsContinue,
  secureElementsProvision,
  secureElementsServe,
  type OutputOf,
} from '@anqu/contract'
import {
  ServiceRefused,
  ServiceUnavailable,
  sql,
  uuidv7,
  type Clock,
  type Db,
  type Transaction,
} from '@anqu/platform'
import { bind, customerOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import { applicationRoutes } from './application-routes.ts'
import { batchRoutes } from './batch-routes.ts'
import { campaignRoutes } from './campaign-routes.ts'
import type { CardOffice } from './card-office.ts'
import { cardRoutes } from './card-routes.ts'
import { masterKeyRoutes } from './master-key-routes.ts'
import type { Script, ServiceManager, StepReport } from './service-manager.ts'
import type { CardStaffNeeds } from './staff-needs.ts'
import { createFlowSteps, type FlowSteps } from './steps.ts'

export type SecureElements = Pick<FlowSteps, 'following' | 'verifying'> & {
  readonly routes: BoundRoute[]
  /** Throws unless the secure element of this binding was provisioned. */
  assertProvisioned(bindingId: string): Promise<void>
  /** Locks the cards of a client instance at their next contact; sent until the TSM has taken it. */
  lostIn(
    tx: Transaction,
    lost: { accountId: string; clientKeyId: string; reason: string; correlationId: string },
  ): Promise<void>
  /** Sends what waits for the TSM. */
  send(): Promise<void>
}

export type SecureElementNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly audit: AuditLog
  readonly manager: ServiceManager
  readonly office: CardOffice
  readonly staffNames: CardStaffNeeds['staffNames']
  /** Throws unless this binding is open, of this customer and this client instance. */
  readonly assertBinding: (bindingId: string, context: RequestContext) => Promise<void>
}

const reportBatch = 100
const lostBatch = 20

/** The way between a client's card and the TSM: who may ask for what is decided here, what it says is not read. */
export function createSecureElements(needs: SecureElementNeeds): SecureElements {
  const { db, clock, manager } = needs
  const steps = createFlowSteps(needs)
  return {
    following: steps.following,
    verifying: steps.verifying,
    async assertProvisioned(bindingId) {
      const flow = await db.maybe<{ state: string }>(
        sql`select state from se_flow where correlation_id = ${bindingId}`,
      )
      if (flow === undefined || flow.state === 'requested') throw new Refusal('card.not-provisioned')
    },
    async lostIn(tx, { accountId, clientKeyId, reason, correlationId }) {
      await tx.execute(sql`
        insert into se_lost (lost_id, account_id, client_key_id, reason, correlation_id)
        values (${uuidv7(clock.nowMs())}, ${accountId}, ${clientKeyId}, ${reason}, ${correlationId})`)
    },
    async send() {
      await sendLost(needs)
      await sendReports(needs)
    },
    routes: [
      ...cardRoutes(needs),
      ...applicationRoutes(needs),
      ...campaignRoutes(needs),
      ...batchRoutes(needs),
      ...masterKeyRoutes(needs),
      bind(secureElementsProvision, async ({ bindingId, ...card }, context) => {
        const { accountId } = customerOf(context)
        // B-6.1-6 step 2: nothing is handed out before the holder was authenticated, by session and code.
        await needs.assertBinding(bindingId, context)
        await steps.begin({ correlationId: bindingId, accountId, clientKeyId: context.clientKeyId })
        const script = await asRefusal(() =>
          manager.begin({
            ...card,
            correlationId: bindingId,
            holder: accountId,
            instance: context.clientKeyId,
            goal: 'provision',
          }),
        )
        return published(script)
      }),
      bind(secureElementsServe, async (card, context) =>
        published(
          await asRefusal(() =>
            manager.begin({
              ...card,
              correlationId: uuidv7(clock.nowMs()),
              holder: context.customer?.accountId ?? null,
              instance: context.clientKeyId,
              goal: 'serve',
            }),
          ),
        ),
      ),
      bind(secureElementsContinue, async (input, context) => {
        const script = await asRefusal(() => manager.continue({ ...input, instance: context.clientKeyId }))
        if (script.result?.clientKeys) await provisioned(needs, script, context)
        return published(script)
      }),
    ],
  }
}

/** The card of this instance's open flow is ready: from here on a certificate may be asked for. */
async function provisioned(
  { db, audit }: SecureElementNeeds,
  { result }: Script,
  context: RequestContext,
): Promise<void> {
  await db.transaction(async (tx) => {
    const flow = await tx.maybe<{ correlation_id: string; account_id: string }>(sql`
      update se_flow set state = 'provisioned' where correlation_id = (
        select correlation_id from se_flow where client_key_id = ${context.clientKeyId}
        order by correlation_id desc limit 1) and state = 'requested'
      returning correlation_id, account_id`)
    if (flow === undefined) return
    await audit.recordIn(tx, {
      event: 'secure-element.provisioned',
      eventClass: 'device',
      outcome: 'success',
      subject: flow.account_id,
      description: 'The TSM installed and personalised the application of the secure element',
      origin: context.origin,
      resource: `card:${result?.cardId ?? ''}`,
      correlationId: flow.correlation_id,
      fields: { packageVersion: String(result?.packageVersion ?? '') },
    })
  })
}

function published({ result, ...script }: Script): OutputOf<typeof secureElementsContinue> {
  if (result === null) return { ...script, result: null }
  const { cardId, packageVersion, applicationState, clientKeys } = result
  return { ...script, result: { cardId, packageVersion, applicationState, clientKeys } }
}

/** What the TSM does not do, in words for customers; why is in its own records. */
async function asRefusal<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ServiceUnavailable) throw new Refusal('server.unavailable', error.message)
    if (!(error instanceof ServiceRefused)) throw error
    throw new Refusal(error.code === 'script-superseded' ? 'card.superseded' : 'card.refused', error.code)
  }
}

async function sendReports({ db, manager }: SecureElementNeeds): Promise<void> {
  for (;;) {
    const rows = await db.query<{ report_id: string; body: StepReport }>(
      sql`select report_id, body from se_step_report order by report_id limit ${reportBatch}`,
    )
    if (rows.length === 0) return
    await manager.report({ reports: rows.map(({ body }) => body) })
    const sent = rows.map(({ report_id: id }) => id)
    await db.execute(sql`delete from se_step_report where report_id = any(${sent}::uuid[])`)
    if (rows.length < reportBatch) return
  }
}

async function sendLost({ db, manager }: SecureElementNeeds): Promise<void> {
  const rows = await db.query<{
    lost_id: string
    account_id: string
    client_key_id: string
    reason: string
    correlation_id: string
  }>(
    sql`select lost_id, account_id, client_key_id, reason, correlation_id from se_lost order by lost_id limit ${lostBatch}`,
  )
  for (const row of rows) {
    const { account_id: holder, client_key_id: instance, reason, correlation_id: correlationId } = row
    await manager.lost({ holder, instance, reason, correlationId })
    await db.execute(sql`delete from se_lost where lost_id = ${row.lost_id}`)
  }
}
