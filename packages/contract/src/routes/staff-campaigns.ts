import { z } from 'zod'
import { atMs, cursor, id } from '../values.ts'
import { applicationId, cardId, person } from './staff-cards.ts'
import { staffRoute } from './staff-route.ts'

const campaignView = z.strictObject({
  campaignId: id,
  name: z.string(),
  applicationId,
  version: z.int(),
  state: z.enum(['proposed', 'running', 'paused', 'finished', 'rejected', 'cancelled']),
  requestedBy: person,
  approvedBy: person.nullable(),
  createdAtMs: atMs,
  progress: z.strictObject({
    cards: z.int(),
    waiting: z.int(),
    underWay: z.int(),
    done: z.int(),
    failed: z.int(),
  }),
  /** The one who asks proposed it, so that another one approves or refuses it. */
  own: z.boolean(),
})

export const staffCampaigns = staffRoute({
  name: 'staff.campaigns',
  path: '/admin/v1/campaigns/list',
  session: 'required',
  zh: '批量更新任务',
  en: 'Campaigns: one version for many cards',
  input: z.strictObject({ cursor: cursor.optional(), limit: z.int().min(1).max(100) }),
  output: z.strictObject({ campaigns: z.array(campaignView).max(100), nextCursor: cursor.nullable() }),
  clauses: ['B-6.1-1'],
})

export const staffProposeCampaign = staffRoute({
  name: 'staff.propose-campaign',
  path: '/admin/v1/campaigns/propose',
  session: 'required',
  zh: '申请批量更新',
  en: 'Propose to bring a version to every card that carries an older one',
  input: z.strictObject({ name: z.string().trim().min(2).max(80), applicationId, version: z.int() }),
  output: z.strictObject({ campaign: campaignView }),
  clauses: ['A-5.11-9'],
})

export const staffDecideCampaign = staffRoute({
  name: 'staff.decide-campaign',
  path: '/admin/v1/campaigns/decide',
  session: 'required',
  zh: '审批或停止批量更新',
  en: 'Approve, refuse, pause, resume or cancel a campaign',
  input: z.strictObject({
    campaignId: id,
    decision: z.enum(['approve', 'reject', 'pause', 'resume', 'cancel']),
  }),
  output: z.strictObject({ campaign: campaignView }),
  clauses: ['A-5.11-9'],
})

/** Why a card did not get its version, by its code in the catalogue of refusals. */
export const cardFailure = z.enum([
  'card.no-room',
  'card.package-refused',
  'card.command-refused',
  'card.not-authentic',
])

export const staffCampaignFailures = staffRoute({
  name: 'staff.campaign-failures',
  path: '/admin/v1/campaigns/failures',
  session: 'required',
  zh: '批量更新失败的卡片',
  en: 'Cards of a campaign that did not get their version, and why',
  input: z.strictObject({ campaignId: id, cursor: cursor.optional(), limit: z.int().min(1).max(100) }),
  output: z.strictObject({
    failures: z
      .array(z.strictObject({ cardId, reason: cardFailure, attempts: z.int(), lastAttemptAtMs: atMs }))
      .max(100),
    nextCursor: cursor.nullable(),
  }),
  clauses: ['B-6.1-6.s4'],
})

export const staffRetryCampaign = staffRoute({
  name: 'staff.retry-campaign',
  path: '/admin/v1/campaigns/retry',
  session: 'required',
  zh: '重试失败的卡片',
  en: 'Try one failed card of a campaign again, or all of them',
  /** Null for all that failed. */
  input: z.strictObject({ campaignId: id, cardId: cardId.nullable() }),
  output: z.strictObject({ campaign: campaignView }),
  clauses: ['A-5.11-9'],
})
