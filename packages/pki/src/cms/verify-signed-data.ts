import { bytesToHex, DerReader, equalBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { verifyDerSignature } from '../algorithm.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { validateChain, type ChainUsage } from '../path/validate-chain.ts'
import { PkiError } from '../pki-error.ts'
import type { RevocationStatus } from '../revocation/check-revocation.ts'
import type { Crl } from '../revocation/crl.ts'
import { refersTo } from './certificate-reference.ts'
import { cmsFailure, type CmsFailure } from './cms-failure.ts'
import { contentTypeOid, type CmsFamily } from './content-types.ts'
import { parseSignedData, type Signatures } from './signed-data.ts'
import {
  looksLikeAttributes,
  OID_CONTENT_TYPE,
  OID_MESSAGE_DIGEST,
  OID_SIGNING_TIME,
  problemWithAlgorithms,
  type SignerInfo,
} from './signer-info.ts'

/** Whether the certificate of a path is revoked; `crls` are those the message brought along. Answers from OCSP or lists. */
export type StatusCheck = (path: readonly Certificate[], crls: readonly Crl[]) => RevocationStatus

/** By which rules the certificates of signers are judged. */
export interface SignerTrust {
  readonly anchors: readonly Certificate[]
  /** Beside those in the message. */
  readonly intermediates?: readonly Certificate[]
  readonly atMs: number
  /** `digitalSignature` unless given (B-7.3.2.1-1). */
  readonly usage?: ChainUsage
  readonly status: StatusCheck
}

export interface SignedDataCheck {
  readonly message: Uint8Array
  /** The content of a detached message. */
  readonly content?: Uint8Array
  readonly trust: SignerTrust
}

export interface VerifiedSigner {
  readonly certificate: Certificate
  /** From the signer to the anchor. */
  readonly path: readonly Certificate[]
  /** What the signer says; nobody else vouches for it. */
  readonly signingTimeMs?: number
}

export type SignedDataVerdict =
  | { readonly ok: true; readonly content: Uint8Array; readonly signers: readonly VerifiedSigner[] }
  | CmsFailure

/** Every signature must hold: a message is as good as its worst signer. ParseError when it cannot be read. */
export function verifySignedData({ message, content, trust }: SignedDataCheck): SignedDataVerdict {
  const parsed = parseSignedData(message)
  if ((parsed.content === undefined) === (content === undefined))
    return cmsFailure('content', content ? 'the content is in the message too' : 'the content is missing')
  return verifySignatures(parsed.family, parsed, {
    content: content ?? parsed.content ?? new Uint8Array(0),
    trust,
  })
}

/** The signatures of a message over content that is known. */
export function verifySignatures(
  family: CmsFamily,
  signatures: Signatures,
  { content, trust }: { readonly content: Uint8Array; readonly trust: SignerTrust },
): SignedDataVerdict {
  if (signatures.signerInfos.length === 0) return cmsFailure('signer-unknown', 'nobody signed the message')
  const signers: VerifiedSigner[] = []
  for (const info of signatures.signerInfos) {
    const known = [...signatures.certificates, ...(trust.intermediates ?? [])]
    const certificate = known.find((candidate) => refersTo(info.reference, candidate))
    if (!certificate)
      return cmsFailure('signer-unknown', `no certificate ${bytesToHex(info.reference.serial)} is at hand`)
    const failure = checkSignature(info, certificate, {
      content,
      contentType: contentTypeOid(family, 'data'),
    })
    if (failure) return failure
    const path = trustedPath(certificate, signatures, trust)
    if ('ok' in path) return path
    const signingTimeMs = signingTimeOf(info)
    signers.push({ certificate, path, ...(signingTimeMs === undefined ? {} : { signingTimeMs }) })
  }
  return { ok: true, content, signers }
}

interface Wanted {
  readonly content: Uint8Array
  readonly contentType: string
}

function checkSignature(info: SignerInfo, certificate: Certificate, wanted: Wanted): CmsFailure | undefined {
  const problem = problemWithAlgorithms(info)
  if (problem) return cmsFailure('algorithm', problem, certificate)
  const failure = info.attributes
    ? checkAttributes(info.attributes.values, certificate, wanted)
    : looksLikeAttributes(wanted.content)
      ? cmsFailure('signed-attributes', 'the content is a set of signed attributes', certificate)
      : undefined
  if (failure) return failure
  const signed = info.attributes?.der ?? wanted.content
  try {
    if (verifyDerSignature(certificate.publicKey, signed, info.signature)) return undefined
  } catch (error) {
    if (!(error instanceof PkiError)) throw error
    return cmsFailure('algorithm', error.message, certificate)
  }
  return cmsFailure('signature', 'the signature is not from the key of the certificate', certificate)
}

function checkAttributes(
  values: ReadonlyMap<string, Uint8Array>,
  certificate: Certificate,
  { content, contentType }: Wanted,
): CmsFailure | undefined {
  const read = <Value>(oid: string, take: (reader: DerReader) => Value): Value | undefined => {
    const value = values.get(oid)
    return value && take(DerReader.over(value, 'cms.attribute'))
  }
  if (read(OID_CONTENT_TYPE, (reader) => reader.oid('contentType')) !== contentType)
    return cmsFailure('signed-attributes', 'the signed type of the content is not data', certificate)
  const digest = read(OID_MESSAGE_DIGEST, (reader) => reader.octets('messageDigest'))
  if (!digest) return cmsFailure('signed-attributes', 'the digest of the content is not signed', certificate)
  return equalBytes(digest, sm3(content))
    ? undefined
    : cmsFailure('digest', 'the content is not the one that was signed', certificate)
}

function signingTimeOf({ attributes }: SignerInfo): number | undefined {
  const value = attributes?.values.get(OID_SIGNING_TIME)
  return value && DerReader.over(value, 'cms.signingTime').time('signingTime')
}

/** The path of a signer that holds and is not revoked. */
function trustedPath(
  certificate: Certificate,
  { certificates, crls }: Signatures,
  trust: SignerTrust,
): readonly Certificate[] | CmsFailure {
  const chain = validateChain({
    leaf: certificate,
    intermediates: [...certificates, ...(trust.intermediates ?? [])],
    anchors: trust.anchors,
    atMs: trust.atMs,
    usage: trust.usage ?? { keyUsage: ['digitalSignature'] },
  })
  if (!chain.ok)
    return cmsFailure(
      'signer-certificate',
      `${chain.certificate}: ${chain.detail} (${chain.source})`,
      certificate,
    )
  const state = trust.status(chain.path, crls)
  if (state.status === 'good') return chain.path
  const detail =
    state.status === 'unknown' ? `the status is unknown: ${state.detail}` : `revoked for ${state.reason}`
  return cmsFailure('signer-status', detail, certificate)
}
