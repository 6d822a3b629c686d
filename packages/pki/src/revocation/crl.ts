import { bytesToHex, compareBytes, DER_SEQUENCE, derContextTag, DerReader } from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { isSm2WithSm3, readAlgorithm, verifyDerSignature, type AlgorithmIdentifier } from '../algorithm.ts'
import { formatName, nameKey, readName, type Name } from '../name/name.ts'
import * as oids from '../oids.ts'
import { readCrlScope, type CrlScope } from './issuing-distribution-point.ts'
import { reasonOf, type RevocationReason } from './reason.ts'

export interface RevokedEntry {
  readonly serialHex: string
  readonly revokedAtMs: number
  readonly reason: RevocationReason
}

/** Longest list read, bytes. A full list over a million certificates has about fifty million. */
const MAX_BYTES = 256 * 1024 * 1024
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

interface CrlFields {
  readonly raw: Uint8Array
  readonly tbs: Uint8Array
  readonly issuer: Name
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  readonly number: bigint
  readonly scope: CrlScope | undefined
  readonly deltaBase: bigint | undefined
  readonly authorityKeyId: Uint8Array | undefined
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

/** A certificate revocation list, version 2 (RFC 5280 section 5). Byte strings are views into `raw`. */
export class Crl {
  readonly raw: Uint8Array
  /** The signed part. */
  readonly tbs: Uint8Array
  readonly issuer: Name
  readonly issuerKey: string
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  readonly number: bigint
  readonly scope: CrlScope | undefined
  /** Number of the complete list this one changes; undefined for a complete list. */
  readonly deltaBase: bigint | undefined
  readonly authorityKeyId: Uint8Array | undefined
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly #entries: Uint8Array
  /** Where each entry begins, in ascending order of the serials. */
  readonly #order: Uint32Array

  constructor(fields: CrlFields, entries: Uint8Array, order: Uint32Array) {
    this.raw = fields.raw
    this.tbs = fields.tbs
    this.issuer = fields.issuer
    this.issuerKey = nameKey(fields.issuer)
    this.thisUpdateMs = fields.thisUpdateMs
    this.nextUpdateMs = fields.nextUpdateMs
    this.number = fields.number
    this.scope = fields.scope
    this.deltaBase = fields.deltaBase
    this.authorityKeyId = fields.authorityKeyId
    this.signatureAlgorithm = fields.signatureAlgorithm
    this.signature = fields.signature
    this.#entries = entries
    this.#order = order
  }

  /** How many certificates it revokes. */
  get size(): number {
    return this.#order.length
  }

