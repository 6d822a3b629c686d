import { z } from 'zod'
import { atMs, id } from '../values.ts'
import { staffReason } from './staff-certificates.ts'
import { staffRoute } from './staff-route.ts'

/** How the bank calls a movement of money. */
const bankReference = z.string().regex(/^[\x21-\x7e]{4,64}$/)

const person = z.strictObject({ staffId: id, name: z.string() })
const settlements = z
  .array(
    z.strictObject({
      settlementId: id,
      /** The bank has the money as ordered, or has none of it. */
      kind: z.enum(['paid', 'released']),
      step: z.string(),
      bankReference: z.string().nullable(),
      reason: z.string(),
      state: z.enum(['open', 'approved', 'rejected', 'expired']),
      proposedBy: person,
      proposedAtMs: atMs,
      expiresAtMs: atMs,
      decidedBy: person.nullable(),
      decidedAtMs: atMs.nullable(),
    }),
  )
  .max(20)

export const staffSettlements = staffRoute({
  name: 'staff.settlements',
  path: '/admin/v1/operations/settlements',
  session: 'required',
  zh: '存疑业务的处置记录',
  en: 'What staff decided about an operation in doubt',
  input: z.strictObject({ operationId: id }),
  output: z.strictObject({ settlements }),
  clauses: ['D-5.3.4'],
})

export const staffProposeSettlement = staffRoute({
  name: 'staff.propose-settlement',
  path: '/admin/v1/operations/propose-settlement',
  session: 'required',
  zh: '申请处置存疑业务',
  en: 'Propose to settle a held operation as paid, or to release it',
  input: z
    .strictObject({
      operationId: id,
      kind: z.enum(['paid', 'released']),
      /** Of the debit, or of its return; null when the bank took nothing. */
      bankReference: bankReference.nullable(),
      reason: staffReason,
    })
    .refine(({ kind, bankReference: reference }) => kind === 'released' || reference !== null, {
      path: ['bankReference'],
      message: 'what was paid has a reference',
    }),
  output: z.strictObject({ settlements }),
  clauses: ['D-5.3.4', 'A-5.11-9'],
})

export const staffDecideSettlement = staffRoute({
  name: 'staff.decide-settlement',
  path: '/admin/v1/operations/decide-settlement',
  session: 'required',
  zh: '审批存疑业务的处置',
  en: 'Approve or refuse what somebody else proposed about a held operation',
  input: z.strictObject({ settlementId: id, decision: z.enum(['approve', 'reject']) }),
  output: z.strictObject({ settlements }),
  clauses: ['D-5.3.4', 'A-5.11-9'],
})
