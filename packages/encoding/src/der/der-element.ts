import { ParseError } from '../parse-error.ts'

/** One tag-length-value triple. `content` and `raw` are views into the input. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly raw: Uint8Array
  /** Where `content` begins, counted from the start of the whole input. */
  readonly contentOffset: number
}

interface Place {
  readonly path: string
  /** Offset of the window within the whole input, for error messages. */
  readonly base: number
}

/** Reads the element that starts at `at`. X.690 sections 8.1 and 10.1: definite, minimal length, low tag number. */
export function readDerElement(window: Uint8Array, at: number, place: Place): DerElement {
  const fail = (position: number, expected: string): never => {
    throw new ParseError(place.path, place.base + position, expected)
  }
  const tag = window[at]
  const first = window[at + 1]
  if (tag === undefined || first === undefined) return fail(at, 'a tag and a length')
  if ((tag & 0x1f) === 0x1f) fail(at, 'a tag number below 31')
  let length = first
  let start = at + 2
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size === 0 || size > 4) fail(at + 1, 'a definite length of at most 4 bytes')
    length = 0
    for (let index = 0; index < size; index++) {
      length = length * 256 + (window[start + index] ?? fail(at + 1, 'all length bytes'))
    }
    if (length < 0x80 || length < 256 ** (size - 1)) fail(at + 1, 'the shortest form of the length')
    start += size
  }
  const end = start + length
  if (end > window.length) fail(at + 1, `${length} bytes of content`)
  return {
    tag,
    content: window.subarray(start, end),
    raw: window.subarray(at, end),
    contentOffset: place.base + start,
  }
}
