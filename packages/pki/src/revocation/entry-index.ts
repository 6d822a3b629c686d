import { compareBytes, derContextTag, DerReader } from '@anqu/encoding'
import { readGeneralNames } from '../name/general-name.ts'
import { nameKey, type Name } from '../name/name.ts'
import * as oids from '../oids.ts'
import { reasonOf, type RevocationReason } from './reason.ts'
import { commonEntryLength } from './common-entry.ts'

/** Longest list read, bytes. A full list over a million certificates has about fifty million. */
export const MAX_CRL_BYTES = 256 * 1024 * 1024
const limits = { maxLength: MAX_CRL_BYTES }
const MAX_ISSUERS = 1024

export interface Entry {
  readonly serial: Uint8Array
  readonly revokedAtMs: number
  readonly reason: RevocationReason
  /** Issuer of this and the following certificates of an indirect list. */
  readonly certificateIssuer?: Name
}

export function readCrlExtension(list: DerReader): { oid: string; critical: boolean; value: DerReader } {
  const extension = list.sequence('extension')
  const oid = extension.oid('extnID')
  const critical = extension.peek() === 0x01 && extension.boolean('critical')
  const value = extension.enter(extension.element(0x04, 'extnValue'), 'extnValue')
  extension.end()
  return { oid, critical, value }
}

function readReason(value: DerReader): RevocationReason {
  const known = reasonOf(value.small('reasonCode', 10, 0x0a))
  if (known === undefined || known === 'unspecified')
    return value.fail('reasonCode', 'a reason other than 0 and 7')
  value.end()
  return known
}

function readIssuer(value: DerReader): Name {
  const names = readGeneralNames(value.sequence('certificateIssuer'))
  const [name] = names.flatMap((found) => (found.kind === 'directory' ? [found.value] : []))
  return name ?? value.fail('certificateIssuer', 'a directory name')
}

export function readEntry(list: DerReader): Entry {
  const entry = list.sequence('entry')
  const serial = entry.unsignedBytes('serial', 20)
  const revokedAtMs = entry.time('revocationDate')
  let reason: RevocationReason = 'unspecified'
  let certificateIssuer: Name | undefined
  const seen = new Set<string>()
  const extensions = entry.done ? entry : entry.sequence('extensions')
  while (!extensions.done) {
    const { oid, critical, value } = readCrlExtension(extensions)
    if (seen.has(oid)) extensions.fail('extension', `${oid} once`)
    seen.add(oid)
    if (oid === oids.OID_REASON_CODE) reason = readReason(value)
    else if (oid === oids.OID_CERTIFICATE_ISSUER) certificateIssuer = readIssuer(value)
    else if (critical && oid !== oids.OID_INVALIDITY_DATE) extensions.fail('extension', `no critical ${oid}`)
  }
  entry.end()
  return { serial, revokedAtMs, reason, ...(certificateIssuer ? { certificateIssuer } : {}) }
}

/** Serials of entries that were read before, so that their lengths are known to be short; nothing is copied. */
function serialAt(entries: Uint8Array, at: number): Uint8Array {
  const header = (entries[at + 1] ?? 0) < 0x80 ? 2 : 2 + ((entries[at + 1] ?? 0) & 0x7f)
  const start = at + header + 2
  const end = start + (entries[at + header + 1] ?? 0)
  return entries.subarray(entries[start] === 0 && end - start > 1 ? start + 1 : start, end)
}

function compareSerials(left: Uint8Array, right: Uint8Array): number {
  return left.length - right.length || compareBytes(left, right)
}

/**
 * Where each entry of a list begins, in ascending order of issuer and serial: four bytes an entry, and a look-up compares
 * some twenty serials in a list of a million. Entries become objects only when asked for.
 */
export class EntryIndex {
  readonly #entries: Uint8Array
  readonly #starts: Uint32Array
  /** For indirect lists: the number of the issuer of each entry, parallel to `starts`. */
  readonly #owners: Uint32Array | undefined
  readonly #issuers: ReadonlyMap<string, number>

