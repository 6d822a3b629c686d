import { SecureElementError, type SecureElementErrorCode } from './secure-element-error.ts'

/** Return codes of GM/T 0016 annex A that this interface gives. */
export const SAR = {
  FAIL: 0x0a000001,
  NOTSUPPORTYETERR: 0x0a000003,
  INVALIDHANDLEERR: 0x0a000005,
  INVALIDPARAMERR: 0x0a000006,
  NAMELENERR: 0x0a000009,
  INDATALENERR: 0x0a000010,
  INDATAERR: 0x0a000011,
  KEYNOTFOUNTERR: 0x0a00001b,
  CERTNOTFOUNTERR: 0x0a00001c,
  NOTEXPORTERR: 0x0a00001d,
  DEVICE_REMOVED: 0x0a000023,
  PIN_INCORRECT: 0x0a000024,
  PIN_LOCKED: 0x0a000025,
  PIN_LEN_RANGE: 0x0a000027,
  USER_PIN_NOT_INITIALIZED: 0x0a000029,
  USER_TYPE_INVALID: 0x0a00002a,
  USER_NOT_LOGGED_IN: 0x0a00002d,
  APPLICATION_NOT_EXISTS: 0x0a00002e,
  FILE_ALREADY_EXIST: 0x0a00002f,
  NO_ROOM: 0x0a000030,
  FILE_NOT_EXIST: 0x0a000031,
} as const
export type SarName = keyof typeof SAR

/** A call of the SKF interface that did not end with SAR_OK. */
export class SkfError extends Error {
  readonly sar: SarName
  /** The 32-bit return code. */
  readonly code: number
  readonly triesLeft: number | undefined

  constructor(
    sar: SarName,
    options: { triesLeft?: number | undefined; cause?: unknown; reason?: string } = {},
  ) {
    super(options.reason === undefined ? `SAR_${sar}` : `SAR_${sar}: ${options.reason}`, {
      cause: options.cause,
    })
    this.name = 'SkfError'
    this.sar = sar
    this.code = SAR[sar]
    this.triesLeft = options.triesLeft
  }
}

const MEANING: Partial<Record<SecureElementErrorCode, SarName>> = {
  'se.pin-wrong': 'PIN_INCORRECT',
  'se.pin-locked': 'PIN_LOCKED',
  'se.pin-not-set': 'USER_PIN_NOT_INITIALIZED',
  'se.pin-length': 'PIN_LEN_RANGE',
  'se.container-exists': 'FILE_ALREADY_EXIST',
  'se.container-not-found': 'FILE_NOT_EXIST',
  'se.container-name': 'NAMELENERR',
  'se.key-pending': 'FILE_ALREADY_EXIST',
  'se.key-not-found': 'KEYNOTFOUNTERR',
  'se.certificate-missing': 'CERTNOTFOUNTERR',
  'se.certificate-not-found': 'CERTNOTFOUNTERR',
  'se.certificate-mismatch': 'INDATAERR',
  'se.certificate-malformed': 'INDATAERR',
  'se.ciphertext': 'INDATAERR',
  'se.not-authorised': 'USER_NOT_LOGGED_IN',
  'se.full': 'NO_ROOM',
  'se.not-installed': 'APPLICATION_NOT_EXISTS',
  'se.released': 'DEVICE_REMOVED',
  'se.unreachable': 'DEVICE_REMOVED',
}

export function skfError(error: unknown): unknown {
  if (!(error instanceof SecureElementError)) return error
  return new SkfError(MEANING[error.code] ?? 'FAIL', { triesLeft: error.triesLeft, cause: error })
}
