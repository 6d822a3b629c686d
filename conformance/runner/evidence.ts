import { canonicalBytes, parseCanonical, type Canonical } from '@anqu/contract'
import { bytesToHex, bytesToUtf8, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { Refused } from '@anqu/client'

export type EvidenceKind = 'observation' | 'proof' | 'failure'

/** One thing seen, chained to everything seen before it in the same run. */
export type EvidenceRecord = {
  readonly sequence: number
  readonly atMs: number
  readonly control: string
  readonly kind: EvidenceKind
  readonly what: string
  /** Canonical JSON. Never a secret, a code, a session id or personal data in the clear. */
  readonly data: string
  /** SM3(previous hash ‖ canonical record), hex. */
  readonly hash: string
}

/** Hash before the first record. */
export const genesis = '0'.repeat(64)

const hashOf = (previous: string, { hash: _, ...record }: EvidenceRecord): string => {
  const bytes = canonicalBytes(record)
  const chained = new Uint8Array(32 + bytes.length)
  chained.set(hexToBytes(previous))
  chained.set(bytes, 32)
  return bytesToHex(sm3(chained))
}

/** The sequence of the first record that does not fit, or undefined when the whole chain does. */
export function firstBreak(records: readonly EvidenceRecord[]): number | undefined {
  let previous = genesis
  for (const [index, record] of records.entries()) {
    if (record.sequence !== index + 1 || record.hash !== hashOf(previous, record)) return index + 1
    // Data that is not canonical could be read in two ways under one hash.
    parseCanonical(utf8ToBytes(record.data))
    previous = record.hash
  }
  return undefined
}

/** What the system did is not what the control demands. */
export class ControlFailed extends Error {}

/** The check cannot be made here; the reason is shown. */
export class ControlSkipped extends Error {}

export type Evidence = {
  /** Something seen that proves nothing by itself. */
  note(what: string, data?: Canonical): void
  /** Records the proof, or fails the control. */
  holds(what: string, condition: boolean, data?: Canonical): void
  /** The attempt must be refused with one of the codes; anything else fails the control. Answers the refusal. */
  refused(what: string, attempt: () => Promise<unknown>, codes: readonly string[]): Promise<Refused>
}

export type EvidenceChain = {
  readonly records: EvidenceRecord[]
  head(): string
  add(entry: { control: string; kind: EvidenceKind; what: string; data: Canonical }): void
}

export function createEvidenceChain(clock: { nowMs(): number }): EvidenceChain {
  const records: EvidenceRecord[] = []
  const head = (): string => records.at(-1)?.hash ?? genesis
  return {
    records,
    head,
    add({ data, ...entry }) {
      const open = {
        sequence: records.length + 1,
        atMs: clock.nowMs(),
        ...entry,
        data: bytesToUtf8(canonicalBytes(data)),
        hash: '',
      }
      records.push({ ...open, hash: hashOf(head(), open) })
    },
  }
}

/** The evidence of one control; `proofs` counts what would have failed it. */
export function evidenceFor(chain: EvidenceChain, control: string): Evidence & { proofs(): number } {
  let proofs = 0
  const fail = (what: string, data: Canonical): never => {
    chain.add({ control, kind: 'failure', what, data })
    throw new ControlFailed(what)
  }
  const prove = (what: string, data: Canonical): void => {
    proofs += 1
    chain.add({ control, kind: 'proof', what, data })
  }
  return {
    proofs: () => proofs,
    note: (what, data = {}) => chain.add({ control, kind: 'observation', what, data }),
    holds(what, condition, data = {}) {
      if (!condition) fail(what, data)
      prove(what, data)
    },
    async refused(what, attempt, codes) {
      const outcome = await attempt().then(
        () => 'accepted' as const,
        (error: unknown) => error,
      )
      if (outcome instanceof Refused && codes.includes(outcome.code)) {
        prove(what, { refusedWith: outcome.code })
        return outcome
      }
      const met = outcome instanceof Error ? `${outcome.name}: ${outcome.message}` : 'accepted'
      return fail(what, { expected: codes, met: met.slice(0, 200) })
    },
  }
}