  private constructor(
    entries: Uint8Array,
    starts: Uint32Array,
    owners: Uint32Array | undefined,
    issuers: ReadonlyMap<string, number>,
  ) {
    this.#entries = entries
    this.#starts = starts
    this.#owners = owners
    this.#issuers = issuers
  }

  /** Checks every entry once. ParseError on a malformed entry, on a repeated one, and on other issuers in a direct list. */
  static over(entries: Uint8Array, kind: 'direct' | 'indirect', listIssuerKey: string): EntryIndex {
    const list = DerReader.over(entries, 'crl.entries', limits)
    // An entry has 20 bytes at least: two headers, one byte of serial, a time of 13 digits.
    const starts = new Uint32Array(Math.floor(entries.length / 20) + 1)
    const owners = kind === 'indirect' ? new Uint32Array(starts.length) : undefined
    const issuers = new Map([[listIssuerKey, 0]])
    let count = 0
    let owner = 0
    while (!list.done) {
      const start = list.offset
      const common = commonEntryLength(entries, start)
      if (common > 0) list.skip(common)
      else {
        const { certificateIssuer } = readEntry(list)
        if (certificateIssuer) {
          if (!owners) list.fail('certificateIssuer', 'an indirect list')
          const key = nameKey(certificateIssuer)
          owner = issuers.get(key) ?? issuers.size
          if (owner >= MAX_ISSUERS) list.fail('certificateIssuer', `at most ${MAX_ISSUERS} issuers`)
          issuers.set(key, owner)
        }
      }
      starts[count] = start
      if (owners) owners[count] = owner
      count += 1
    }
    const index = new EntryIndex(entries, starts.slice(0, count), owners?.slice(0, count), issuers)
    return index.#inOrder(list)
  }

  #compare(left: number, right: number): number {
    const byOwner = (this.#owners?.[left] ?? 0) - (this.#owners?.[right] ?? 0)
    if (byOwner !== 0) return byOwner
    const [first, second] = [this.#starts[left] ?? 0, this.#starts[right] ?? 0]
    return compareSerials(serialAt(this.#entries, first), serialAt(this.#entries, second))
  }

  /** Sorts only a list that is not sorted already. */
  #inOrder(list: DerReader): EntryIndex {
    let sorted = true
    for (let at = 1; at < this.#starts.length && sorted; at++) sorted = this.#compare(at - 1, at) < 0
    if (sorted) return this
    const order = Uint32Array.from(this.#starts, (_, index) => index)
    // oxlint-disable-next-line unicorn/no-array-sort -- up to a million entries: the array is ours and is not copied.
    order.sort((left, right) => this.#compare(left, right))
    for (let at = 1; at < order.length; at++) {
      // Two entries for one certificate could contradict each other.
      if (this.#compare(order[at - 1] ?? 0, order[at] ?? 0) === 0) list.fail('serial', 'each serial once')
    }
    const owners = this.#owners
    return new EntryIndex(
      this.#entries,
      order.map((index) => this.#starts[index] ?? 0),
      owners ? order.map((index) => owners[index] ?? 0) : undefined,
      this.#issuers,
    )
  }

  get size(): number {
    return this.#starts.length
  }

  /** Every entry in ascending order of the serials. */
  *all(): Generator<Entry> {
    for (const at of this.#starts) yield this.#read(at)
  }

  #read(at: number): Entry {
    return readEntry(DerReader.over(this.#entries.subarray(at), 'crl.entries', limits))
  }

  /** The entry of a certificate by binary search. */
  find(serial: Uint8Array, issuerKey?: string): Entry | undefined {
    const owner = issuerKey === undefined ? 0 : this.#issuers.get(issuerKey)
    if (owner === undefined) return undefined
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#starts[middle] ?? 0
      const order =
        (this.#owners?.[middle] ?? 0) - owner || compareSerials(serialAt(this.#entries, at), serial)
      if (order === 0) return this.#read(at)
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }
}

export function readAuthorityKeyId(value: DerReader): Uint8Array | undefined {
  return value.sequence('keyIdentifier').optional(derContextTag(0, 'primitive'), 'keyIdentifier')?.content
}
