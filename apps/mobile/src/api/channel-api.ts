import type { KeeperRequest, KeeperState } from '@anqu/app-package'
import type {
  Canonical,
  HolderSignature,
  InputOf,
  OutputOf,
  Route,
  devicesRelease,
  keyboardPurpose,
  operationsGet,
} from '@anqu/contract'
import type { SecretEntryPort } from '@anqu/ui'

export type KeyboardPurpose = (typeof keyboardPurpose)['options'][number]

/** What the routes take in place of a password. */
export type SealedSecret = { readonly keyboardId: string; readonly taps: string[] }

/** An open secure keyboard: a grid to tap on, and the sealed taps once they are complete. */
export type OpenSecret = SecretEntryPort & {
  readonly expiresAtMs: number
  /** Hands the sealed taps over and forgets them. */
  finish(): SealedSecret
}

export type SignedReceipt = NonNullable<OutputOf<typeof operationsGet>['operation']['receipt']>
export type ReceiptFields = { readonly [name: string]: Canonical }

export type CardState = {
  readonly pinSet: boolean
  readonly pinTriesLeft: number
  /** Serial number of the certificate that signs for this device; absent before it is bound. */
  readonly certificateSerial: string | undefined
}

export type BindingRequest = {
  readonly label: string
  /** A fresh code; absent to go on with the binding that was cut off. */
  readonly code?: { readonly otpId: string; readonly otp: string } | undefined
  /** ASCII digits; wiped by the receiver. */
  readonly pin: Uint8Array
  /** Told each step as it begins, from 1 to 13. */
  readonly onStep: (step: number) => void
}

export type RenewalRequest = {
  /** The certificate the customer was told about. */
  readonly certificateSerial: string
  /** ASCII digits; wiped by the receiver. */
  readonly pin: Uint8Array
  /** Told each step as it begins, from 1 to 6. */
  readonly onStep: (step: number) => void
}

export type StopRequest = {
  readonly deviceId: string
  readonly certificateSerial: string
  readonly reason: InputOf<typeof devicesRelease>['reason']
  /** ASCII digits; wiped by the receiver. */
  readonly pin: Uint8Array
}

/**
 * All that pages may ask for. Behind it are the client SDK and the secure element in its worker; every rejection is
 * something `toProblem` can put into words.
 */
export type ChannelApi = {
  call<R extends Route>(route: R, input: InputOf<R>): Promise<OutputOf<R>>
  openSecret(purpose: KeyboardPurpose): Promise<OpenSecret>
  /** What the receipt says, once its signature and certificate are verified; undefined when they do not hold. */
  readReceipt(receipt: SignedReceipt): Promise<ReceiptFields | undefined>
  /** How the package stands that this app was started from; `check` looks at all of its files. */
  askAboutPackage(request: Exclude<KeeperRequest, 'install'>): Promise<KeeperState>
  readonly card: {
    state(): Promise<CardState>
    /** Whether a binding was cut off and can be gone on with. */
    isBindingPending(): boolean
    bind(request: BindingRequest): Promise<{ readonly deviceId: string }>
    /** A new key and certificate in the place of the one in use; goes on with what was cut off. */
    renew(request: RenewalRequest): Promise<void>
    /** Gives this device up: both systems are told, then certificate and key are destroyed. */
    stop(request: StopRequest): Promise<void>
    /** SM2 signature over the order by the certificate of this device, by an app that is whole. Wipes the PIN. */
    sign(
      pin: Uint8Array,
      order: Uint8Array,
    ): Promise<{ readonly signature: HolderSignature; readonly certificateSerial: string }>
  }
}
