import { bytesToBase64 } from '@anqu/encoding'
import { z } from 'zod'
import { base64 } from './values.ts'

/** A dotted object identifier. */
const algorithm = z
  .string()
  .max(64)
  .regex(/^[0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,15}$/)

/**
 * A signature by the holder's secure element with the names of its algorithms, both object identifiers: the server refuses
 * what it has not allowed before it computes anything (B-7.3.2.3-2, B-7.3.2.3-3).
 */
export const holderSignature = z.strictObject({
  signatureAlgorithm: algorithm,
  digestAlgorithm: algorithm,
  /** For SM2 r‖s, 64 bytes; the bound leaves room for other algorithms, which are refused by their names. */
  value: base64(512),
})
export type HolderSignature = z.infer<typeof holderSignature>

/** SM2 with SM3, the names of GM/T 0006. */
export const sm2Signature = (signature: Uint8Array): HolderSignature => ({
  signatureAlgorithm: '1.2.156.10197.1.501',
  digestAlgorithm: '1.2.156.10197.1.401',
  value: bytesToBase64(signature),
})
