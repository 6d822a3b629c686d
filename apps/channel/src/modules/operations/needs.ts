import type { InputOf, operationsSecondPassword, OutputOf, operationsPicture } from '@anqu/contract'
import type { Clock, Db, Log, Transaction } from '@anqu/platform'
import type { RequestContext } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'

export type SecretEntry = InputOf<typeof operationsSecondPassword>['secret']

/** What the pipeline needs of others; compose.ts hands it in. Each throws a Refusal when it does not pass. */
export type OperationNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly audit: AuditLog
  readonly keys: Pick<Keys, 'signReceipt'>
  readonly verifyTransactionPassword: (
    accountId: string,
    secret: SecretEntry,
    context: RequestContext,
  ) => Promise<void>
  readonly verifyOtp: (
    entry: { otpId: string; otp: string; purpose: 'operation'; binding: string },
    accountId: string,
    context: RequestContext,
  ) => Promise<void>
  readonly pictures: {
    issueConfirmation(content: {
      payee: string
      amountFen: bigint
      binding: string
    }): Promise<OutputOf<typeof operationsPicture>>
    verify(entry: { pictureId: string; answer: string; binding: string }): Promise<void>
  }
  /** A lock after repeated erroneous transactions that only manual verification lifts (C-6.3.3-e-s3). */
  readonly transactionGuard: {
    /** Throws when locked; counts the confirmation as failed until `passed`. */
    begin(accountId: string): Promise<void>
    passed(accountId: string): Promise<void>
  }
  readonly limits: {
    assertWithin(accountId: string, category: 'premium', amountFen: bigint): Promise<void>
    reserveIn(
      tx: Transaction,
      use: { operationId: string; accountId: string; category: 'premium'; amountFen: bigint },
    ): Promise<void>
    settleIn(tx: Transaction, operationId: string): Promise<void>
    releaseIn(tx: Transaction, operationId: string): Promise<void>
  }
  /** Certificate ↔ account ↔ device ↔ signature by the CA; unknown status fails closed (B-6.2.5-1, B-7.3.2.2-7). */
  readonly verifySignature: (claim: {
    accountId: string
    deviceId: string
    certificateSerial: string
    message: Uint8Array
    signature: Uint8Array
    correlationId: string
  }) => Promise<void>
  /** What the CA said about the end of this certificate when it last verified by it (B-6.2.3-2). */
  readonly expiryNotice: (
    certificateSerial: string,
  ) => Promise<{ certificateSerial: string; expiresAtMs: number; daysLeft: number } | null>
  readonly notifyIn: (
    tx: Transaction,
    accountId: string,
    notice: { title: { zh: string; en: string }; text: { zh: string; en: string } },
  ) => Promise<void>
}
