/** A way to a card: one command APDU in, one response APDU out, in order (B-5.3-1). */
export interface CardConnection {
  /** @throws CardStorageError when the card cannot be powered, `CardConnectionLost` when the way to it is gone. */
  transmit(command: Uint8Array): Promise<Uint8Array>
  /** Takes the power away and gives it back: every right and every selection is gone. */
  reset(): Promise<void>
}

/** The worker, socket or reader between program and card went away. */
export class CardConnectionLost extends Error {
  constructor(detail: string) {
    super(`connection to the card lost: ${detail}`)
    this.name = 'CardConnectionLost'
  }
}
