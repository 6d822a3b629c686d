import {
  DER_SEQUENCE,
  derConstructed,
  derContextTag,
  derExplicit,
  derOctets,
  derOid,
  DerReader,
  derRaw,
  derSequence,
  derSetOf,
  derUnsigned,
  type DerValue,
} from '@anqu/encoding'
import { readAlgorithm } from '../algorithm.ts'
import { parseCertificate, type Certificate } from '../certificate/certificate.ts'
import { PkiError } from '../pki-error.ts'
import { parseCrl, type Crl } from '../revocation/crl.ts'
import { contentTypeOid, encodeContentInfo, enterContentInfo, type CmsFamily } from './content-types.ts'
import { readMany } from './read-many.ts'
import {
  digestAlgorithmToDer,
  readSignerInfo,
  signerInfoToDer,
  type CmsSigner,
  type SignerInfo,
} from './signer-info.ts'

/** Certificates, lists and signatures as signed messages carry them. */
export interface Signatures {
  readonly certificates: readonly Certificate[]
  readonly crls: readonly Crl[]
  readonly signerInfos: readonly SignerInfo[]
}

export interface SignedData extends Signatures {
  readonly family: CmsFamily
  /** Undefined when the content is sent by itself. */
  readonly content: Uint8Array | undefined
}

export interface SignedDataRequest {
  readonly family: CmsFamily
  readonly content: Uint8Array
  readonly placement: 'attached' | 'detached'
  readonly signers: readonly CmsSigner[]
  /** Certificates that help the receiver to build the chains; those of the signers are always sent. */
  readonly certificates?: readonly Certificate[]
  readonly crls?: readonly Crl[]
}

export const MAX_SIGNERS = 16
const MAX_CERTIFICATES = 32
const MAX_CRLS = 8

/** The certificates and lists of a signed message, [0] and [1] IMPLICIT SET OF. */
export function attachmentsToDer({ signers, certificates = [], crls = [] }: SignedDataRequest): DerValue[] {
  const all = new Map(
    [...signers.map(({ certificate }) => certificate), ...certificates].map((one) => [String(one), one]),
  )
  const set = (number: number, items: readonly { readonly raw: Uint8Array }[]): DerValue => {
    const members = derSetOf(...items.map(({ raw }) => derRaw(raw)))
    return members.kind === 'constructed'
      ? derConstructed(derContextTag(number, 'constructed'), members.members)
      : members
  }
  return [set(0, [...all.values()]), ...(crls.length > 0 ? [set(1, crls)] : [])]
}

export async function signerInfosToDer(request: SignedDataRequest): Promise<DerValue> {
  const { signers, content, family } = request
  if (signers.length === 0 || signers.length > MAX_SIGNERS)
    throw new PkiError('content', `a message has 1 to ${MAX_SIGNERS} signers`)
  const type = contentTypeOid(family, 'data')
  return derSetOf(...(await Promise.all(signers.map((signer) => signerInfoToDer(signer, content, type)))))
}

/** DER of a signed message (GM/T 0010, RFC 5652 section 5) with SM2 and SM3. */
export async function buildSignedData(request: SignedDataRequest): Promise<Uint8Array> {
  const { family, content, placement } = request
  const encapsulated = derSequence(
    derOid(contentTypeOid(family, 'data')),
    ...(placement === 'attached' ? [derExplicit(0, derOctets(content))] : []),
  )
  const body = derSequence(
    derUnsigned(1),
    derSetOf(digestAlgorithmToDer()),
    encapsulated,
    ...attachmentsToDer(request),
    await signerInfosToDer(request),
  )
  return encodeContentInfo(family, 'signedData', body)
}

/** Reads the part that signed and signed-and-enveloped messages share, from the certificates on. */
export function readSignatures(body: DerReader): Signatures {
  const sent = body.optionalConstructed(derContextTag(0, 'constructed'), 'certificates')
  const certificates = sent
    ? readMany(sent, MAX_CERTIFICATES, (list) =>
        parseCertificate(list.element(DER_SEQUENCE, 'certificate').raw),
      )
    : []
  const lists = body.optionalConstructed(derContextTag(1, 'constructed'), 'crls')
  const crls = lists
    ? readMany(lists, MAX_CRLS, (list) => parseCrl(list.element(DER_SEQUENCE, 'crl').raw))
    : []
  const signerInfos = readMany(body.setOf('signerInfos'), MAX_SIGNERS, readSignerInfo)
  body.end()
  return { certificates, crls, signerInfos }
}

export function readDigestAlgorithms(body: DerReader): void {
  readMany(body.setOf('digestAlgorithms'), MAX_SIGNERS, (list) => readAlgorithm(list, 'digestAlgorithm'))
}

/** ParseError on malformed input. Verify what it returns with `verifySignedData`. */
export function parseSignedData(der: Uint8Array): SignedData {
  const { family, body } = enterContentInfo(der, 'signedData')
  if (body.small('version', 1) !== 1) body.fail('version', 'version 1')
  readDigestAlgorithms(body)
  const encapsulated = body.sequence('contentInfo')
  if (encapsulated.oid('contentType') !== contentTypeOid(family, 'data'))
    encapsulated.fail('contentType', 'the type data of the same family')
  const field = encapsulated.optionalConstructed(derContextTag(0, 'constructed'), 'content')
  const content = field?.octets('content')
  field?.end()
  encapsulated.end()
  return { family, content, ...readSignatures(body) }
}
