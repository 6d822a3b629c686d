import type { CurveEngine } from './engine.ts'
import { signHedged } from './js/hedged-sign.ts'

/**
 * What both fast engines export: functions on byte strings at fixed places. Slot i is bytes 32·i … 32·i+31 of the area
 * `bytes()` returns (see assembly/slots.ts and assembly/sm2.ts, which say what each function reads and leaves).
 */
export interface CurveCore {
  bytes(): Uint8Array<ArrayBuffer>
  readonly prepare: () => void
  readonly wipe: () => void
  readonly multiplyBase: () => void
  readonly multiplyAny: () => void
  readonly combine: () => number
  readonly isOnCurve: () => number
  readonly decompress: (parity: number) => number
  readonly signingInverse: () => void
  readonly multiplyAdd: () => void
  readonly sign: () => number
  /** Signs with a nonce derived from the 32 random bytes in slot 6; absent where the host derives it. */
  readonly signHedged?: () => number
  readonly verify: () => number
  readonly buildTable: (slot: number) => void
  readonly verifyWithTable: (slot: number) => number
  /** Makes room for table `slot`. */
  reserveTable(slot: number): void
}

// Tables of recently used keys, about 110 KB each. Slot 0 belongs to the base point.
const mostTables = 32

/** Remembers which key's table is in which slot; the one unused for longest makes room for a new one. */
class TableSlots {
  readonly #core: CurveCore
  readonly #owners: { owner: object | undefined; used: number }[] = []
  #clock = 0

  constructor(core: CurveCore) {
    this.#core = core
  }

  /** The slot with the table of `point`, built when it is not there. */
  slotFor(owner: object, point: Uint8Array): number {
    this.#clock++
    const present = this.#owners.find((entry) => entry.owner === owner)
    if (present !== undefined) {
      present.used = this.#clock
      return this.#owners.indexOf(present) + 1
    }
    const entry = this.#vacate()
    const slot = this.#owners.indexOf(entry) + 1
    this.#core.reserveTable(slot)
    this.#core.bytes().set(point, 96)
    this.#core.buildTable(slot)
    entry.owner = owner
    entry.used = this.#clock
    return slot
  }

  #vacate(): { owner: object | undefined; used: number } {
    const [first] = this.#owners
    if (first === undefined || this.#owners.length < mostTables) {
      const entry = { owner: undefined, used: 0 }
      this.#owners.push(entry)
      return entry
    }
    return this.#owners.reduce((oldest, entry) => (entry.used < oldest.used ? entry : oldest), first)
  }
}

/** Arguments go into `ready()`, results come out of `take`, which erases what the call left behind. */
interface Workspace {
  ready(): Uint8Array<ArrayBuffer>
  take(from: number, length: number): Uint8Array<ArrayBuffer>
}

function workspace(core: CurveCore): Workspace {
  let prepared = false
  return {
    ready() {
      if (!prepared) {
        core.reserveTable(0)
        core.prepare()
        prepared = true
      }
      return core.bytes()
    },
    take(from, length) {
      const out = core.bytes().slice(from, from + length)
      core.wipe()
      return out
    },
  }
}

type PointOperations = Pick<CurveEngine, 'multiplyBase' | 'multiply' | 'combine' | 'isOnCurve' | 'decompress'>

function pointOperations(core: CurveCore, { ready, take }: Workspace): PointOperations {
  return {
    multiplyBase(scalar) {
      ready().set(scalar)
      core.multiplyBase()
      return take(128, 64)
    },
    multiply(scalar, point) {
      const bytes = ready()
      bytes.set(scalar)
      bytes.set(point, 64)
      core.multiplyAny()
      return take(128, 64)
    },
    combine(point, scalar, other) {
      const bytes = ready()
      bytes.set(scalar)
      bytes.set(other, 64)
      bytes.set(point, 192)
      const finite = core.combine()
      const out = take(128, 64)
      return finite === 1 ? out : undefined
    },
    isOnCurve(point) {
      ready().set(point, 64)
      return core.isOnCurve() === 1
    },
    decompress(x, parity) {
      ready().set(x, 64)
      return core.decompress(parity) === 1 ? take(64, 64) : undefined
    },
  }
}

type SigningOperations = Pick<CurveEngine, 'signingInverse' | 'multiplyAdd' | 'signWithNonce' | 'sign'>

function signingOperations(core: CurveCore, { ready, take }: Workspace): SigningOperations {
  const signWithNonce: CurveEngine['signWithNonce'] = ({ digest, scalar, inverse, nonce }) => {
    const bytes = ready()
    bytes.set(digest)
    bytes.set(scalar, 32)
    bytes.set(inverse, 64)
    bytes.set(nonce, 96)
    const sound = core.sign()
    const out = take(128, 64)
    return sound === 1 ? out : undefined
  }
  return {
    signingInverse(scalar) {
      ready().set(scalar)
      core.signingInverse()
      return take(32, 32)
    },
    multiplyAdd(a, b, c) {
      const bytes = ready()
      bytes.set(a)
      bytes.set(b, 32)
      bytes.set(c, 64)
      core.multiplyAdd()
      return take(96, 32)
    },
    signWithNonce,
    sign(input) {
      if (core.signHedged === undefined) return signHedged(signWithNonce, input)
      const bytes = ready()
      bytes.set(input.digest)
      bytes.set(input.scalar, 32)
      bytes.set(input.inverse, 64)
      bytes.set(input.random, 192)
      core.signHedged()
      return take(128, 64)
    },
  }
}

function verifyingOperations(
  core: CurveCore,
  { ready }: Workspace,
): Pick<CurveEngine, 'verify' | 'verifier'> {
  const slots = new TableSlots(core)
  const load = (digest: Uint8Array, signature: Uint8Array, point: Uint8Array): void => {
    const bytes = core.bytes()
    bytes.set(digest)
    bytes.set(signature, 32)
    bytes.set(point, 96)
  }
  return {
    verify(digest, signature, point) {
      ready()
      load(digest, signature, point)
      return core.verify() === 1
    },
    verifier(point) {
      const owner = {}
      const own = Uint8Array.from(point)
      return (digest, signature) => {
        ready()
        const slot = slots.slotFor(owner, own)
        load(digest, signature, own)
        return core.verifyWithTable(slot) === 1
      }
    },
  }
}

/** The curve's part of an engine over a core. Every call with a secret erases its arguments and intermediate values. */
export function curveEngine(core: CurveCore): CurveEngine {
  const space = workspace(core)
  return {
    ...pointOperations(core, space),
    ...signingOperations(core, space),
    ...verifyingOperations(core, space),
  }
}
