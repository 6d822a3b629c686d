import { compareBytes } from '../bytes.ts'
import { utf8ToBytes } from '../utf8.ts'
import { oidToContent } from './der-oid.ts'
import * as tags from './der-tags.ts'
import { formatDerTime, formatGeneralizedTime } from './der-time.ts'

/** A value to encode. Lengths are known when it is built, so that encoding allocates once. */
export type DerValue =
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  | { readonly kind: 'primitive'; readonly tag: number; readonly content: Uint8Array }
  | {
      readonly kind: 'constructed'
      readonly tag: number
      readonly members: readonly DerValue[]
      readonly length: number
    }

function lengthSize(length: number): number {
  if (length < 0x80) return 1
  if (length < 0x100) return 2
  if (length < 0x1_0000) return 3
  return length < 0x100_0000 ? 4 : 5
}

function encodedLength(value: DerValue): number {
  if (value.kind === 'raw') return value.bytes.length
  const content = value.kind === 'primitive' ? value.content.length : value.length
  return 1 + lengthSize(content) + content
}

function writeHeader(target: Uint8Array, at: number, tag: number, length: number): number {
  const size = lengthSize(length)
  target[at] = tag
  if (size === 1) target[at + 1] = length
  else {
    target[at + 1] = 0x80 | (size - 1)
    for (let index = 1; index < size; index++)
      target[at + 1 + index] = Math.floor(length / 256 ** (size - 1 - index))
  }
  return at + 1 + size
}

function write(target: Uint8Array, at: number, value: DerValue): number {
  if (value.kind === 'raw') {
    target.set(value.bytes, at)
    return at + value.bytes.length
  }
  if (value.kind === 'primitive') {
    const start = writeHeader(target, at, value.tag, value.content.length)
    target.set(value.content, start)
    return start + value.content.length
  }
  let next = writeHeader(target, at, value.tag, value.length)
  for (const member of value.members) next = write(target, next, member)
  return next
}

export function encodeDer(value: DerValue): Uint8Array {
  const target = new Uint8Array(encodedLength(value))
  write(target, 0, value)
  return target
}

/** Bytes that are DER already, such as a signed part that must stay as it was. */
export function derRaw(bytes: Uint8Array): DerValue {
  return { kind: 'raw', bytes }
}

export function derPrimitive(tag: number, content: Uint8Array): DerValue {
  return { kind: 'primitive', tag, content }
}

export function derConstructed(tag: number, members: readonly DerValue[]): DerValue {
  let length = 0
  for (const member of members) length += encodedLength(member)
  return { kind: 'constructed', tag, members, length }
}

export function derSequence(...members: readonly DerValue[]): DerValue {
  return derConstructed(tags.DER_SEQUENCE, members)
}

/** SET OF: members are put into DER order (X.690 section 11.6). */
export function derSetOf(...members: readonly DerValue[]): DerValue {
  const encoded = members.map(encodeDer).toSorted(compareBytes)
  return derConstructed(tags.DER_SET, encoded.map(derRaw))
}

/** [number] EXPLICIT */
export function derExplicit(number: number, ...members: readonly DerValue[]): DerValue {
  return derConstructed(tags.derContextTag(number, 'constructed'), members)
}

/** [number] IMPLICIT over a primitive or constructed value. */
export function derImplicit(number: number, value: DerValue): DerValue {
  if (value.kind === 'raw') throw new RangeError('raw DER has its tag already')
  const tag = tags.derContextTag(number, value.kind)
  return { ...value, tag }
}

export function derBoolean(value: boolean): DerValue {
  return derPrimitive(tags.DER_BOOLEAN, Uint8Array.of(value ? 0xff : 0))
}

/** A non-negative INTEGER from big-endian bytes, or from a number. */
export function derUnsigned(value: Uint8Array | number | bigint, tag = tags.DER_INTEGER): DerValue {
  const magnitude = value instanceof Uint8Array ? value : numberBytes(BigInt(value))
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const trimmed = magnitude.subarray(start)
  const needsSign = trimmed.length === 0 || (trimmed[0] ?? 0) >= 0x80
  const content = new Uint8Array(trimmed.length + (needsSign ? 1 : 0))
  content.set(trimmed, content.length - trimmed.length)
  return derPrimitive(tag, content)
}

function numberBytes(value: bigint): Uint8Array {
  if (value < 0n) throw new RangeError(`negative: ${value}`)
  const digits = value.toString(16)
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  return Uint8Array.from({ length: even.length / 2 }, (_, index) =>
    Number.parseInt(even.slice(index * 2, index * 2 + 2), 16),
  )
}

export function derNull(): DerValue {
  return derPrimitive(tags.DER_NULL, new Uint8Array(0))
}

export function derOid(oid: string): DerValue {
  return derPrimitive(tags.DER_OID, oidToContent(oid))
}

export function derOctets(content: Uint8Array): DerValue {
  return derPrimitive(tags.DER_OCTET_STRING, content)
}

/** A BIT STRING of whole bytes. */
export function derBits(content: Uint8Array): DerValue {
  const bytes = new Uint8Array(content.length + 1)
  bytes.set(content, 1)
  return derPrimitive(tags.DER_BIT_STRING, bytes)
}

/** A BIT STRING of named bits: trailing zero bits are dropped (X.690 section 11.2.2). Bit 0 is the most significant. */
export function derNamedBits(positions: readonly number[]): DerValue {
  if (positions.length === 0) return derBits(new Uint8Array(0))
  const highest = Math.max(...positions)
  const bytes = new Uint8Array((highest >> 3) + 2)
  bytes[0] = 7 - (highest & 7)
  for (const position of positions) {
    const index = (position >> 3) + 1
    bytes[index] = (bytes[index] ?? 0) | (0x80 >> (position & 7))
  }
  return derPrimitive(tags.DER_BIT_STRING, bytes)
}

export function derUtf8(text: string): DerValue {
  return derPrimitive(tags.DER_UTF8_STRING, utf8ToBytes(text))
}

/** RangeError when the text has a character that PrintableString lacks (X.680 section 41.4). */
export function derPrintable(text: string): DerValue {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) throw new RangeError('not a PrintableString')
  return derPrimitive(tags.DER_PRINTABLE_STRING, utf8ToBytes(text))
}

/** RangeError when the text is not ASCII. */
export function derIa5(text: string): DerValue {
  const bytes = utf8ToBytes(text)
  if (bytes.length !== text.length) throw new RangeError('not an IA5String')
  return derPrimitive(tags.DER_IA5_STRING, bytes)
}

/** Whole seconds: UTCTime up to 2049, GeneralizedTime later (RFC 5280 section 4.1.2.5). */
export function derTime(atMs: number): DerValue {
  const { type, text } = formatDerTime(atMs)
  return derPrimitive(type === 'utc' ? tags.DER_UTC_TIME : tags.DER_GENERALIZED_TIME, utf8ToBytes(text))
}

/** GeneralizedTime whatever the year, as OCSP wants it (RFC 6960 section 4.2.2.1). */
export function derGeneralizedTime(atMs: number): DerValue {
  return derPrimitive(tags.DER_GENERALIZED_TIME, utf8ToBytes(formatGeneralizedTime(atMs)))
}
