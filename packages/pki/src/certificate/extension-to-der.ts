import { derBoolean, derOctets, derOid, derSequence, encodeDer, type DerValue } from '@anqu/encoding'

/** RFC 5280 section 4.1: the default, not critical, is left out as DER wants it. */
export function extensionToDer(oid: string, criticality: 'critical' | 'plain', value: DerValue): DerValue {
  const octets = derOctets(encodeDer(value))
  return criticality === 'critical'
    ? derSequence(derOid(oid), derBoolean(true), octets)
    : derSequence(derOid(oid), octets)
}
