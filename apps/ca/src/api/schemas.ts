import { z } from 'zod'
import { algorithm, bytes, chain, correlation, id, officer, serial, subjectName } from './fields.ts'

/** Issue a certificate to a customer for a request whose key was made in a secure element. */
export const issueRequest = z.strictObject({
  idempotencyKey: z.string().min(8).max(80),
  csr: bytes(4096),
  accountId: id,
  /** Who holds it, pseudonymous: what B-7.3.1.2-2 calls the user name is kept by the caller. */
  holder: subjectName,
  terminalId: id,
  correlationId: id,
  profile: z.enum(['customer-signing', 'customer-encryption']).default('customer-signing'),
})
export const issueAnswer = z.strictObject({
  serial,
  certificate: bytes(8192),
  chain,
  notAfterMs: z.int(),
})

/** A certificate for one of the caller's own servers. */
export const serverRequest = z.strictObject({
  csr: bytes(4096),
  purpose: z.enum([
    'message',
    'receipt',
    'encryption',
    'tsm-signature',
    'tsm-encryption',
    'se-publisher',
    'client-code-signing',
  ]),
})

/** A certificate for a member of the caller's staff. */
export const staffRequest = z.strictObject({
  idempotencyKey: z.string().min(8).max(80),
  profile: z.literal('staff'),
  csr: bytes(4096),
  /** The request's common name must be this. */
  holder: subjectName,
  correlationId: correlation,
})

/**
 * A new key for the account and terminal of a certificate that is good (B-6.2.3-4). The old one stays good until
 * `installed` says that the new one is in.
 */
export const renewRequest = z.strictObject({
  idempotencyKey: z.string().min(8).max(80),
  serial,
  csr: bytes(4096),
  correlationId: correlation,
})
/** The new certificate is in its secure element; the one it renews is revoked as superseded. Repeating it changes nothing. */
export const installedRequest = z.strictObject({ serial, correlationId: correlation })
export const installedAnswer = z.strictObject({ superseded: serial.nullable() })

export const verifyRequest = z.strictObject({
  serial,
  accountId: id,
  terminalId: id,
  message: bytes(16_384),
  /** Object identifiers; what is not allowed is not computed (B-7.3.2.3-2, B-7.3.2.3-3). */
  signatureAlgorithm: algorithm,
  digestAlgorithm: algorithm,
  signature: bytes(512),
  correlationId: id,
})
export const certificateStatus = z.enum(['good', 'revoked', 'suspended', 'expired', 'unknown'])
export const verifyAnswer = z.strictObject({
  valid: z.boolean(),
  status: z.enum([...certificateStatus.options, 'mismatch', 'bad-signature', 'algorithm']),
  /** B-6.2.3-2: soon to expire, told apart from the verdict. */
  nearExpiry: z.boolean(),
})

/** Whether a certificate may be used now, by this account and terminal, for this purpose; no signature is at hand. */
export const verifyCertificateRequest = z.strictObject({
  serial,
  accountId: id,
  terminalId: id,
  purpose: z.enum(['signing', 'encryption']),
  correlationId: correlation,
})
export const verifyCertificateAnswer = z.strictObject({
  valid: z.boolean(),
  status: z.enum([...certificateStatus.options, 'mismatch', 'wrong-purpose']),
  nearExpiry: z.boolean(),
  notAfterMs: z.int().nullable(),
})

export const statusRequest = z.strictObject({ serial })
export const statusAnswer = z.strictObject({
  status: certificateStatus,
  nearExpiry: z.boolean(),
  notAfterMs: z.int().nullable(),
})

/** RFC 5280 section 5.3.1, without those of other authorities. */
export const crlReason = z.enum([
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
])
/** Operators revoke and lift holds by a proposal that a second one approves. */
const asker = z.enum(['customer', 'channel'])
export const revokeRequest = z.strictObject({
  serial,
  /** In the words of the caller, for the record. */
  reason: z.string().min(1).max(80),
  correlationId: correlation,
  crlReason: crlReason.default('unspecified'),
  by: asker.default('channel'),
})
export const revokeAnswer = z.strictObject({ status: certificateStatus })

/** Takes a certificate out of use until it is resumed or revoked. An operator may do so alone: nothing is lost by it. */
export const suspendRequest = z.strictObject({
  serial,
  reason: z.string().min(1).max(80),
  correlationId: correlation,
  by: z.enum(['customer', 'channel', 'operator']),
  /** The member of staff, when it is an operator. */
  actor: officer.optional(),
})
/** Lifts a hold that customer or channel asked for; the hold of an operator is lifted by two of them (`resume` proposal). */
export const resumeRequest = suspendRequest.extend({ by: asker })

export const anchorsAnswer = z.strictObject({
  /** Issuing CA first, root last, DER. */
  certificates: chain,
  /** The certificate whose key signs answers. */
  service: bytes(8192),
})

/** A signed answer with status 422. */
export const refusedAnswer = z.strictObject({
  refused: z.enum([
    'not-issued',
    'not-found',
    'not-allowed',
    'outside-limits',
    'proposal-closed',
    'proposal-own',
    'proposal-changed',
  ]),
})
