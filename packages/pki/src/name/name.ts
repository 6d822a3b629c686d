import {
  bytesToHex,
  DER_IA5_STRING,
  DER_PRINTABLE_STRING,
  DER_UTF8_STRING,
  bytesToUtf8,
  derConstructed,
  derIa5,
  derOid,
  derPrintable,
  DerReader,
  derRaw,
  derSequence,
  derSetOf,
  derUtf8,
  encodeDer,
  hexToBytes,
  type DerElement,
  type DerValue,
} from '@anqu/encoding'
import { PkiError } from '../pki-error.ts'
import { attributeOid, attributeType, type AttributeType } from './attribute-types.ts'

export interface NameAttribute {
  readonly type: AttributeType
  /** Text; `#` and hexadecimal DER when the value is not UTF8String, PrintableString or IA5String (RFC 4514). */
  readonly value: string
  /** True when this attribute shares its relative name with the one before it. */
  readonly joined?: true
}

/** A distinguished name, most significant attribute first as it stands in the certificate (RFC 5280 section 4.1.2.4). */
export type Name = readonly NameAttribute[]

const MAX_ATTRIBUTES = 32
const PRINTABLE_TYPES = new Set(['2.5.4.6', '2.5.4.5'])
const IA5_TYPES = new Set(['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1'])

function encodeValue(oid: string, value: string): DerValue {
  if (value.length === 0) throw new PkiError('name', `an attribute ${oid} without a value`)
  if (value.startsWith('#')) return derRaw(hexToBytes(value.slice(1)))
  // X.520: country and serial number are PrintableString; readers refuse another type.
  if (PRINTABLE_TYPES.has(oid)) return derPrintable(value)
  return IA5_TYPES.has(oid) ? derIa5(value) : derUtf8(value)
}

function attributeToDer({ type, value }: NameAttribute): DerValue {
  const oid = attributeOid(type)
  if (oid === '2.5.4.6' && !/^[A-Z]{2}$/.test(value))
    throw new PkiError('name', `not a country code: ${value}`)
  return derSequence(derOid(oid), encodeValue(oid, value))
}

/** DER value of a name. PkiError on an empty attribute, RangeError on a text its type cannot hold. */
export function nameToDer(name: Name): DerValue {
  const relative: DerValue[][] = []
  for (const attribute of name) {
    const last = relative.at(-1)
    if (attribute.joined && last) last.push(attributeToDer(attribute))
    else relative.push([attributeToDer(attribute)])
  }
  return derConstructed(
    0x30,
    relative.map((attributes) => derSetOf(...attributes)),
  )
}

/** The set of attributes of one relative name. */
export function relativeNameToDer(name: Name): DerValue {
  if (name.length === 0) throw new PkiError('name', 'a relative name without an attribute')
  return derSetOf(...name.map(attributeToDer))
}

export function encodeName(name: Name): Uint8Array {
  return encodeDer(nameToDer(name))
}

function valueText(value: DerElement): string {
  const isText =
    value.tag === DER_UTF8_STRING || value.tag === DER_PRINTABLE_STRING || value.tag === DER_IA5_STRING
  return isText ? bytesToUtf8(value.content, 'name') : `#${bytesToHex(value.raw)}`
}

/** Reads the attributes of one relative name; the caller has entered its set. */
export function readRelativeName(members: DerReader): Name {
  const name: NameAttribute[] = []
  if (members.done) members.fail('attribute', 'at least one attribute')
  while (!members.done) {
    const attribute = members.sequence('attribute')
    const type = attributeType(attribute.oid('type'))
    const value = valueText(attribute.any('value'))
    attribute.end()
    if (name.length >= MAX_ATTRIBUTES) members.fail('attribute', `at most ${MAX_ATTRIBUTES} attributes`)
    name.push(name.length > 0 ? { type, value, joined: true } : { type, value })
  }
  return name
}

/** Reads a name from the next element. */
export function readName(reader: DerReader, field: string): Name {
  const relatives = reader.sequence(field)
  const name: NameAttribute[] = []
  while (!relatives.done) {
    name.push(...readRelativeName(relatives.setOf('relative')))
    if (name.length > MAX_ATTRIBUTES) relatives.fail('attribute', `at most ${MAX_ATTRIBUTES} attributes`)
  }
  return name
}

export function parseName(der: Uint8Array): Name {
  const reader = DerReader.over(der, 'name')
  const name = readName(reader, 'name')
  reader.end()
  return name
}

/** The first value of an attribute type, such as `CN`. */
export function nameValue(name: Name, type: AttributeType): string | undefined {
  return name.find((attribute) => attribute.type === type)?.value
}

/** RFC 4514 text, most specific attribute first: `CN=Zhang San,O=Anqu,C=CN`. For people and logs, never compared. */
export function formatName(name: Name): string {
  const escaped = (value: string): string =>
    // oxlint-disable-next-line eslint/no-control-regex -- control characters are exactly what may not reach a log.
    value.replace(/[,+"\\<>;=]/g, (found) => `\\${found}`).replace(/[\u0000-\u001f\u007f]/g, '?')
  let text = ''
  for (const { type, value, joined } of name) {
    const part = `${type}=${escaped(value)}`
    text = text === '' ? part : joined ? text.replace(/^/, `${part}+`) : `${part},${text}`
  }
  return text
}

/**
 * Two names are the same when these keys are (RFC 5280 section 7.1): letter case, repeated and outer white space and the
 * string type do not count.
 */
export function nameKey(name: Name): string {
  return JSON.stringify(
    name.map(({ type, value, joined }) => [
      attributeOid(type),
      value.startsWith('#') ? value : value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' '),
      joined === true,
    ]),
  )
}

export function equalNames(left: Name, right: Name): boolean {
  return nameKey(left) === nameKey(right)
}
