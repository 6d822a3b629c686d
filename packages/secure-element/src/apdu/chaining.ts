import { MAX_COMMAND_DATA, type CommandApdu } from './command.ts'
import { StatusError, StatusWord } from './status-word.ts'

const CHAIN_BIT = 0x10

/** Command chaining (ISO/IEC 7816-4 §5.3.3): CLA bit 5 set on all parts but the last, same CLA INS P1 P2 in all. */
export class CommandChain {
  #parts: Uint8Array[] = []
  #length = 0
  #header: CommandApdu | undefined

  /**
   * The whole command once its last part is here, undefined while more must come.
   * @throws StatusError 6883 when another command breaks into a chain (the chain is dropped), 6700 past 65,535 bytes.
   */
  accept(part: CommandApdu): CommandApdu | undefined {
    const chained = (part.cla & CHAIN_BIT) !== 0
    if (!chained && this.#header === undefined) return part
    const whole = { ...part, cla: part.cla & ~CHAIN_BIT }
    if (this.#header !== undefined && !sameHeader(this.#header, whole))
      this.#refuse(StatusWord.lastOfChainExpected)
    this.#length += part.data.length
    if (this.#length > MAX_COMMAND_DATA) this.#refuse(StatusWord.wrongLength)
    this.#header ??= whole
    this.#parts.push(part.data.slice())
    if (chained) return undefined
    const data = new Uint8Array(this.#length)
    let offset = 0
    for (const piece of this.#parts) {
      data.set(piece, offset)
      offset += piece.length
    }
    this.clear()
    return { ...whole, data }
  }

  clear(): void {
    for (const piece of this.#parts) piece.fill(0)
    this.#parts = []
    this.#length = 0
    this.#header = undefined
  }

  #refuse(statusWord: number): never {
    this.clear()
    throw new StatusError(statusWord)
  }
}

function sameHeader(a: CommandApdu, b: CommandApdu): boolean {
  return a.cla === b.cla && a.ins === b.ins && a.p1 === b.p1 && a.p2 === b.p2
}
