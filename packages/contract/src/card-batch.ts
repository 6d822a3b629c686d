import { z } from 'zod'
import { atMs, id } from './values.ts'

/** Batches of physical cards: what the TSM and the console's server say of them alike. */

/** Of a batch, without the people: the TSM knows them by id, the console shows names. */
export const cardBatch = z.strictObject({
  batchId: id,
  name: z.string(),
  /** SM3 of the file, by which the second officer compares it with the manufacturer's. */
  fileHash: z.string().regex(/^[0-9a-f]{64}$/),
  state: z.enum(['proposed', 'enrolled', 'rejected']),
  cards: z.int(),
  requestedAtMs: atMs,
})

/** What is handed in: lines of `card_id,key_set,transport_keys` under that header, at most 500 cards. */
export const cardBatchFile = {
  name: z.string().trim().min(2).max(80),
  /** The keys are sealed under the TSM's encryption certificate. */
  file: z.string().min(1).max(160_000),
}

/** What stands against a line. */
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

/** The first line is counted 1. */
export const batchProblems = z
  .array(z.strictObject({ line: z.int().min(1), reason: batchLineReason }))
  .max(100)

export const batchDecision = { batchId: id, decision: z.enum(['approve', 'reject']) }
