import { z } from 'zod'
import { atMs, cursor, id } from '../values.ts'
import { person } from './staff-cards.ts'
import { staffRoute } from './staff-route.ts'

const batchView = z.strictObject({
  batchId: id,
  name: z.string(),
  /** SM3 of the file, by which the second officer compares it with the manufacturer's. */
  fileHash: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(['proposed', 'enrolled', 'rejected']),
  cards: z.int(),
  requestedBy: person,
  requestedAtMs: atMs,
  decidedBy: person.nullable(),
  /** The one who asks proposed it, so that another one approves it. */
  own: z.boolean(),
})

export const batchLineReason = z.enum([
  'header',
  'no-cards',
  'too-many',
  'columns',
  'card-id',
  'key-set',
  'transport-keys',
  'duplicate',
  'enrolled',
])

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
  /** Lines of `card_id,key_set,transport_keys` under that header, at most 500 cards. */
  input: z.strictObject({ name: z.string().trim().min(2).max(80), file: z.string().min(1).max(160_000) }),
  /** No batch when a line is bad: nothing of the file was kept. */
  output: z.strictObject({
    batch: batchView.nullable(),
    problems: z.array(z.strictObject({ line: z.int(), reason: batchLineReason })).max(100),
  }),
  clauses: ['A-5.11-9', 'B-7.2-17'],
})

export const staffDecideBatch = staffRoute({
  name: 'staff.decide-card-batch',
  path: '/admin/v1/card-batches/decide',
  session: 'required',
  zh: '审批实体卡批次',
  en: 'Approve or refuse a batch of physical cards',
  input: z.strictObject({ batchId: id, decision: z.enum(['approve', 'reject']) }),
  output: z.strictObject({ batch: batchView }),
  clauses: ['A-5.11-9'],
})