  /** The entry of a serial number (its magnitude), found by binary search. */
  find(serial: Uint8Array): RevokedEntry | undefined {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#order[middle] ?? 0
      const order = compareSerials(serialAt(this.#entries, at), serial)
      if (order === 0) return readEntry(DerReader.over(this.#entries.subarray(at), 'crl.entries', limits))
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }

  toString(): string {
    return `CRL ${this.number} of ${formatName(this.issuer)}`
  }
}

const limits = { maxLength: MAX_BYTES }

function compareSerials(left: Uint8Array, right: Uint8Array): number {
  return left.length - right.length || compareBytes(left, right)
}

/** Magnitude of the serial of an entry that was read before: its lengths are known to be short. */
function serialAt(entries: Uint8Array, at: number): Uint8Array {
  const header = (entries[at + 1] ?? 0) < 0x80 ? 2 : 2 + ((entries[at + 1] ?? 0) & 0x7f)
  const start = at + header + 2
  const end = start + (entries[at + header + 1] ?? 0)
  return entries.subarray(entries[start] === 0 && end - start > 1 ? start + 1 : start, end)
}

function readEntry(list: DerReader): RevokedEntry {
  const entry = list.sequence('entry')
  const serialHex = bytesToHex(entry.unsignedBytes('serial', 20))
  const revokedAtMs = entry.time('revocationDate')
  let reason: RevocationReason = 'unspecified'
  if (!entry.done) {
    const extensions = entry.sequence('extensions')
    while (!extensions.done) {
      const { oid, critical, value } = readExtension(extensions)
      if (oid === oids.OID_REASON_CODE) {
        const known = reasonOf(value.small('reasonCode', 10, 0x0a))
        if (known === undefined || known === 'unspecified')
          value.fail('reasonCode', 'a reason other than 0 and 7')
        else reason = known
        value.end()
      } else if (critical && oid !== oids.OID_INVALIDITY_DATE)
        extensions.fail('extension', `no critical ${oid}`)
    }
  }
  entry.end()
  return { serialHex, revokedAtMs, reason }
}

function readExtension(list: DerReader): { oid: string; critical: boolean; value: DerReader } {
  const extension = list.sequence('extension')
  const oid = extension.oid('extnID')
  const critical = extension.peek() === 0x01 && extension.boolean('critical')
  const value = extension.enter(extension.element(0x04, 'extnValue'), 'extnValue')
  extension.end()
  return { oid, critical, value }
}

/** Checks every entry once and notes where it begins; sorts only a list that is not sorted already. */
function indexEntries(entries: Uint8Array): Uint32Array {
  const list = DerReader.over(entries, 'crl.entries', limits)
  // An entry has 20 bytes at least: two headers, one byte of serial, a time of 13 digits.
  const starts = new Uint32Array(Math.floor(entries.length / 20) + 1)
  let count = 0
  let sorted = true
  while (!list.done) {
    const start = list.offset
    readEntry(list)
    const before = count > 0 ? starts[count - 1] : undefined
    if (before !== undefined && compareSerials(serialAt(entries, before), serialAt(entries, start)) >= 0)
      sorted = false
    starts[count++] = start
  }
  const order = starts.slice(0, count)
  return sorted ? order : order.toSorted((a, b) => compareSerials(serialAt(entries, a), serialAt(entries, b)))
}

interface ListExtensions {
  number?: bigint
  scope?: CrlScope
  deltaBase?: bigint
  authorityKeyId?: Uint8Array
}

function readListExtensions(list: DerReader): ListExtensions {
  const found: ListExtensions = {}
  const seen = new Set<string>()
  while (!list.done) {
    const { oid, critical, value } = readExtension(list)
    if (seen.has(oid)) list.fail('extension', `${oid} once`)
    seen.add(oid)
    if (oid === oids.OID_CRL_NUMBER) {
      // RFC 5280 section 5.2.3: not critical, at most 20 octets.
      if (critical) list.fail('cRLNumber', 'an extension that is not critical')
      found.number = BigInt(`0x${bytesToHex(value.unsignedBytes('cRLNumber', 20))}`)
    } else if (oid === oids.OID_ISSUING_DISTRIBUTION_POINT) found.scope = readCrlScope(value)
    else if (oid === oids.OID_DELTA_CRL_INDICATOR) {
      found.deltaBase = BigInt(`0x${bytesToHex(value.unsignedBytes('baseCRLNumber', 20))}`)
    } else if (oid === oids.OID_AUTHORITY_KEY_IDENTIFIER) {
      const keyId = value.sequence('keyIdentifier').optional(derContextTag(0, 'primitive'), 'keyIdentifier')
      if (keyId) found.authorityKeyId = keyId.content
    } else if (critical) list.fail('extension', `no critical ${oid}`)
  }
  return found
}

/** ParseError on malformed input and on lists of a kind that is not supported. Does not check the signature. */
export function parseCrl(der: Uint8Array): Crl {
  const outer = DerReader.over(der, 'crl', limits)
  const whole = outer.sequence('value')
  outer.end()
  const signed = whole.element(DER_SEQUENCE, 'tbs')
  const signatureAlgorithm = readAlgorithm(whole, 'signatureAlgorithm')
  const signature = whole.bitBytes('signature')
  whole.end()

  const tbs = whole.enter(signed, 'tbs')
  if (tbs.small('version', 1) !== 1) tbs.fail('version', 'version 2')
  const inner = readAlgorithm(tbs, 'signature')
  if (compareBytes(inner.raw, signatureAlgorithm.raw) !== 0) {
    tbs.fail('signature', 'the algorithm named outside the signed part')
  }
  const issuer = readName(tbs, 'issuer')
  const thisUpdateMs = tbs.time('thisUpdate')
  const hasNext = tbs.peek() === UTC_TIME || tbs.peek() === GENERALIZED_TIME
  if (!hasNext) tbs.fail('nextUpdate', 'a next update (RFC 5280 section 5.1.2.5)')
  const nextUpdateMs = tbs.time('nextUpdate')
  const entries = tbs.optional(DER_SEQUENCE, 'revokedCertificates')?.content ?? new Uint8Array(0)
  const field = tbs.constructed(derContextTag(0, 'constructed'), 'extensions')
  const { number, scope, deltaBase, authorityKeyId } = readListExtensions(field.sequence('list'))
  field.end()
  tbs.end()
  if (number === undefined) return tbs.fail('cRLNumber', 'a list number (RFC 5280 section 5.2.3)')
  const fields = { raw: der, tbs: signed.raw, issuer, thisUpdateMs, nextUpdateMs, number, scope, deltaBase }
  return new Crl({ ...fields, authorityKeyId, signatureAlgorithm, signature }, entries, indexEntries(entries))
}

/** Whether the list is signed by this key with sm2-with-sm3 and the default user ID. */
export function verifyCrlSignature(crl: Crl, issuerPublicKey: Sm2PublicKey): boolean {
  return isSm2WithSm3(crl.signatureAlgorithm) && verifyDerSignature(issuerPublicKey, crl.tbs, crl.signature)
}
