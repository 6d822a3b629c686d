import { canonicalBytes } from '@anqu/contract'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { sm2Sign, sm2Verify, Sm2PublicKey, type Sm2PrivateKey } from '@anqu/gm-crypto'
import { clause, isClauseId } from '@anqu/policy'
import { z } from 'zod'

/**
 * What a running system cannot prove is proven by a dated record that a person signed: who did what for which clause, when, and
 * until when it counts. Files are named by their SM3, so that an exchanged one shows.
 */
const statement = z.strictObject({
  format: z.literal('anqu.process-evidence.v1'),
  clause: z.string().refine(isClauseId, 'no such clause'),
  title: z.string().min(2).max(200),
  /** What was done and found, in the words of who did it. */
  finding: z.string().min(10).max(4000),
  performedAtMs: z.int().positive(),
  validUntilMs: z.int().positive(),
  /** Role and pseudonymous id, for example `internal-audit/S-0142`. */
  performedBy: z.string().min(3).max(120),
  files: z
    .array(z.strictObject({ name: z.string().max(200), sm3: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(50),
})
const signed = statement.extend({
  signature: z.strictObject({
    algorithm: z.literal('SM2-with-SM3'),
    publicKey: z.string().max(100),
    value: z.string().max(100),
  }),
})

const unsigned = statement.omit({ format: true })
export type ProcessEvidence = z.output<typeof signed>

export type ProcessVerdict = {
  readonly clause: string
  readonly title: string
  readonly performedAtMs: number
  readonly validUntilMs: number
  readonly performedBy: string
  readonly verdict: 'valid' | 'expired' | 'not-yet' | 'untrusted' | 'tampered'
}

/** @throws {z.ZodError} when the statement is incomplete or names no clause */
export function signProcessEvidence(given: z.input<typeof unsigned>, key: Sm2PrivateKey): ProcessEvidence {
  const checked = statement.parse({ format: 'anqu.process-evidence.v1', ...given })
  if (clause(checked.clause).kind === 'runtime')
    throw new RangeError(`${checked.clause} is proven by the running system, not by a statement`)
  if (checked.validUntilMs <= checked.performedAtMs) throw new RangeError('evidence that never counts')
  return {
    ...checked,
    signature: {
      algorithm: 'SM2-with-SM3',
      publicKey: bytesToBase64(key.publicKey.bytes),
      value: bytesToBase64(sm2Sign(key, canonicalBytes(checked))),
    },
  }
}

/** Judges one record against the keys of those who may sign. @throws {z.ZodError} when it is no such record */
export function verifyProcessEvidence(
  record: unknown,
  trust: { readonly signers: readonly string[]; readonly nowMs: number },
): ProcessVerdict {
  const { signature, ...body } = signed.parse(record)
  const { clause: id, title, performedAtMs, validUntilMs, performedBy } = body
  return { clause: id, title, performedAtMs, validUntilMs, performedBy, verdict: judge() }

  function judge(): ProcessVerdict['verdict'] {
    const publicKey = Sm2PublicKey.fromBytes(base64ToBytes(signature.publicKey))
    if (!sm2Verify(publicKey, canonicalBytes(body), base64ToBytes(signature.value))) return 'tampered'
    if (!trust.signers.includes(signature.publicKey)) return 'untrusted'
    if (trust.nowMs < performedAtMs) return 'not-yet'
    return trust.nowMs < validUntilMs ? 'valid' : 'expired'
  }
}
