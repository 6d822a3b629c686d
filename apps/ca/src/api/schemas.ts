import { z } from 'zod'

const id = z.uuid()
const bytes = (max: number) => z.base64().max(Math.ceil(max / 3) * 4)
const serial = z.string().regex(/^[0-9a-f]{16,40}$/)
const chain = z.array(bytes(8192)).min(1).max(4)

/** Issue a customer's signing certificate for a request whose key was made in a secure element. */
export const issueRequest = z.strictObject({
  idempotencyKey: z.string().min(8).max(80),
  csr: bytes(4096),
  accountId: id,
  /** Who holds it, pseudonymous: what B-7.3.1.2-2 calls the user name is kept by the caller. */
  holder: z.string().min(1).max(80),
  terminalId: id,
  correlationId: id,
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
  purpose: z.enum(['message', 'receipt', 'tsm-signature', 'tsm-encryption', 'se-publisher']),
})

export const verifyRequest = z.strictObject({
  serial,
  accountId: id,
  terminalId: id,
  message: bytes(16_384),
  signature: bytes(64),
  correlationId: id,
})
export const certificateStatus = z.enum(['good', 'revoked', 'suspended', 'expired', 'unknown'])
export const verifyAnswer = z.strictObject({
  valid: z.boolean(),
  status: z.enum([...certificateStatus.options, 'mismatch', 'bad-signature']),
  /** B-6.2.3-2: soon to expire, told apart from the verdict. */
  nearExpiry: z.boolean(),
})

export const statusRequest = z.strictObject({ serial })
export const statusAnswer = z.strictObject({
  status: certificateStatus,
  nearExpiry: z.boolean(),
  notAfterMs: z.int().nullable(),
})

export const revokeRequest = z.strictObject({
  serial,
  reason: z.string().min(1).max(80),
  correlationId: z.string().min(1).max(80),
})
export const revokeAnswer = z.strictObject({ status: certificateStatus })

export const anchorsAnswer = z.strictObject({
  /** Issuing CA first, root last, DER. */
  certificates: chain,
  /** The certificate whose key signs answers. */
  service: bytes(8192),
})
