import { bytesToUtf8 } from '../utf8.ts'
import { compareBytes } from '../bytes.ts'
import { ParseError } from '../parse-error.ts'
import { readDerElement, type DerElement } from './der-element.ts'
import { contentToOid } from './der-oid.ts'
import * as tags from './der-tags.ts'
import { parseGeneralizedTime, parseUtcTime } from './der-time.ts'

export interface DerLimits {
  /** Longest accepted input in bytes. */
  readonly maxLength: number
  /** How many constructed values may be nested. */
  readonly maxDepth: number
}

export interface DerBits {
  /** Bits of the last byte that are not part of the value, 0..7; they are zero. */
  readonly unusedBits: number
  readonly bytes: Uint8Array
}

const DEFAULT_LIMITS: DerLimits = { maxLength: 1024 * 1024, maxDepth: 24 }
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/
// oxlint-disable-next-line eslint/no-control-regex -- IA5String is the whole of ASCII, control characters included.
const IA5 = /^[\x00-\x7f]*$/

interface Window {
  readonly bytes: Uint8Array
  readonly base: number
  readonly depth: number
  readonly path: string
  readonly limits: DerLimits
}

/**
 * A cursor over the elements of one constructed value. Strict DER (X.690 sections 10 and 11): every value has one
 * spelling, anything else is a ParseError that names the field. Nothing is copied; nothing is read twice.
 */
export class DerReader {
  readonly #window: Window
  #at = 0

  private constructor(window: Window) {
    this.#window = window
  }

  /** Over a byte string that holds a whole number of elements, normally one. */
  static over(bytes: Uint8Array, path: string, limits: Partial<DerLimits> = {}): DerReader {
    const bounds = { ...DEFAULT_LIMITS, ...limits }
    if (bytes.length > bounds.maxLength) throw new ParseError(path, 0, `at most ${bounds.maxLength} bytes`)
    return new DerReader({ bytes, base: 0, depth: 0, path, limits: bounds })
  }

  get path(): string {
    return this.#window.path
  }

  get done(): boolean {
    return this.#at >= this.#window.bytes.length
  }

  /** Where the next element begins within this reader's content. */
  get offset(): number {
    return this.#at
  }

  /** Identifier octet of the next element, undefined at the end. */
  peek(): number | undefined {
    return this.#window.bytes[this.#at]
  }

