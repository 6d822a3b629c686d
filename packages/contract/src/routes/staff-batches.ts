import { z } from 'zod'
import { batchDecision, batchProblems, cardBatch, cardBatchFile } from '../card-batch.ts'
import { cursor } from '../values.ts'
import { person } from './staff-cards.ts'
import { staffRoute } from './staff-route.ts'

const batchView = cardBatch.extend({
  requestedBy: person,
  decidedBy: person.nullable(),
  /** The one who asks proposed it, so that another one approves it. */
  own: z.boolean(),
})

export const staffBatches = staffRoute({
  name: 'staff.card-batches',
  path: '/admin/v1/card-batches/list',
  session: 'required',
  zh: '实体卡批次',
  en: 'Batches of physical cards',
  input: z.strictObject({ cursor: cursor.optional(), limit: z.int().min(1).max(100) }),
  output: z.strictObject({ batches: z.array(batchView).max(100), nextCursor: cursor.nullable() }),
  clauses: ['B-7.2-17'],
})

export const staffProposeBatch = staffRoute({
  name: 'staff.propose-card-batch',
  path: '/admin/v1/card-batches/propose',
  session: 'required',
  zh: '提交制卡商的实体卡清单',
  en: 'Hand in a manufacturer’s list of physical cards; somebody else approves it',
  input: z.strictObject(cardBatchFile),
  /** No batch when a line is bad: nothing of the file was kept. */
  output: z.strictObject({ batch: batchView.nullable(), problems: batchProblems }),
  clauses: ['A-5.11-9', 'B-7.2-17'],
})

export const staffDecideBatch = staffRoute({
  name: 'staff.decide-card-batch',
  path: '/admin/v1/card-batches/decide',
  session: 'required',
  zh: '审批实体卡批次',
  en: 'Approve or refuse a batch of physical cards',
  input: z.strictObject(batchDecision),
  output: z.strictObject({ batch: batchView }),
  clauses: ['A-5.11-9'],
})
