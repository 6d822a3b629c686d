import {
  bytesToHex,
  derContextTag,
  derExplicit,
  derPrimitive,
  derRaw,
  hexToBytes,
  utf8ToBytes,
  type DerReader,
  type DerValue,
} from '@anqu/encoding'
import { PkiError } from '../pki-error.ts'
import { nameKey, nameToDer, readName, type Name } from './name.ts'

/** RFC 5280 section 4.2.1.6. Kinds we give no meaning to keep their DER, so that nothing is lost or overlooked. */
export type GeneralName =
  | { readonly kind: 'dns'; readonly value: string }
  | { readonly kind: 'email'; readonly value: string }
  | { readonly kind: 'uri'; readonly value: string }
  /** 4 or 16 address bytes; 8 or 32 (address and mask) inside name constraints. */
  | { readonly kind: 'ip'; readonly value: Uint8Array }
  | { readonly kind: 'directory'; readonly value: Name }
  | { readonly kind: 'other'; readonly tag: number; readonly derHex: string }

const IA5_KINDS = { email: 1, dns: 2, uri: 6 } as const
const DIRECTORY = derContextTag(4, 'constructed')
const IP = derContextTag(7, 'primitive')

export function generalNameToDer(name: GeneralName): DerValue {
  if (name.kind === 'directory') return derExplicit(4, nameToDer(name.value))
  if (name.kind === 'other') return derRaw(hexToBytes(name.derHex))
  if (name.kind === 'ip') return derPrimitive(IP, name.value)
  // oxlint-disable-next-line eslint/no-control-regex -- IA5String is ASCII; anything else is refused here.
  if (name.value === '' || !/^[\x21-\x7e]+$/.test(name.value))
    throw new PkiError('name', `not a ${name.kind} name`)
  return derPrimitive(derContextTag(IA5_KINDS[name.kind], 'primitive'), utf8ToBytes(name.value))
}

export function readGeneralName(reader: DerReader, field: string): GeneralName {
  const tag = reader.peek()
  for (const kind of ['email', 'dns', 'uri'] as const) {
    const expected = derContextTag(IA5_KINDS[kind], 'primitive')
    if (tag === expected) return { kind, value: reader.text(field, expected) }
  }
  if (tag === IP) return { kind: 'ip', value: reader.octets(field, IP) }
  if (tag === DIRECTORY) {
    const inner = reader.constructed(DIRECTORY, field)
    const value = readName(inner, 'directory')
    inner.end()
    return { kind: 'directory', value }
  }
  const element = reader.any(field)
  const known = [0xa0, 0xa3, 0xa5, 0x88]
  if (!known.includes(element.tag)) reader.fail(field, 'a general name')
  return { kind: 'other', tag: element.tag, derHex: bytesToHex(element.raw) }
}

/** SEQUENCE SIZE (1..MAX) OF GeneralName, whatever its tag; the caller has entered it. */
export function readGeneralNames(reader: DerReader): GeneralName[] {
  const names: GeneralName[] = []
  do names.push(readGeneralName(reader, 'name'))
  while (!reader.done)
  return names
}

/** Text that is the same for names that mean the same: host names and addresses of places without their letter case. */
export function generalNameKey(name: GeneralName): string {
  if (name.kind === 'directory') return `directory ${nameKey(name.value)}`
  if (name.kind === 'ip') return `ip ${bytesToHex(name.value)}`
  if (name.kind === 'other') return `other ${name.derHex}`
  return `${name.kind} ${name.kind === 'dns' ? name.value.toLowerCase() : name.value}`
}
