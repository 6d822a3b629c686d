import { derNamedBits, type DerReader, type DerValue } from '@anqu/encoding'
import type { RevocationReason } from './reason.ts'

/** ReasonFlags (RFC 5280 section 4.2.1.13): bit 0 is not used, and `unspecified` and `removeFromCRL` have none. */
const FLAGS: readonly (RevocationReason | undefined)[] = [
  undefined,
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
]

/** A set of reasons as a number, bit n for flag n. */
export type ReasonSet = number

export const ALL_REASONS: ReasonSet = 0x1fe

export function reasonSetOf(reasons: readonly RevocationReason[]): ReasonSet {
  return reasons.reduce((set, reason) => {
    const bit = FLAGS.indexOf(reason)
    if (bit < 1) throw new RangeError(`${reason} is not a reason a list can be confined to`)
    return set | (1 << bit)
  }, 0)
}

export function reasonSetToDer(set: ReasonSet): DerValue {
  return derNamedBits(FLAGS.flatMap((_, bit) => (set & (1 << bit) ? [bit] : [])))
}

/** ParseError on an empty set, which would be a list over nothing, and on bits without a name; `unused` says nothing. */
export function readReasonSet(reader: DerReader, tag: number): ReasonSet {
  const { unusedBits, bytes } = reader.bits('reasons', tag)
  const count = bytes.length * 8 - unusedBits
  let set = 0
  for (let bit = 0; bit < count; bit++) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0) continue
    if (bit >= FLAGS.length) reader.fail('reasons', 'flags 0 to 8')
    set |= 1 << bit
  }
  if ((set & ALL_REASONS) === 0 || (set & (1 << (count - 1))) === 0)
    reader.fail('reasons', 'a reason, and a last flag that is set')
  return set & ALL_REASONS
}
