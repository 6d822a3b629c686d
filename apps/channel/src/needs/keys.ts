/** The small face of the key system for modules that store personal data or need something signed. */
export type Keys = {
  /** Seals a personal value under the subject's own key; `purpose` is bound as associated data. */
  sealFor(subject: string, purpose: string, value: Uint8Array): Promise<Uint8Array>
  openFor(subject: string, purpose: string, sealed: Uint8Array): Promise<Uint8Array>
  /** Seals a system secret (a password hash, a code) under the data key of `purpose`. */
  seal(purpose: string, value: Uint8Array): Promise<Uint8Array>
  open(purpose: string, sealed: Uint8Array): Promise<Uint8Array>
  /** Keyed hash for look-ups by a personal value, hex; useless without the key (HMAC-SM3). */
  lookup(purpose: string, value: string): string
  /** Signs with the receipt key: r‖s and the DER certificate to check it with. */
  signReceipt(bytes: Uint8Array): Promise<{ signature: Uint8Array; certificate: Uint8Array }>
  /** The certificate of the receipt key, DER. */
  readonly receiptCertificate: Uint8Array
}
