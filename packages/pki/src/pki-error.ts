export type PkiErrorCode =
  | 'algorithm'
  | 'public-key'
  | 'signature'
  | 'name'
  | 'serial'
  | 'validity'
  | 'extension'
  | 'limits'
  | 'certificate'
  | 'content'

/** A value that reads well but may not be used, such as a key on another curve than SM2's. */
export class PkiError extends Error {
  readonly code: PkiErrorCode

  constructor(code: PkiErrorCode, message: string) {
    super(message)
    this.name = 'PkiError'
    this.code = code
  }
}
