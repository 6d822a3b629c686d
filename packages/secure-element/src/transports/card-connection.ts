/** A way to a card: one command APDU in, one response APDU out, in order (B-5.3-1). */
export interface CardConnection {
  /** @throws CardStorageError when the card cannot be powered, `CardConnectionLost` when the way to it is gone. */
  transmit(command: Uint8Array): Promise<Uint8Array>
  /**
   * Commands that belong together, in order and with nobody else's in between, up to the first that is not answered 9000.
   * Gives the answers so far. A way that cannot promise this leaves it out.
   */
  transmitAll?(commands: readonly Uint8Array[]): Promise<Uint8Array[]>
  /** Takes the power away and gives it back: every right and every selection is gone. */
  reset(): Promise<void>
}

/** `transmitAll` over a way to the card that has it, otherwise one by one. */
export function transmitTogether(
  connection: CardConnection,
  commands: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  return connection.transmitAll === undefined
    ? untilRefused(commands, (command) => connection.transmit(command))
    : connection.transmitAll(commands)
}

export async function untilRefused(
  commands: readonly Uint8Array[],
  transmit: (command: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array[]> {
  const answers: Uint8Array[] = []
  for (const command of commands) {
    const answer = await transmit(command)
    answers.push(answer)
    if (answer[answer.length - 2] !== 0x90 || answer[answer.length - 1] !== 0x00) break
  }
  return answers
}

/** The worker, socket or reader between program and card went away. */
export class CardConnectionLost extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(`connection to the card lost: ${detail}`, options)
    this.name = 'CardConnectionLost'
  }
}
