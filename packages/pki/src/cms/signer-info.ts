import {
  bytesToHex,
  DER_OCTET_STRING,
  DER_SET,
  derContextTag,
  derImplicit,
  derNull,
  derOctets,
  derOid,
  DerReader,
  derSequence,
  derSetOf,
  derTime,
  derUnsigned,
  encodeDer,
  ParseError,
  type DerValue,
} from '@anqu/encoding'
import { sm2SignatureToDer, sm3 } from '@anqu/gm-crypto'
import { readAlgorithm, sm2SignatureAlgorithm, type AlgorithmIdentifier } from '../algorithm.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { OID_SM2_WITH_SM3, OID_SM3 } from '../oids.ts'
import type { Signer } from '../signer.ts'
import { readReference, referenceToDer, type CertificateReference } from './certificate-reference.ts'
import { readMany } from './read-many.ts'

/** RFC 5652 section 11 */
export const OID_CONTENT_TYPE = '1.2.840.113549.1.9.3'
export const OID_MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
export const OID_SIGNING_TIME = '1.2.840.113549.1.9.5'
/** GM/T 0006: SM2 signature; GM/T 0010 writes it where CMS has the algorithm with its hash. */
const OID_SM2_SIGN = '1.2.156.10197.1.301.1'

const ATTRIBUTES_TAG = derContextTag(0, 'constructed')
const UNSIGNED_TAG = derContextTag(1, 'constructed')
const MAX_ATTRIBUTES = 64

/** Who signs, and whether attributes are signed in place of the content itself. */
export interface CmsSigner {
  readonly certificate: Certificate
  readonly signer: Signer
  /** With them the type of the content and the given time are signed too. Absent: the content alone. */
  readonly signedAttributes?: { readonly signingTimeMs?: number }
}

export interface SignedAttributes {
  /** What is signed: the SET OF in its own encoding. */
  readonly der: Uint8Array
  /** The only value of each attribute, DER, by object identifier. */
  readonly values: ReadonlyMap<string, Uint8Array>
}

export interface SignerInfo {
  readonly reference: CertificateReference
  readonly digestAlgorithm: AlgorithmIdentifier
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly attributes: SignedAttributes | undefined
  readonly signature: Uint8Array
}

export const digestAlgorithmToDer = (): DerValue => derSequence(derOid(OID_SM3))

const attribute = (oid: string, value: DerValue): DerValue => derSequence(derOid(oid), derSetOf(value))

export async function signerInfoToDer(
  { certificate, signer, signedAttributes }: CmsSigner,
  content: Uint8Array,
  contentTypeOid: string,
): Promise<DerValue> {
  const { signingTimeMs } = signedAttributes ?? {}
  const attributes = signedAttributes && [
    attribute(OID_CONTENT_TYPE, derOid(contentTypeOid)),
    attribute(OID_MESSAGE_DIGEST, derOctets(sm3(content))),
    ...(signingTimeMs === undefined ? [] : [attribute(OID_SIGNING_TIME, derTime(signingTimeMs))]),
  ]
  const set = attributes && derSetOf(...attributes)
  const signature = sm2SignatureToDer(await signer.sign(set ? encodeDer(set) : content))
  return derSequence(
    derUnsigned(1),
    referenceToDer(certificate),
    digestAlgorithmToDer(),
    ...(set ? [derImplicit(0, set)] : []),
    sm2SignatureAlgorithm(),
    derOctets(signature),
  )
}

/** Attributes under their universal tag; ParseError when one has no value, more than one, or stands there twice. */
export function readAttributes(der: Uint8Array): SignedAttributes {
  const outer = DerReader.over(der, 'cms.attributes')
  const list = outer.setOf('attributes')
  outer.end()
  if (list.done) list.fail('attribute', 'at least one attribute')
  const values = new Map<string, Uint8Array>()
  for (const [oid, value] of readMany(list, MAX_ATTRIBUTES, readAttribute)) {
    if (values.has(oid)) list.fail('attribute', `${oid} once`)
    values.set(oid, value)
  }
  return { der, values }
}

function readAttribute(list: DerReader): readonly [string, Uint8Array] {
  const fields = list.sequence('attribute')
  const oid = fields.oid('type')
  const set = fields.setOf('values')
  fields.end()
  const value = set.any('value').raw
  set.end()
  return [oid, value]
}

function readSignedAttributes(fields: DerReader): SignedAttributes | undefined {
  const element = fields.optional(ATTRIBUTES_TAG, 'signedAttributes')
  if (!element) return undefined
  // RFC 5652 section 5.4: signed under the tag of a SET, sent under [0]. The bytes behind the tag are the same.
  const der = Uint8Array.from(element.raw)
  der[0] = DER_SET
  return readAttributes(der)
}

export function readSignerInfo(list: DerReader): SignerInfo {
  const fields = list.sequence('signerInfo')
  if (fields.small('version', 1) !== 1) fields.fail('version', 'version 1')
  const reference = readReference(fields)
  const digestAlgorithm = readAlgorithm(fields, 'digestAlgorithm')
  const attributes = readSignedAttributes(fields)
  const signatureAlgorithm = readAlgorithm(fields, 'signatureAlgorithm')
  const signature = fields.octets('signature', DER_OCTET_STRING)
  // Nobody signed these, so that nothing here may depend on them.
  fields.optional(UNSIGNED_TAG, 'unsignedAttributes')
  fields.end()
  return { reference, digestAlgorithm, signatureAlgorithm, attributes, signature }
}

const NULL = bytesToHex(encodeDer(derNull()))

function withoutParameters({ parameters }: AlgorithmIdentifier): boolean {
  return parameters === undefined || bytesToHex(parameters) === NULL
}

/** B-7.3.2.3-2 and -3. Both spellings of absent parameters are in use. */
export function problemWithAlgorithms({
  digestAlgorithm,
  signatureAlgorithm,
}: SignerInfo): string | undefined {
  if (digestAlgorithm.oid !== OID_SM3 || !withoutParameters(digestAlgorithm))
    return `the digest algorithm is ${digestAlgorithm.oid}`
  const known = [OID_SM2_WITH_SM3, OID_SM2_SIGN].includes(signatureAlgorithm.oid)
  return known && withoutParameters(signatureAlgorithm)
    ? undefined
    : `the signature algorithm is ${signatureAlgorithm.oid}`
}

/**
 * Content that is itself a set of signed attributes could be the attributes of another message, whose signature would then
 * seem to be one over this content.
 */
export function looksLikeAttributes(content: Uint8Array): boolean {
  if (content[0] !== DER_SET) return false
  try {
    return readAttributes(content).values.has(OID_MESSAGE_DIGEST)
  } catch (error) {
    if (error instanceof ParseError) return false
    throw error
  }
}
