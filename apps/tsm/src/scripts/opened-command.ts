/** A command of a batch with the card's answer, its secure messaging taken off. */
export type OpenedCommand = {
  readonly name: string
  readonly statusWord: number
  readonly data: Uint8Array
}
