/** Why the channel has a certificate revoked; what the CA is told follows from it. */
export type RevocationCause =
  /** The holder does not use the device any more. */
  | 'released'
  /** The holder uses another device instead. */
  | 'replaced'
  /** The holder reports the device: whoever has it may have the key (B-6.2.4-3). */
  | 'lost'
  /** The holder fears that somebody knows the PIN or used the device. */
  | 'exposed'
  /** A newer binding or certificate takes its place. */
  | 'superseded'

export type RevocationOrder = {
  readonly serial: string
  readonly cause: RevocationCause
  readonly correlationId: string
}
