/** The rules of signed messages and envelopes and where each comes from. */
export const cmsRules = {
  algorithm: 'B-7.3.2.3-2, B-7.3.2.3-3, B-7.3.3.3-2: SM2, SM3 and SM4 only',
  'signer-unknown': 'RFC 5652 section 5.3 (sid); B-7.3.2.3-4',
  'signer-certificate': 'B-7.3.2.2, B-7.3.2.1-1',
  'signer-status': 'B-7.3.2.2-7',
  content: 'RFC 5652 section 5.2: attached, or handed in, not both',
  'signed-attributes': 'RFC 5652 sections 5.3 and 11',
  digest: 'RFC 5652 section 5.6; B-7.3.2.3-1',
  signature: 'RFC 5652 section 5.6; B-7.3.2.3-1',
  recipient: 'RFC 5652 section 6.2.1',
  decryption: 'RFC 5652 sections 6.1 and 6.3',
} as const

export type CmsRule = keyof typeof cmsRules

/** A message that is refused: by which rule, from which source, and whose certificate broke it. */
export interface CmsFailure {
  readonly ok: false
  readonly rule: CmsRule
  readonly source: string
  readonly detail: string
  /** Subject and serial number, where one certificate is to blame. */
  readonly certificate?: string
}

export function cmsFailure(rule: CmsRule, detail: string, certificate?: { toString(): string }): CmsFailure {
  const named = certificate ? { certificate: certificate.toString() } : {}
  return { ok: false, rule, source: cmsRules[rule], detail, ...named }
}
