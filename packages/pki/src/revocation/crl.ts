import { bytesToHex, compareBytes, DER_SEQUENCE, derContextTag, DerReader } from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { isSm2WithSm3, readAlgorithm, verifyDerSignature, type AlgorithmIdentifier } from '../algorithm.ts'
import { formatName, nameKey, readName, type Name } from '../name/name.ts'
import * as oids from '../oids.ts'
import { readCrlScope, type CrlScope } from './issuing-distribution-point.ts'
import { pointUrls, readPoints } from './distribution-point.ts'
import { type Entry, EntryIndex, MAX_CRL_BYTES, readAuthorityKeyId, readCrlExtension } from './entry-index.ts'
import type { RevocationReason } from './reason.ts'

export interface RevokedEntry {
  readonly serialHex: string
  readonly revokedAtMs: number
  readonly reason: RevocationReason
}

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
  /** Where delta lists over this one are found. */
  readonly deltaUrls: readonly string[]
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
  /** Where delta lists over this one are found. */
  readonly deltaUrls: readonly string[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly #index: EntryIndex

  constructor(fields: CrlFields, index: EntryIndex) {
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
    this.deltaUrls = fields.deltaUrls
    this.signatureAlgorithm = fields.signatureAlgorithm
    this.signature = fields.signature
    this.#index = index
  }

  /** How many certificates it revokes. */
  get size(): number {
    return this.#index.size
  }

  /**
   * The entry of a certificate by serial number (its magnitude), found by binary search. In an indirect list `issuerKey` says
   * whose certificate it is; without one it is the signer's own.
   */
  find(serial: Uint8Array, issuerKey?: string): RevokedEntry | undefined {
    const entry = this.#index.find(serial, issuerKey)
    return entry && toRevoked(entry)
  }

  /** Every entry in ascending order of the serials. */
  *entries(): Generator<RevokedEntry> {
    for (const entry of this.#index.all()) yield toRevoked(entry)
  }

  toString(): string {
    return `CRL ${this.number} of ${formatName(this.issuer)}`
  }
}

const toRevoked = ({ serial, revokedAtMs, reason }: Entry): RevokedEntry => ({
  serialHex: bytesToHex(serial),
  revokedAtMs,
  reason,
})

interface ListExtensions {
  number?: bigint
  scope?: CrlScope
  deltaBase?: bigint
  authorityKeyId?: Uint8Array
  deltaUrls?: readonly string[]
}

function readListExtensions(list: DerReader): ListExtensions {
  const found: ListExtensions = {}
  const seen = new Set<string>()
  if (list.done) list.fail('extension', 'at least one extension')
  while (!list.done) {
    const { oid, critical, value } = readCrlExtension(list)
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
      const keyId = readAuthorityKeyId(value)
      if (keyId) found.authorityKeyId = keyId
    } else if (oid === oids.OID_FRESHEST_CRL) {
      found.deltaUrls = readPoints(value.sequence('freshestCRL')).flatMap(pointUrls)
    } else if (critical) list.fail('extension', `no critical ${oid}`)
  }
  return found
}

/** ParseError on malformed input and on lists of a kind that is not supported. Does not check the signature. */
export function parseCrl(der: Uint8Array): Crl {
  const outer = DerReader.over(der, 'crl', { maxLength: MAX_CRL_BYTES })
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
  const {
    number,
    scope,
    deltaBase,
    authorityKeyId,
    deltaUrls = [],
  } = readListExtensions(field.sequence('list'))
  field.end()
  tbs.end()
  if (number === undefined) return tbs.fail('cRLNumber', 'a list number (RFC 5280 section 5.2.3)')
  const fields = { raw: der, tbs: signed.raw, issuer, thisUpdateMs, nextUpdateMs, number, scope, deltaBase }
  const index = EntryIndex.over(entries, scope?.indirect ? 'indirect' : 'direct', nameKey(issuer))
  return new Crl({ ...fields, authorityKeyId, deltaUrls, signatureAlgorithm, signature }, index)
}

/** Whether the list is signed by this key with sm2-with-sm3 and the default user ID. */
export function verifyCrlSignature(crl: Crl, issuerPublicKey: Sm2PublicKey): boolean {
  return isSm2WithSm3(crl.signatureAlgorithm) && verifyDerSignature(issuerPublicKey, crl.tbs, crl.signature)
}