  /** Passes over bytes that the caller has read and checked by other means. */
  skip(count: number): void {
    if (count < 0 || this.#at + count > this.#window.bytes.length) this.fail('skip', `${count} further bytes`)
    this.#at += count
  }

  /** For checks of the caller's own: names this reader's path and position. */
  fail(field: string, expected: string): never {
    throw new ParseError(`${this.path}.${field}`, this.#window.base + this.#at, expected)
  }

  /** The next element whatever its tag. */
  any(field: string): DerElement {
    const { bytes, base, path } = this.#window
    const element = readDerElement(bytes, this.#at, { path: `${path}.${field}`, base })
    this.#at += element.raw.length
    return element
  }

  element(tag: number, field: string): DerElement {
    if (this.peek() !== tag) this.fail(field, `tag 0x${tag.toString(16).padStart(2, '0')}`)
    return this.any(field)
  }

  /** The next element when it has this tag. */
  optional(tag: number, field: string): DerElement | undefined {
    return this.peek() === tag ? this.any(field) : undefined
  }

  /** A reader over the content of a constructed element. */
  constructed(tag: number, field: string): DerReader {
    return this.enter(this.element(tag, field), field)
  }

  optionalConstructed(tag: number, field: string): DerReader | undefined {
    return this.peek() === tag ? this.constructed(tag, field) : undefined
  }

  /** A reader over the content of an element already read from this reader. */
  enter(element: DerElement, field: string): DerReader {
    const { depth, path, limits } = this.#window
    if (depth >= limits.maxDepth)
      throw new ParseError(`${path}.${field}`, element.contentOffset, 'less nesting')
    return new DerReader({
      bytes: element.content,
      base: element.contentOffset,
      depth: depth + 1,
      path: `${path}.${field}`,
      limits,
    })
  }

  sequence(field: string): DerReader {
    return this.constructed(tags.DER_SEQUENCE, field)
  }

  /** SET OF; refuses members out of DER order (X.690 section 11.6). */
  setOf(field: string): DerReader {
    const element = this.element(tags.DER_SET, field)
    const check = this.enter(element, field)
    let before: DerElement | undefined
    while (!check.done) {
      const member = check.any('member')
      if (before && compareBytes(before.raw, member.raw) > 0) check.fail('member', 'ascending order')
      before = member
    }
    return this.enter(element, field)
  }

  boolean(field: string): boolean {
    const { content, contentOffset } = this.element(tags.DER_BOOLEAN, field)
    const value = content[0]
    if (content.length !== 1 || (value !== 0 && value !== 0xff)) {
      throw new ParseError(`${this.path}.${field}`, contentOffset, 'a boolean of 00 or FF')
    }
    return value === 0xff
  }

  /** Content of an INTEGER: two's complement, minimal. */
  integerBytes(field: string, tag = tags.DER_INTEGER): Uint8Array {
    const { content, contentOffset } = this.element(tag, field)
    const [first, second] = content
    const padded =
      second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    if (first === undefined || padded) {
      throw new ParseError(`${this.path}.${field}`, contentOffset, 'a minimally encoded integer')
    }
    return content
  }

  /** A non-negative INTEGER that fits into `maxBytes`, without its sign byte. */
  unsignedBytes(field: string, maxBytes: number): Uint8Array {
    const content = this.integerBytes(field)
    if ((content[0] ?? 0) >= 0x80) this.fail(field, 'a non-negative integer')
    const magnitude = content[0] === 0 && content.length > 1 ? content.subarray(1) : content
    if (magnitude.length > maxBytes) this.fail(field, `an integer of at most ${maxBytes} bytes`)
    return magnitude
  }

  /** A non-negative INTEGER (or ENUMERATED) up to `maximum`, itself at most 2^31 - 1. */
  small(field: string, maximum: number, tag = tags.DER_INTEGER): number {
    const content = this.integerBytes(field, tag)
    let value = 0
    if (content.length > 4 || (content[0] ?? 0) >= 0x80) this.fail(field, `a number in 0..${maximum}`)
    for (const byte of content) value = value * 256 + byte
    if (value > maximum) this.fail(field, `a number in 0..${maximum}`)
    return value
  }

  null(field: string): void {
    if (this.element(tags.DER_NULL, field).content.length !== 0) this.fail(field, 'an empty NULL')
  }

  oid(field: string): string {
    const { content, contentOffset } = this.element(tags.DER_OID, field)
    return contentToOid(content, `${this.path}.${field}`, contentOffset)
  }

  octets(field: string, tag = tags.DER_OCTET_STRING): Uint8Array {
    return this.element(tag, field).content
  }

  bits(field: string, tag = tags.DER_BIT_STRING): DerBits {
    const { content, contentOffset } = this.element(tag, field)
    const unusedBits = content[0]
    const bytes = content.subarray(1)
    const last = bytes.at(-1)
    const valid =
      unusedBits !== undefined &&
      unusedBits <= 7 &&
      (last === undefined ? unusedBits === 0 : (last & ((1 << unusedBits) - 1)) === 0)
    if (!valid)
      throw new ParseError(`${this.path}.${field}`, contentOffset, 'a bit string with zero unused bits')
    return { unusedBits, bytes }
  }

  /** A BIT STRING of whole bytes, as signatures and public keys are. */
  bitBytes(field: string): Uint8Array {
    const { unusedBits, bytes } = this.bits(field)
    if (unusedBits !== 0) this.fail(field, 'a bit string of whole bytes')
    return bytes
  }

  /** UTF8String, PrintableString or IA5String; `tag` when it is implicitly tagged as IA5String. */
  text(field: string, tag?: number): string {
    const element = tag === undefined ? this.any(field) : this.element(tag, field)
    const path = `${this.path}.${field}`
    const value = bytesToUtf8(element.content, path)
    const kind = tag === undefined ? element.tag : tags.DER_IA5_STRING
    const valid =
      kind === tags.DER_UTF8_STRING ||
      (kind === tags.DER_PRINTABLE_STRING && PRINTABLE.test(value)) ||
      (kind === tags.DER_IA5_STRING && IA5.test(value))
    if (!valid) throw new ParseError(path, element.contentOffset, 'UTF8String, PrintableString or IA5String')
    return value
  }

  /** UTCTime or GeneralizedTime as RFC 5280 allows them; epoch milliseconds. */
  time(field: string): number {
    const { tag, content, contentOffset } = this.any(field)
    const path = `${this.path}.${field}`
    const text = String.fromCharCode(...content.subarray(0, 16))
    if (tag === tags.DER_UTC_TIME) return parseUtcTime(text, path, contentOffset)
    if (tag === tags.DER_GENERALIZED_TIME) return parseGeneralizedTime(text, path, contentOffset)
    throw new ParseError(path, contentOffset, 'UTCTime or GeneralizedTime')
  }

  /** Refuses elements that nobody asked for. */
  end(): void {
    if (!this.done) throw new ParseError(this.path, this.#window.base + this.#at, 'no further element')
  }
}
