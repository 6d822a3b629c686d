import { ByteWriter } from './byte-writer.ts'
import { ParseError } from './parse-error.ts'

/** One data object of ISO/IEC 7816-4 section 5.2.2. `tag` holds all tag bytes, as in 0x9F4B. */
export interface BerTlv {
  readonly tag: number
  readonly value: Uint8Array
  /** Data objects inside a constructed one. */
  readonly children?: readonly BerTlv[]
}

export interface BerTlvOptions {
  readonly path?: string
  readonly maxLength?: number
  readonly maxDepth?: number
  readonly maxObjects?: number
  /** EMV Book 3 annex B.1 allows 00 bytes between data objects; by default they are refused. */
  readonly padding?: 'refuse' | 'skip'
}

type Settings = Required<BerTlvOptions> & { objects: number }

const DEFAULTS: Required<BerTlvOptions> = {
  path: 'tlv',
  maxLength: 65_536,
  maxDepth: 8,
  maxObjects: 1024,
  padding: 'refuse',
}

/** A run of data objects. Values are views into the input. */
export function parseBerTlv(bytes: Uint8Array, options: BerTlvOptions = {}): BerTlv[] {
  const settings: Settings = { ...DEFAULTS, ...options, objects: 0 }
  if (bytes.length > settings.maxLength)
    throw new ParseError(settings.path, 0, `at most ${settings.maxLength} bytes`)
  return parseRun(bytes, 0, 0, settings)
}

function parseRun(bytes: Uint8Array, base: number, depth: number, settings: Settings): BerTlv[] {
  if (depth > settings.maxDepth) throw new ParseError(settings.path, base, 'less nesting')
  const objects: BerTlv[] = []
  let at = 0
  while (at < bytes.length) {
    if (bytes[at] === 0 && settings.padding === 'skip') {
      at += 1
      continue
    }
    if (++settings.objects > settings.maxObjects)
      throw new ParseError(settings.path, base + at, 'fewer data objects')
    const place = { path: settings.path, base }
    const { tag, constructed, next } = readTag(bytes, at, place)
    const { length, start } = readLength(bytes, next, place)
    const value = bytes.subarray(start, start + length)
    if (value.length !== length) throw new ParseError(settings.path, base + next, `${length} bytes of value`)
    if (constructed)
      objects.push({ tag, value, children: parseRun(value, base + start, depth + 1, settings) })
    else objects.push({ tag, value })
    at = start + length
  }
  return objects
}

interface Place {
  readonly path: string
  readonly base: number
}

function readTag(
  bytes: Uint8Array,
  at: number,
  place: Place,
): { tag: number; constructed: boolean; next: number } {
  const first = bytes[at] ?? 0
  if (first === 0 || first === 0xff)
    throw new ParseError(place.path, place.base + at, 'a tag other than 00 and FF')
  let tag = first
  let next = at + 1
  if ((first & 0x1f) === 0x1f) {
    // ISO/IEC 7816-4: at most three tag bytes; the second is not 80 and three-byte tags are not for small numbers.
    let byte: number | undefined
    do {
      byte = bytes[next]
      const leading = next === at + 1
      const tooSmall = leading && byte !== undefined && (byte === 0x80 || byte < 0x1f)
      if (byte === undefined || tooSmall || next > at + 2) {
        throw new ParseError(place.path, place.base + next, 'a tag of at most three bytes')
      }
      tag = tag * 256 + byte
      next += 1
    } while (byte >= 0x80)
  }
  return { tag, constructed: (first & 0x20) !== 0, next }
}

function readLength(bytes: Uint8Array, at: number, place: Place): { length: number; start: number } {
  const first = bytes[at]
  if (first === undefined) throw new ParseError(place.path, place.base + at, 'a length')
  if (first < 0x80) return { length: first, start: at + 1 }
  const size = first & 0x7f
  if (size < 1 || size > 4 || at + 1 + size > bytes.length) {
    throw new ParseError(place.path, place.base + at, 'a definite length of at most four bytes')
  }
  let length = 0
  for (let index = 1; index <= size; index++) length = length * 256 + (bytes[at + index] ?? 0)
  return { length, start: at + 1 + size }
}

/** The first data object with this tag on this level. */
export function findBerTlv(objects: readonly BerTlv[], tag: number): BerTlv | undefined {
  return objects.find((object) => object.tag === tag)
}

function tagBytes(tag: number): Uint8Array {
  if (!Number.isInteger(tag) || tag <= 0 || tag > 0xff_ffff) throw new RangeError(`not a tag: ${tag}`)
  const bytes =
    tag > 0xffff ? [tag >> 16, (tag >> 8) & 0xff, tag & 0xff] : tag > 0xff ? [tag >> 8, tag & 0xff] : [tag]
  if (!isWholeTag(bytes)) throw new RangeError(`not a tag: 0x${tag.toString(16)}`)
  return Uint8Array.from(bytes)
}

/** The same rule as readTag: a low number takes one byte, 31 to 127 two, more takes three. */
function isWholeTag(bytes: readonly number[]): boolean {
  const [first = 0, second = 0, third] = bytes
  if (first === 0xff || bytes.length === 1) return (first & 0x1f) !== 0x1f
  if ((first & 0x1f) !== 0x1f) return false
  return third === undefined ? second >= 0x1f && second < 0x80 : second > 0x80 && third < 0x80
}

/** One data object with the shortest length form. */
export function encodeBerTlv(tag: number, value: Uint8Array): Uint8Array {
  const writer = new ByteWriter(value.length + 8).bytes(tagBytes(tag))
  const { length } = value
  if (length < 0x80) writer.u8(length)
  else if (length <= 0xff) writer.u8(0x81).u8(length)
  else if (length <= 0xffff) writer.u8(0x82).u16(length)
  else writer.u8(0x84).u32(length)
  return writer.bytes(value).finish()
}
