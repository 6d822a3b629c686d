import { DerReader, derNamedBits, type DerValue } from '@anqu/encoding'

/** Bits of RFC 5280 section 4.2.1.3 in their order. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = (typeof KEY_USAGES)[number]

export function keyUsageToDer(usages: readonly KeyUsage[]): DerValue {
  return derNamedBits(usages.map((usage) => KEY_USAGES.indexOf(usage)))
}

/** At least one bit must be set, and bits beyond the last named one are refused. */
export function readKeyUsage(reader: DerReader): KeyUsage[] {
  const { unusedBits, bytes } = reader.bits('keyUsage')
  const count = bytes.length * 8 - unusedBits
  const usages: KeyUsage[] = []
  for (let bit = 0; bit < count; bit++) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0) continue
    const usage = KEY_USAGES[bit]
    if (usage === undefined) return reader.fail('keyUsage', 'a named bit 0 to 8')
    usages.push(usage)
  }
  // X.690 section 11.2.2: a list of named bits ends with a bit that is set.
  const last = usages.at(-1)
  if (last === undefined || KEY_USAGES.indexOf(last) !== count - 1)
    reader.fail('keyUsage', 'a last bit that is set')
  return usages
}
