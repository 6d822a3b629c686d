import { concatBytes } from '@anqu/encoding'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusWord } from '../../apdu/status-word.ts'

const LAST_BLOCK = 0x80
/** Structures of table 11-89 that are told apart here: none said, data groupings, BER-TLV. Encrypted data are not taken: the channel encrypts. */
const STRUCTURES = [0x00, 0x08, 0x10]
const CASE_BIT = 0x01
const LARGEST = 32 * 1024

/** Puts the blocks of one STORE DATA together; nothing is looked at before the last one is here. */
export class StoredBlocks {
  #blocks: Uint8Array = new Uint8Array(0)
  #next = 0

  /** All of it with the last block, undefined before. @throws StatusError 6985 for a block out of turn; all is dropped then. */
  accept({ p1, p2, data }: CommandApdu): Uint8Array | undefined {
    const [expected, before] = [this.#next, this.#blocks]
    this.clear()
    const structure = p1 & ~(LAST_BLOCK | CASE_BIT)
    requireStatus(STRUCTURES.includes(structure), StatusWord.wrongParameters)
    requireStatus(p2 === expected, StatusWord.conditionsNotSatisfied)
    requireStatus(before.length + data.length <= LARGEST, StatusWord.notEnoughMemory)
    const blocks = concatBytes(before, data)
    before.fill(0)
    if ((p1 & LAST_BLOCK) !== 0) return blocks
    this.#blocks = blocks
    this.#next = (expected + 1) & 0xff
    return undefined
  }

  /** What was sent so far is gone. */
  clear(): void {
    this.#blocks = new Uint8Array(0)
    this.#next = 0
  }
}
