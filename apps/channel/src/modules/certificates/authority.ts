/** The certification authority as the channel sees it; the built-in CA or a licensed third party behind one adapter. */
export type CertificationAuthority = {
  /** Root and intermediate certificates, DER; the root last. */
  anchors(): Promise<Uint8Array[]>
  /** What the CA's responder answers to an OCSP request, as it came: whoever relies on it verifies it. */
  statusAnswer(question: Uint8Array): Promise<Uint8Array>
  issueServer(csr: Uint8Array, purpose: string): Promise<Uint8Array[]>
  issueCustomer(request: CertificateRequest): Promise<IssuedCertificate>
  /** Steps 6 and 7 of B-6.2.5: certificate ↔ account ↔ terminal ↔ signature, and its state now. */
  verifySignature(claim: SignatureClaim): Promise<SignatureVerdict>
  /** A second certificate for account and terminal of a good one; the same key gets the same answer. */
  renew(request: RenewalOrder): Promise<IssuedCertificate>
  /** The renewed one is in its secure element, and the one before it goes. */
  installed(order: CertificateOrder): Promise<void>
  suspend(order: CertificateOrder): Promise<void>
  /** Lifts the holder's own hold, none of staff. */
  resume(order: CertificateOrder): Promise<void>
  /** Answers the state the CA has it in now. */
  revoke(request: RevocationRequest): Promise<'good' | 'revoked' | 'suspended' | 'expired' | 'unknown'>
}

export type RevocationRequest = {
  readonly serial: string
  /** In our words, for the CA's record. */
  readonly reason: string
  readonly crlReason:
    | 'unspecified'
    | 'keyCompromise'
    | 'affiliationChanged'
    | 'superseded'
    | 'cessationOfOperation'
    | 'privilegeWithdrawn'
  readonly by: 'customer' | 'channel'
  readonly correlationId: string
}

/** About one certificate, asked for by its holder. */
export type CertificateOrder = { readonly serial: string; readonly correlationId: string }

export type RenewalOrder = CertificateOrder & {
  readonly idempotencyKey: string
  readonly csr: Uint8Array
}

export type CertificateRequest = {
  readonly idempotencyKey: string
  readonly csr: Uint8Array
  readonly accountId: string
  /** Pseudonymous name of the holder; the CA needs no personal data. */
  readonly holder: string
  /** The terminal the certificate is bound to (B-7.3.1.2-2). */
  readonly terminalId: string
  readonly correlationId: string
}

export type IssuedCertificate = {
  readonly certificate: Uint8Array
  readonly chain: Uint8Array[]
  readonly serial: string
  readonly notAfterMs: number
}

export type SignatureClaim = {
  readonly serial: string
  readonly accountId: string
  readonly terminalId: string
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly correlationId: string
}

export type SignatureVerdict = {
  readonly valid: boolean
  /** Why not, or `good`. Unknown means that nothing is known, and counts as no (B-7.3.2.2-7). */
  readonly status:
    'good' | 'revoked' | 'suspended' | 'expired' | 'unknown' | 'mismatch' | 'bad-signature' | 'algorithm'
  readonly nearExpiry: boolean
}

/** The CA did not answer, or not in a way that can be trusted. */
export class AuthorityUnavailable extends Error {
  constructor(why: string) {
    super(`the certification authority is unavailable: ${why}`)
    this.name = 'AuthorityUnavailable'
  }
}

/** The CA answered, and does not do this. */
export class AuthorityRefused extends Error {
  /** The CA's own word for why, e.g. `not-allowed`. */
  readonly code: string
  constructor(code: string) {
    super(`the certification authority refused: ${code}`)
    this.name = 'AuthorityRefused'
    this.code = code
  }
}
