/** Why the channel has a certificate revoked; what the CA is told follows from it. */
export type RevocationCause =
  /** The holder gives the device up, at the device itself. */
  | 'released'
  /** The holder reports the device from another one: whoever has it may have the key (B-6.2.4-3). */
  | 'lost'
  /** A newer binding or certificate takes its place. */
  | 'superseded'

export type RevocationOrder = {
  readonly serial: string
  readonly cause: RevocationCause
  readonly correlationId: string
}
