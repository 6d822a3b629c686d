import { compareBytes, encodeDer, derSequence, derTime, derUnsigned } from '@anqu/encoding'
import { extensionToDer } from '../certificate/extension-to-der.ts'
import type { Name } from '../name/name.ts'
import * as oids from '../oids.ts'
import { PkiError } from '../pki-error.ts'
import { reasonCode, type RevocationReason } from './reason.ts'

export interface RevokedSerial {
  /** Magnitude of the serial number. */
  readonly serial: Uint8Array
  readonly revokedAtMs: number
  /** `unspecified` is left out of the list, as RFC 5280 section 5.3.1 asks. */
  readonly reason: RevocationReason
  /** Whose certificate it is, in an indirect list; absent: the signer's own. */
  readonly certificateIssuer?: Name
}

/** Longest list built, bytes: about five million entries. */
const MAX_BYTES = 256 * 1024 * 1024
/** Header, serial with sign byte, GeneralizedTime and reason: no entry is longer. */
const LONGEST_ENTRY = 2 + 23 + 17 + 14

/** Length and first bytes of a serial as one number below 2^53: decides nearly every comparison of random serials. */
function sortKey(serial: Uint8Array): number {
  let key = serial.length
  for (let index = 0; index < 6; index++) key = key * 256 + (serial[index] ?? 0)
  return key
}

const encodedReasons = new Map<RevocationReason, Uint8Array>()

function encodeReason(reason: RevocationReason): Uint8Array {
  const known = encodedReasons.get(reason)
  if (known) return known
  const code = derUnsigned(reasonCode(reason), 0x0a)
  const encoded =
    reason === 'unspecified'
      ? new Uint8Array(0)
      : encodeDer(derSequence(extensionToDer(oids.OID_REASON_CODE, 'plain', code)))
  encodedReasons.set(reason, encoded)
  return encoded
}

/**
 * The entries of a list to be built, taken one by one and kept as their encoding: a million of them cost some fifty bytes
 * each, so that they may come straight from a database cursor. Best given in ascending order of the serials; in any other
 * order they are sorted once at the end.
 */
export class CrlEntries {
  #bytes = new Uint8Array(4096)
  #length = 0
  #starts = new Uint32Array(64)
  #keys = new Float64Array(64)
  #count = 0
  #ascending = true
  #day = Number.NaN
  #time: Uint8Array = new Uint8Array(0)

  get size(): number {
    return this.#count
  }

  /** PkiError when the serial is impossible or the list grows beyond its bound. */
  add({ serial, revokedAtMs, reason, certificateIssuer }: RevokedSerial): this {
    if (certificateIssuer)
      throw new PkiError('extension', 'only an indirect list holds certificates of others')
    const signByte = (serial[0] ?? 0) >= 0x80 ? 1 : 0
    if (serial.length === 0 || serial.length + signByte > 20 || serial[0] === 0) {
      throw new PkiError('serial', 'a revoked serial number has 1 to 20 bytes, the first not zero')
    }
    this.#grow()
    const key = sortKey(serial)
    const start = this.#length
    const time = this.#timeOf(revokedAtMs)
    const suffix = encodeReason(reason)
    const bytes = this.#bytes
    let at = start
    // An entry is shorter than 128 bytes, so that its length takes one byte.
    bytes[at++] = 0x30
    bytes[at++] = 2 + signByte + serial.length + time.length + suffix.length
    bytes[at++] = 0x02
    bytes[at++] = signByte + serial.length
    if (signByte) bytes[at++] = 0
    bytes.set(serial, at)
    at += serial.length
    bytes.set(time, at)
    at += time.length
    bytes.set(suffix, at)
    this.#length = at + suffix.length
    this.#starts[this.#count] = start
    this.#keys[this.#count] = key
    this.#count += 1
    if (this.#ascending && this.#count > 1 && this.#compare(this.#count - 2, this.#count - 1) >= 0)
      this.#ascending = false
    return this
  }

  /** Entries one after the other in ascending order, so that readers may search. PkiError when a serial stands there twice. */
  encode(): Uint8Array {
    if (this.#ascending) return this.#bytes.subarray(0, this.#length)
    const order = new Uint32Array(this.#count)
    for (let index = 0; index < order.length; index++) order[index] = index
    // oxlint-disable-next-line unicorn/no-array-sort -- a million entries: the array is ours and is not copied.
    order.sort((left, right) => this.#compare(left, right))
    const sorted = new Uint8Array(this.#length)
    let at = 0
    let before: number | undefined
    for (const index of order) {
      if (before !== undefined && this.#compare(before, index) === 0)
        throw new PkiError('serial', 'a serial number stands in the list twice')
      const start = this.#starts[index] ?? 0
      const end = start + 2 + (this.#bytes[start + 1] ?? 0)
      sorted.set(this.#bytes.subarray(start, end), at)
      at += end - start
      before = index
    }
    return sorted
  }

  #serial(index: number): Uint8Array {
    const start = (this.#starts[index] ?? 0) + 4
    const end = start + (this.#bytes[start - 1] ?? 0)
    return this.#bytes.subarray(this.#bytes[start] === 0 ? start + 1 : start, end)
  }

  #compare(left: number, right: number): number {
    const difference = (this.#keys[left] ?? 0) - (this.#keys[right] ?? 0)
    return difference === 0 ? compareBytes(this.#serial(left), this.#serial(right)) : difference
  }

  /** The text of the day is kept: only the digits of the time of day change from entry to entry. */
  #timeOf(atMs: number): Uint8Array {
    const second = Math.floor(atMs / 1000)
    const day = Math.floor(second / 86_400)
    if (day !== this.#day) {
      this.#time = encodeDer(derTime(day * 86_400_000))
      this.#day = day
    }
    const time = this.#time
    const ofDay = second - day * 86_400
    const from = time.length - 7
    const parts = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60]
    for (const [index, part] of parts.entries()) {
      time[from + 2 * index] = 0x30 + Math.floor(part / 10)
      time[from + 2 * index + 1] = 0x30 + (part % 10)
    }
    return time
  }

  #grow(): void {
    if (this.#length + LONGEST_ENTRY > this.#bytes.length) {
      if (this.#bytes.length >= MAX_BYTES)
        throw new PkiError('limits', `a list of more than ${MAX_BYTES} bytes`)
      const grown = new Uint8Array(Math.min(MAX_BYTES, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    if (this.#count === this.#starts.length) {
      const [starts, keys] = [new Uint32Array(this.#count * 2), new Float64Array(this.#count * 2)]
      starts.set(this.#starts)
      keys.set(this.#keys)
      this.#starts = starts
      this.#keys = keys
    }
  }
}
