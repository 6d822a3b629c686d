import { FileType, type NonVolatileMemory } from './non-volatile-memory.ts'

/** Card life cycle of GlobalPlatform Card Specification 2.3.1 §5.1, with its coding of table 11-6. */
export const CardState = {
  opReady: 0x01,
  initialized: 0x07,
  secured: 0x0f,
  locked: 0x7f,
  terminated: 0xff,
} as const
export type CardStateByte = (typeof CardState)[keyof typeof CardState]

const STATES = Object.values(CardState)
const PATH = 'card/life-cycle'
const { opReady, initialized, secured, locked, terminated } = CardState
const NEXT: ReadonlyMap<CardStateByte, readonly CardStateByte[]> = new Map<CardStateByte, CardStateByte[]>([
  [opReady, [initialized, secured, terminated]],
  [initialized, [secured, terminated]],
  [secured, [locked, terminated]],
  [locked, [secured, terminated]],
  [terminated, []],
])

/** @throws RangeError when the byte is no state. */
export function parseCardState(byte: number | undefined): CardStateByte {
  for (const state of STATES) if (state === byte) return state
  throw new RangeError('not a card state')
}

/** The state kept in card memory; a new card is OP_READY. */
export class LifeCycle {
  readonly #memory: NonVolatileMemory

  constructor(memory: NonVolatileMemory) {
    this.#memory = memory
  }

  get state(): CardStateByte {
    const file = this.#memory.get(PATH)
    return file === undefined ? opReady : parseCardState(file.bytes[0])
  }

  /** True when the move was allowed and is stored; only SECURED ⇄ LOCKED can be undone. */
  async move(to: CardStateByte): Promise<boolean> {
    if (!NEXT.get(this.state)?.includes(to)) return false
    await this.#memory.commit([
      { kind: 'put', path: PATH, file: { type: FileType.working, bytes: Uint8Array.of(to) } },
    ])
    return true
  }
}
