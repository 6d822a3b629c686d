import { z } from 'zod'
import { atMs, id } from '../values.ts'
import {
  certificateProfile,
  certificateSerial,
  certificateSummary,
  revocationReason,
  staffReason,
} from './staff-certificates.ts'
import { staffRoute } from './staff-route.ts'

const keyUsage = z.enum([
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
])
export const transitionalAlgorithm = z.enum(['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-3072'])
export const profileParameters = z.strictObject({
  validDays: z.int().min(1).max(3660),
  nearExpiryDays: z.int().min(1).max(366),
  keyUsage: z.array(keyUsage).min(1).max(5),
  /** Algorithms beside SM2, until when, and who answers for their end; left out when there are none. */
  transitional: z
    .array(
      z.strictObject({
        algorithm: transitionalAlgorithm,
        untilMs: atMs,
        owner: z.string().trim().min(1).max(80),
      }),
    )
    .min(1)
    .max(4)
    .optional(),
})

export const staffProfiles = staffRoute({
  name: 'staff.certificate-profiles',
  path: '/admin/v1/certificate-profiles/list',
  session: 'required',
  zh: '证书模板',
  en: 'Profiles of certificates, their limits and all their versions',
  input: z.strictObject({}),
  output: z.strictObject({
    profiles: z
      .array(
        z.strictObject({
          name: certificateProfile,
          version: z.int(),
          sinceMs: atMs,
          parameters: profileParameters,
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
              sinceMs: atMs,
              parameters: profileParameters,
              proposalId: id.nullable(),
            }),
          ),
        }),
      )
      .max(50),
  }),
  clauses: ['B-7.3.2.1-1', 'B-7.3.3.3-1'],
})

export const staffTransition = staffRoute({
  name: 'staff.transition',
  path: '/admin/v1/certificates/transition',
  session: 'required',
  zh: '过渡算法迁移报告',
  en: 'Transitional algorithms that are allowed, and what still uses them',
  input: z.strictObject({}),
  output: z.strictObject({
    atMs,
    allowed: z
      .array(
        z.strictObject({
          profile: certificateProfile,
          algorithm: transitionalAlgorithm,
          untilMs: atMs,
          owner: z.string(),
          /** False once its time is over. */
          open: z.boolean(),
        }),
      )
      .max(50),
    /** By business system; numbers only. */
    inUse: z.array(
      z.strictObject({
        caller: z.string(),
        profile: certificateProfile,
        algorithm: transitionalAlgorithm,
        certificates: z.int(),
        lastNotAfterMs: atMs.nullable(),
        signatures: z.int(),
        lastSignatureMs: atMs.nullable(),
      }),
    ),
  }),
  clauses: ['A-9.5-5', 'A-9.5-6'],
})

/** What only two members of staff together may do. The order of the fields is part of the digest. */
export const staffAction = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('change-profile'),
    name: certificateProfile,
    parameters: profileParameters,
  }),
  z.strictObject({
    kind: z.literal('revoke'),
    serial: certificateSerial,
    reason: staffReason,
    crlReason: revocationReason,
  }),
  z.strictObject({ kind: z.literal('resume'), serial: certificateSerial, reason: staffReason }),
])

const person = z.strictObject({ staffId: z.string(), name: z.string() })
const digest = z.string().regex(/^[0-9a-f]{64}$/)
export const proposalState = z.enum(['open', 'approved', 'rejected', 'expired'])

const proposalView = z.strictObject({
  proposalId: id,
  action: staffAction,
  /** SM3 over the action as JSON. Whoever decides sends back the digest of what was shown. */
  digest,
  state: proposalState,
  proposedBy: person,
  proposedAtMs: atMs,
  expiresAtMs: atMs,
  decidedBy: person.nullable(),
  decidedAtMs: atMs.nullable(),
  /** The certificate it is about, as it stands now. */
  certificate: certificateSummary.nullable(),
  /** What a profile has now, or had when the change was decided. */
  before: profileParameters.nullable(),
  /** Why the one who asks may not approve it; null when nothing stands against it. */
  notApprovable: z.enum(['closed', 'own', 'role']).nullable(),
  /** Its proposer may take it back, others may refuse it. */
  rejectable: z.boolean(),
})

export const staffProposals = staffRoute({
  name: 'staff.proposals',
  path: '/admin/v1/approvals/list',
  session: 'required',
  zh: '审批列表',
  en: 'What waits for a second person, and what was decided',
  input: z.strictObject({
    state: proposalState.optional(),
    cursor: id.optional(),
    limit: z.int().min(1).max(50),
  }),
  output: z.strictObject({ proposals: z.array(proposalView).max(50), nextCursor: id.nullable() }),
  clauses: ['A-5.11-9'],
})

export const staffPropose = staffRoute({
  name: 'staff.propose',
  path: '/admin/v1/approvals/propose',
  session: 'required',
  zh: '提交审批',
  en: 'Propose something that a second person must approve',
  input: z.strictObject({ action: staffAction }),
  output: z.strictObject({ proposal: proposalView }),
  clauses: ['A-5.11-9'],
})

export const staffDecide = staffRoute({
  name: 'staff.decide',
  path: '/admin/v1/approvals/decide',
  session: 'required',
  zh: '审批',
  en: 'Approve or refuse what somebody else proposed',
  input: z.strictObject({ proposalId: id, digest, decision: z.enum(['approve', 'reject']) }),
  output: z.strictObject({ proposal: proposalView }),
  clauses: ['A-5.11-9'],
})
