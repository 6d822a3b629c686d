import {
  Refusal,
  staffDecideWarning,
  staffProposeWarning,
  staffWarnings,
  warningsList,
  type OutputOf,
} from '@anqu/contract'
import { sql, uuidv7, type Sql, type Transaction } from '@anqu/platform'
import { bind, staffOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import type { AuditEvent } from '../../needs/audit.ts'
import type { Audience, WarningsNeeds } from './needs.ts'
import { spreadWarnings, textOf } from './spread.ts'

export type Warnings = { readonly routes: BoundRoute[]; spread(): Promise<void> }

type View = OutputOf<typeof staffWarnings>['warnings'][number]
type Row = {
  warning_id: string
  severity: View['severity']
  audience: Audience
  body: string
  state: View['state']
  proposed_by: string
  proposed_at_ms: bigint
  decided_by: string | null
  published_at_ms: bigint | null
  customers: bigint
  sent: bigint
  waiting: bigint
  unreachable: bigint
}
const shown = 50
const acting = ['operator', 'administrator'] as const

/** Warnings about defects and threats: written by one, published by another, told to every affected customer once. */
export function createWarnings(needs: WarningsNeeds): Warnings {
  return {
    spread: () => spreadWarnings(needs),
    routes: [
      bind(warningsList, async () => {
        const rows = await read(needs, sql`state = 'published'`)
        return {
          warnings: rows.map((row) => ({
            warningId: row.warning_id,
            severity: row.severity,
            ...textOf(row.body),
            publishedAtMs: Number(row.published_at_ms),
          })),
        }
      }),
      ...staffRoutes(needs),
    ],
  }
}

function staffRoutes(needs: WarningsNeeds): BoundRoute[] {
  const { db, clock } = needs
  return [
    bind(staffWarnings, async (_input, context) => {
      const { staffId } = staffOf(context, [...acting, 'auditor'])
      return { warnings: await describe(needs, staffId, sql`true`) }
    }),
    bind(staffProposeWarning, async ({ severity, audience, ...text }, context) => {
      const { staffId } = staffOf(context, acting)
      const warningId = uuidv7(clock.nowMs())
      await db.transaction(async (tx) => {
        await tx.execute(sql`
          insert into security_warning (warning_id, severity, audience, body, state, proposed_by, proposed_at_ms)
          values (${warningId}, ${severity}, ${audience}, ${JSON.stringify(text)}, 'proposed', ${staffId}, ${clock.nowMs()})`)
        await record(needs, tx, { warningId, staffId, context, event: 'staff.warning-proposed' })
      })
      return { warning: await one(needs, staffId, warningId) }
    }),
    bind(staffDecideWarning, async ({ warningId, decision }, context) => {
      const { staffId } = staffOf(context, acting)
      await db.transaction(async (tx) => {
        const row = await tx.maybe<{ proposed_by: string }>(sql`
          select proposed_by from security_warning where warning_id = ${warningId} and state = 'proposed' for update`)
        if (row === undefined) throw new Refusal('approval.closed')
        if (decision === 'publish' && row.proposed_by === staffId) throw new Refusal('approval.own')
        const publish = decision === 'publish'
        await tx.execute(sql`
          update security_warning set state = ${publish ? 'published' : 'rejected'}, decided_by = ${staffId},
            published_at_ms = ${publish ? clock.nowMs() : null} where warning_id = ${warningId}`)
        const event = publish ? 'staff.warning-published' : 'staff.warning-rejected'
        await record(needs, tx, { warningId, staffId, context, event })
      })
      return { warning: await one(needs, staffId, warningId) }
    }),
  ]
}

const descriptions = {
  'staff.warning-proposed': 'Security warning written',
  'staff.warning-published': 'Security warning published; affected customers are told',
  'staff.warning-rejected': 'Security warning rejected',
} as const

const record = (
  { audit }: WarningsNeeds,
  tx: Transaction,
  act: {
    warningId: string
    staffId: string
    context: RequestContext
    event: keyof typeof descriptions
  },
): Promise<void> =>
  audit.recordIn(tx, {
    event: act.event,
    eventClass: 'staff',
    outcome: 'success',
    subject: act.staffId,
    description: descriptions[act.event],
    origin: act.context.origin,
    resource: `warning:${act.warningId}`,
    correlationId: act.warningId,
  } satisfies AuditEvent)

const read = ({ db }: WarningsNeeds, which: Sql): Promise<Row[]> =>
  db.query<Row>(sql`
    select w.warning_id, severity, audience, body, w.state, proposed_by, proposed_at_ms, decided_by, published_at_ms,
      count(distinct n.account_id) as customers, count(*) filter (where n.state = 'sent') as sent,
      count(*) filter (where n.state = 'waiting') as waiting, count(*) filter (where n.state = 'unreachable') as unreachable
    from (select * from security_warning where ${which} order by coalesce(published_at_ms, proposed_at_ms) desc limit ${shown}) w
    left join warning_notice n using (warning_id)
    group by w.warning_id, severity, audience, body, w.state, proposed_by, proposed_at_ms, decided_by, published_at_ms
    order by coalesce(published_at_ms, proposed_at_ms) desc`)

async function one(needs: WarningsNeeds, staffId: string, warningId: string): Promise<View> {
  const [view] = await describe(needs, staffId, sql`warning_id = ${warningId}`)
  if (view === undefined) throw new Error('a warning that was just written is gone')
  return view
}

async function describe(needs: WarningsNeeds, staffId: string, which: Sql): Promise<View[]> {
  const rows = await read(needs, which)
  const people = rows.flatMap((row) => [
    row.proposed_by,
    ...(row.decided_by === null ? [] : [row.decided_by]),
  ])
  const names = await needs.staffNames([...new Set(people)])
  const person = (id: string) => ({ staffId: id, name: names.get(id) ?? id })
  return rows.map((row) => ({
    warningId: row.warning_id,
    severity: row.severity,
    audience: row.audience,
    ...textOf(row.body),
    state: row.state,
    proposedBy: person(row.proposed_by),
    proposedAtMs: Number(row.proposed_at_ms),
    decidedBy: row.decided_by === null ? null : person(row.decided_by),
    publishedAtMs: row.published_at_ms === null ? null : Number(row.published_at_ms),
    own: row.proposed_by === staffId,
    notices: {
      customers: Number(row.customers),
      sent: Number(row.sent),
      waiting: Number(row.waiting),
      unreachable: Number(row.unreachable),
    },
  }))
}
