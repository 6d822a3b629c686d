import { formatStatusWord, StatusWord } from '../apdu/status-word.ts'
import { CardStorageError } from '../storage/card-storage.ts'
import { CardConnectionLost } from '../transports/card-connection.ts'

export type SecureElementErrorCode =
  /** `triesLeft` says how many are left. */
  | 'se.pin-wrong'
  | 'se.pin-locked'
  | 'se.pin-not-set'
  | 'se.pin-already-set'
  | 'se.pin-length'
  /** The issuer reset the PIN: `changePin` comes first. */
  | 'se.pin-must-change'
  /** The new PIN is the old one. */
  | 'se.pin-unchanged'
  | 'se.container-exists'
  | 'se.container-not-found'
  | 'se.container-name'
  | 'se.key-pending'
  | 'se.key-not-found'
  | 'se.certificate-missing'
  | 'se.certificate-not-found'
  | 'se.certificate-mismatch'
  | 'se.certificate-malformed'
  | 'se.not-authorised'
  | 'se.ciphertext'
  | 'se.subject'
  | 'se.full'
  | 'se.locked'
  | 'se.not-installed'
  /** Another page or program opened the card; this one must bind again. */
  | 'se.released'
  | 'se.damaged'
  | 'se.unreachable'
  | 'se.failure'

/** A refusal of the secure element, by name. `statusWord` is the card's own word, where it gave one. */
export class SecureElementError extends Error {
  readonly code: SecureElementErrorCode
  readonly statusWord: number | undefined
  readonly triesLeft: number | undefined

  constructor(
    code: SecureElementErrorCode,
    details: { statusWord?: number; triesLeft?: number; cause?: unknown } = {},
  ) {
    const word = details.statusWord === undefined ? '' : ` (${formatStatusWord(details.statusWord)})`
    super(code + word, 'cause' in details ? { cause: details.cause } : undefined)
    this.name = 'SecureElementError'
    this.code = code
    this.statusWord = details.statusWord
    this.triesLeft = details.triesLeft
  }
}

/** What a status word means for one command, where it differs from the usual meaning. */
export type StatusMeanings = Readonly<Record<number, SecureElementErrorCode>>

const USUAL: StatusMeanings = {
  [StatusWord.memoryFailure]: 'se.failure',
  [StatusWord.securityNotSatisfied]: 'se.not-authorised',
  [StatusWord.pinBlocked]: 'se.pin-locked',
  [StatusWord.certificateMismatch]: 'se.certificate-mismatch',
  [StatusWord.notEnoughMemory]: 'se.full',
  [StatusWord.referencedDataNotFound]: 'se.container-not-found',
  [StatusWord.nameExists]: 'se.container-exists',
  [StatusWord.wrongData]: 'se.container-name',
}

export function refusal(statusWord: number, meanings: StatusMeanings): SecureElementError {
  if ((statusWord & 0xfff0) === StatusWord.pinWrong)
    return new SecureElementError('se.pin-wrong', { statusWord, triesLeft: statusWord & 0x0f })
  return new SecureElementError(meanings[statusWord] ?? USUAL[statusWord] ?? 'se.failure', { statusWord })
}

/** What a failed transport means to the caller. */
export function unreachable(cause: unknown): SecureElementError {
  if (cause instanceof CardStorageError && cause.code === 'released')
    return new SecureElementError('se.released', { cause })
  if (cause instanceof CardStorageError) return new SecureElementError('se.damaged', { cause })
  if (cause instanceof CardConnectionLost) return new SecureElementError('se.unreachable', { cause })
  return new SecureElementError('se.failure', { cause })
}
