/** Status words of ISO/IEC 7816-4 table 5 that this card answers. */
export const StatusWord = {
  ok: 0x9000,
  /** 61xx: more response bytes wait for GET RESPONSE. */
  moreData: 0x6100,
  /** 63Cx: the PIN was wrong, x tries are left. */
  pinWrong: 0x63c0,
  /** A signature or an authentication did not verify. */
  verificationFailed: 0x6300,
  memoryFailure: 0x6581,
  wrongLength: 0x6700,
  channelNotSupported: 0x6881,
  secureMessagingNotSupported: 0x6882,
  lastOfChainExpected: 0x6883,
  securityNotSatisfied: 0x6982,
  pinBlocked: 0x6983,
  /** Here: the certificate's public key belongs to no key pair that waits for it. */
  certificateMismatch: 0x6984,
  /** Of a PIN: it was right, but the issuer chose it and its holder must change it first. */
  pinMustChange: 0x6984,
  conditionsNotSatisfied: 0x6985,
  secureMessagingMissing: 0x6987,
  secureMessagingIncorrect: 0x6988,
  wrongData: 0x6a80,
  functionNotSupported: 0x6a81,
  notFound: 0x6a82,
  notEnoughMemory: 0x6a84,
  wrongParameters: 0x6a86,
  referencedDataNotFound: 0x6a88,
  alreadyExists: 0x6a89,
  nameExists: 0x6a8a,
  instructionNotSupported: 0x6d00,
  classNotSupported: 0x6e00,
  internalError: 0x6f00,
} as const

/** A command's refusal inside the card; becomes the two status bytes and nothing more. */
export class StatusError extends Error {
  readonly statusWord: number
  constructor(statusWord: number) {
    super(`status ${formatStatusWord(statusWord)}`)
    this.name = 'StatusError'
    this.statusWord = statusWord
  }
}

/** `0x6A82` → `6A82`. */
export function formatStatusWord(statusWord: number): string {
  return statusWord.toString(16).toUpperCase().padStart(4, '0')
}

/** @throws StatusError with `statusWord` when `condition` does not hold. */
export function requireStatus(condition: boolean, statusWord: number): asserts condition {
  if (!condition) throw new StatusError(statusWord)
}
