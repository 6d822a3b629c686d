import { z } from 'zod'
import { correlation, id, officer, serial } from './fields.ts'
import { crlReason } from './schemas.ts'

export const profileName = z.enum([
  'customer-signing',
  'customer-encryption',
  'server-message',
  'server-receipt',
  'server-encryption',
  'staff',
  'client-code-signing',
  'tsm-signature',
  'tsm-encryption',
  'se-publisher',
  'ocsp-signing',
])
export const keyUsage = z.enum([
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
])
/** Keys beside SM2 that two officers may allow for a time. */
export const keyAlgorithm = z.enum(['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-3072'])
/** Who answers for the algorithm being gone by then (A-9.5-7). */
const transition = z.strictObject({
  algorithm: keyAlgorithm,
  untilMs: z.int().min(0),
  owner: z.string().min(1).max(80),
})
/** What two officers may change; the rest of a profile is fixed in the program. */
export const profileParameters = z.strictObject({
  validDays: z.int().min(1).max(3660),
  nearExpiryDays: z.int().min(1).max(366),
  keyUsage: z.array(keyUsage).min(1).max(5),
  /** Left out rather than empty: what is signed over is what was sent. */
  transitional: z.array(transition).min(1).max(4).optional(),
})

export const profilesRequest = z.strictObject({})
const profileState = z.strictObject({
  name: profileName,
  version: z.int(),
  sinceMs: z.int(),
  parameters: profileParameters,
  /** Nothing beyond these is accepted, however many officers agree. */
  limits: z.strictObject({
    maxValidDays: z.int(),
    requiredKeyUsage: z.array(keyUsage),
    allowedKeyUsage: z.array(keyUsage),
    mayBeTransitional: z.boolean(),
  }),
  /** Oldest first. */
  history: z.array(
    z.strictObject({
      version: z.int(),
      sinceMs: z.int(),
      parameters: profileParameters,
      proposalId: id.nullable(),
    }),
  ),
})
export const profilesAnswer = z.strictObject({ profiles: z.array(profileState) })

/** What only two officers together may do. */
export const proposalAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('change-profile'), name: profileName, parameters: profileParameters }),
  z.strictObject({ kind: z.literal('revoke'), serial, reason: z.string().min(1).max(80), crlReason }),
  z.strictObject({ kind: z.literal('resume'), serial, reason: z.string().min(1).max(80) }),
])
export const proposalState = z.enum(['open', 'approved', 'rejected', 'expired'])
export const proposal = z.strictObject({
  proposalId: id,
  action: proposalAction,
  /** SM3 of the action as stored, hex: what the second officer saw is what is carried out. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  proposedBy: officer,
  proposedAtMs: z.int(),
  expiresAtMs: z.int(),
  state: proposalState,
  decidedBy: officer.nullable(),
  decidedAtMs: z.int().nullable(),
})

/** The caller has authenticated the officer; the CA holds the two apart. */
export const proposeRequest = z.strictObject({ action: proposalAction, officer, correlationId: correlation })
export const decideRequest = z.strictObject({
  proposalId: id,
  digest: proposal.shape.digest,
  decision: z.enum(['approve', 'reject']),
  officer,
  correlationId: correlation,
})
export const proposalsRequest = z.strictObject({
  state: proposalState.optional(),
  proposalId: id.optional(),
  serial: serial.optional(),
  /** The last proposal of the page before. */
  cursor: id.optional(),
  limit: z.int().min(1).max(200).default(50),
})
export const proposalsAnswer = z.strictObject({ proposals: z.array(proposal), nextCursor: id.nullable() })
