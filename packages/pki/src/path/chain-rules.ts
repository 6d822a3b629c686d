/** The rules of chain validation and where each comes from. */
export const chainRules = {
  algorithm: 'B-7.3.2.2-2: sm2-with-sm3 over an SM2 key, or what the algorithm policy names',
  signature: 'RFC 5280 section 6.1.3 (a)(1); B-7.3.2.2-2',
  'not-yet-valid': 'RFC 5280 section 6.1.3 (a)(2); B-7.3.2.2-3',
  expired: 'RFC 5280 section 6.1.3 (a)(2); B-7.3.2.2-3',
  'issuer-unknown': 'RFC 5280 section 6.1.3 (a)(4); B-7.3.2.2-1, B-7.3.2.2-5',
  'not-a-ca': 'RFC 5280 section 6.1.4 (k); B-7.3.2.2-5',
  'path-length': 'RFC 5280 section 6.1.4 (l), (m)',
  'key-usage': 'RFC 5280 section 6.1.4 (n); B-7.3.2.2-4, B-7.3.2.1-1',
  'extended-key-usage': 'RFC 5280 section 4.2.1.12; B-7.3.2.2-4',
  'critical-extension': 'RFC 5280 section 4.2, section 6.1.4 (o), section 6.1.5 (f)',
  'key-identifier': 'RFC 5280 section 4.2.1.1, section 4.2.1.2',
  'extension-profile': 'RFC 5280 section 4.2.1',
  'name-constraints': 'RFC 5280 section 6.1.3 (b), (c)',
  policy: 'RFC 5280 section 6.1.3 (d) to (f), section 6.1.5 (g), RFC 9618; B-7.3.2.2-6',
  'policy-mapping': 'RFC 5280 section 6.1.4 (a)',
  revoked: 'RFC 5280 section 6.1.3 (a)(3), section 6.3; B-7.3.2.2-7',
  'status-unknown': 'RFC 5280 section 6.1.3 (a)(3), section 6.3; B-7.3.2.2-7',
  'alternative-name': 'RFC 5280 section 4.2.1.6',
  'server-name': 'RFC 9525 section 6; B-7.3.2.2-8',
  limits: 'bound on the work one chain may cause',
} as const

export type ChainRule = keyof typeof chainRules

/** A chain that is refused: which certificate, by which rule, from which source. */
export interface ChainFailure {
  readonly ok: false
  /** Subject and serial number of the certificate that broke the rule. */
  readonly certificate: string
  readonly rule: ChainRule
  /** RFC section and clause. */
  readonly source: string
  /** One sentence for logs and developers. */
  readonly detail: string
}

export function chainFailure(
  certificate: { toString(): string },
  rule: ChainRule,
  detail: string,
): ChainFailure {
  return { ok: false, certificate: certificate.toString(), rule, source: chainRules[rule], detail }
}
