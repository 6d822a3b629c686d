/**
 * Why an operation was refused. `gm.decrypt-failed` covers every way in which a ciphertext, tag or wrapped key can be
 * wrong, so that a caller cannot tell (and cannot leak) which check failed.
 */
export type GmErrorCode =
  | 'gm.length'
  | 'gm.argument'
  | 'gm.invalid-private-key'
  | 'gm.invalid-public-key'
  | 'gm.decrypt-failed'
  | 'gm.malformed'
  | 'gm.agreement-failed'
  | 'gm.counter-overflow'
  | 'gm.wiped'
  | 'gm.unsupported'
  | 'gm.busy'
  | 'gm.closed'
  | 'gm.worker-lost'

/** The only error this package throws on purpose. `code` is stable; `message` never holds secret data. */
export class GmCryptoError extends Error {
  readonly code: GmErrorCode

  constructor(code: GmErrorCode, message: string) {
    super(message)
    this.name = 'GmCryptoError'
    this.code = code
  }
}

/** Throws `gm.length` unless `bytes` has exactly `length` bytes; `what` names the argument. */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length)
    throw new GmCryptoError('gm.length', `${what} must have ${length} bytes, got ${bytes.length}`)
}
