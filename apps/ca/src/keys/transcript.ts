import { base64ToBytes, bytesToBase64, bytesToHex, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, sm2Verify, sm3, type Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import { z } from 'zod'

const text = z.string().min(1).max(200)
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/)

/** What was done at the ceremony, by whom, when, and what came out of it. */
const ceremonyRecord = z.strictObject({
  /** `demo`: made by the program alone at its first start, all shares beside the key. Never for production. */
  mode: z.enum(['held', 'demo']),
  place: text,
  /** Who was there beside the custodians. */
  witnesses: z.array(text).max(20),
  threshold: z.int().min(2).max(20),
  custodians: z
    .array(z.strictObject({ name: text, shareFingerprint: text }))
    .min(2)
    .max(20),
  certificates: z.strictObject({ root: fingerprint, issuing: fingerprint, service: fingerprint }),
  steps: z.array(z.strictObject({ atMs: z.int(), what: text })).max(50),
})
export type CeremonyRecord = z.infer<typeof ceremonyRecord>

const signedRecord = z.strictObject({ record: z.string().max(50_000), signature: z.base64().max(88) })

export const fingerprintOf = (certificate: Certificate): string => bytesToHex(sm3(certificate.raw))

/** The record signed by the root key before that is locked away: nobody writes another one afterwards. */
export function signRecord(record: CeremonyRecord, root: Sm2PrivateKey): Uint8Array {
  const json = JSON.stringify(ceremonyRecord.parse(record))
  const signature = bytesToBase64(sm2Sign(root, utf8ToBytes(json)))
  return utf8ToBytes(`${JSON.stringify({ record: json, signature }, undefined, 2)}\n`)
}

/** @throws Error when the root did not sign it, or it is about other certificates */
export function readRecord(
  file: Uint8Array,
  certificates: { readonly root: Certificate; readonly issuing: Certificate },
): CeremonyRecord {
  const { record: json, signature } = signedRecord.parse(JSON.parse(bytesToUtf8(file)))
  const { root, issuing } = certificates
  if (!sm2Verify(root.publicKey, utf8ToBytes(json), base64ToBytes(signature)))
    throw new Error('the record of the ceremony is not signed by the root key')
  const record = ceremonyRecord.parse(JSON.parse(json))
  if (
    record.certificates.root !== fingerprintOf(root) ||
    record.certificates.issuing !== fingerprintOf(issuing)
  )
    throw new Error('the record of the ceremony is about other certificates')
  return record
}
