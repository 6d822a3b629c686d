import { ParseError } from '../parse-error.ts'

const MAX_OID_BYTES = 64

function appendBase128(target: number[], value: bigint): void {
  const digits: number[] = []
  let rest = value
  do {
    digits.unshift(Number(rest & 0x7fn) | (digits.length > 0 ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  target.push(...digits)
}

/** Programs use a few dozen identifiers over and over. Bounded, as those that are read come from strangers. */
const MAX_KNOWN = 1000
const knownContents = new Map<string, Uint8Array>()
const knownOids = new Map<string, string>()

/**
 * Content octets of an object identifier in dotted form (X.690 section 8.19), not to be changed. RangeError on a malformed
 * text.
 */
export function oidToContent(oid: string): Uint8Array {
  const known = knownContents.get(oid)
  if (known) return known
  const content = encodeOid(oid)
  if (knownContents.size < MAX_KNOWN) knownContents.set(oid, content)
  return content
}

function encodeOid(oid: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9]\d*))+$/.test(oid)) throw new RangeError(`not an object identifier: ${oid}`)
  const arcs = oid.split('.').map(BigInt)
  const [first = 0n, second = 0n, ...others] = arcs
  if (first < 2n && second > 39n) throw new RangeError(`not an object identifier: ${oid}`)
  const bytes: number[] = []
  appendBase128(bytes, first * 40n + second)
  for (const arc of others) appendBase128(bytes, arc)
  if (bytes.length > MAX_OID_BYTES) throw new RangeError(`object identifier too long: ${oid}`)
  return Uint8Array.from(bytes)
}

function firstArcs(value: bigint): [bigint, bigint] {
  if (value < 40n) return [0n, value]
  if (value < 80n) return [1n, value - 40n]
  return [2n, value - 80n]
}

/** The dotted form. Throws ParseError when an arc is not minimally encoded or does not end. */
export function contentToOid(content: Uint8Array, path: string, offset: number): string {
  if (content.length === 0 || content.length > MAX_OID_BYTES) {
    throw new ParseError(path, offset, `an object identifier of 1 to ${MAX_OID_BYTES} bytes`)
  }
  const key = String.fromCharCode(...content)
  const known = knownOids.get(key)
  if (known !== undefined) return known
  const oid = decodeOid(content, path, offset)
  if (knownOids.size < MAX_KNOWN) knownOids.set(key, oid)
  return oid
}

function decodeOid(content: Uint8Array, path: string, offset: number): string {
  const arcs: bigint[] = []
  let arc = 0n
  let atStart = true
  for (const [index, byte] of content.entries()) {
    if (atStart && byte === 0x80) throw new ParseError(path, offset + index, 'a minimally encoded arc')
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    atStart = byte < 0x80
    if (!atStart) continue
    if (arcs.length === 0) arcs.push(...firstArcs(arc))
    else arcs.push(arc)
    arc = 0n
  }
  if (!atStart) throw new ParseError(path, offset + content.length, 'the end of the last arc')
  return arcs.join('.')
}
