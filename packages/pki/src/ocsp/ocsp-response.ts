import {
  DER_GENERALIZED_TIME,
  DER_SEQUENCE,
  derContextTag,
  derExplicit,
  derGeneralizedTime,
  derImplicit,
  derNull,
  derOctets,
  derOid,
  derRaw,
  DerReader,
  derSequence,
  derUnsigned,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { readAlgorithm, signedParts, type AlgorithmIdentifier } from '../algorithm.ts'
import { parseCertificate, type Certificate } from '../certificate/certificate.ts'
import { OID_OCSP_BASIC } from '../oids.ts'
import { reasonCode, reasonOf, type RevocationReason } from '../revocation/reason.ts'
import type { Signer } from '../signer.ts'
import { certIdToDer, readCertId, type CertId } from './cert-id.ts'
import { nonceExtension, readOcspExtensions } from './ocsp-extensions.ts'

export type OcspStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAtMs: number; readonly reason: RevocationReason }
  | { readonly status: 'unknown' }

export interface OcspAnswer {
  readonly certId: CertId
  readonly state: OcspStatus
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
}

/** RFC 6960 section 4.2.1: answers without a signature. */
const errorCodes = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const
export type OcspError = keyof typeof errorCodes

const errors: ReadonlyMap<number, OcspError> = new Map(
  // Object.entries widens the keys it was given.
  Object.entries(errorCodes).map(([error, code]) => [code, error as OcspError]),
)
const ENUMERATED = 0x0a
const context = (number: number): number => derContextTag(number, 'constructed')

export interface OcspResponseRequest {
  readonly answers: readonly OcspAnswer[]
  readonly producedAtMs: number
  /** Copied from the request; absent in answers that are made ahead and cached. */
  readonly nonce?: Uint8Array
  /** The issuer itself, or a certificate it issued for OCSP signing; sent along unless it is the issuer's own. */
  readonly responder: Certificate
  readonly sendResponder: 'with-certificate' | 'without-certificate'
  readonly signer: Signer
}

function stateToDer(state: OcspStatus): DerValue {
  if (state.status === 'good') return derImplicit(0, derNull())
  if (state.status === 'unknown') return derImplicit(2, derNull())
  const time = derGeneralizedTime(state.revokedAtMs)
  if (state.reason === 'unspecified') return derImplicit(1, derSequence(time))
  return derImplicit(1, derSequence(time, derExplicit(0, derUnsigned(reasonCode(state.reason), ENUMERATED))))
}

function answerToDer({ certId, state, thisUpdateMs, nextUpdateMs }: OcspAnswer): DerValue {
  const next = derExplicit(0, derGeneralizedTime(nextUpdateMs))
  return derSequence(certIdToDer(certId), stateToDer(state), derGeneralizedTime(thisUpdateMs), next)
}

/** DER of a signed answer (RFC 6960 section 4.2.1), the responder named by its subject. */
export async function buildOcspResponse(request: OcspResponseRequest): Promise<Uint8Array> {
  const { answers, producedAtMs, nonce, responder, sendResponder, signer } = request
  const tbs = encodeDer(
    derSequence(
      derExplicit(1, derRaw(responder.subjectDer)),
      derGeneralizedTime(producedAtMs),
      derSequence(...answers.map(answerToDer)),
      ...(nonce ? [derExplicit(1, derSequence(nonceExtension(nonce)))] : []),
    ),
  )
  const certificates =
    sendResponder === 'with-certificate' ? [derExplicit(0, derSequence(derRaw(responder.raw)))] : []
  const basic = encodeDer(derSequence(...(await signedParts(tbs, signer)), ...certificates))
  const body = derSequence(derOid(OID_OCSP_BASIC), derOctets(basic))
  return encodeDer(derSequence(derUnsigned(0, ENUMERATED), derExplicit(0, body)))
}

/** DER of an answer that tells why there is none. */
export function buildOcspError(error: OcspError): Uint8Array {
  return encodeDer(derSequence(derUnsigned(errorCodes[error], ENUMERATED)))
}

/** A signed answer as it was read; nothing in it is verified yet. */
export interface OcspResponse {
  readonly tbs: Uint8Array
  readonly responderName: Uint8Array | undefined
  readonly responderKeyHash: Uint8Array | undefined
  readonly producedAtMs: number
  readonly answers: readonly OcspAnswer[]
  readonly nonce?: Uint8Array
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly certificates: readonly Certificate[]
}

export type ParsedOcspResponse = { readonly error: OcspError } | { readonly response: OcspResponse }

const MAX_ANSWERS = 32
const MAX_CERTIFICATES = 8

function readState(single: DerReader): OcspStatus {
  for (const [tag, status] of [
    [0x80, 'good'],
    [0x82, 'unknown'],
  ] as const) {
    const element = single.optional(tag, 'certStatus')
    if (!element) continue
    if (element.content.length !== 0) single.fail('certStatus', 'an empty NULL')
    return { status }
  }
  const info = single.constructed(context(1), 'revoked')
  const revokedAtMs = readTime(info, 'revocationTime')
  const field = info.optionalConstructed(context(0), 'revocationReason')
  const reason = field ? reasonOf(field.small('reason', 10, ENUMERATED)) : 'unspecified'
  info.end()
  return reason
    ? { status: 'revoked', revokedAtMs, reason }
    : info.fail('revocationReason', 'a reason other than 7')
}

function readTime(reader: DerReader, field: string): number {
  if (reader.peek() !== DER_GENERALIZED_TIME) reader.fail(field, 'GeneralizedTime')
  return reader.time(field)
}

function readAnswer(list: DerReader): OcspAnswer {
  const single = list.sequence('response')
  const certId = readCertId(single)
  const state = readState(single)
  const thisUpdateMs = readTime(single, 'thisUpdate')
  // RFC 5019 section 2.2.4 requires it: without a next update nobody knows when the answer grows stale.
  const next = single.constructed(context(0), 'nextUpdate')
  const nextUpdateMs = readTime(next, 'nextUpdate')
  next.end()
  const extensions = single.optionalConstructed(context(1), 'singleExtensions')
  if (extensions) readOcspExtensions(extensions.sequence('list'))
  single.end()
  return { certId, state, thisUpdateMs, nextUpdateMs }
}

function readMany<Item>(list: DerReader, maximum: number, read: (list: DerReader) => Item): Item[] {
  const items: Item[] = []
  while (!list.done) {
    if (items.length >= maximum) list.fail('item', `at most ${maximum} items`)
    items.push(read(list))
  }
  return items
}

function readBasic(der: Uint8Array): OcspResponse {
  const outer = DerReader.over(der, 'ocspResponse.basic')
  const basic = outer.sequence('value')
  outer.end()
  const signed = basic.element(DER_SEQUENCE, 'tbsResponseData')
  const signatureAlgorithm = readAlgorithm(basic, 'signatureAlgorithm')
  const signature = basic.bitBytes('signature')
  const sent = basic.optionalConstructed(context(0), 'certs')
  const certificates = sent
    ? readMany(sent.sequence('list'), MAX_CERTIFICATES, (list) =>
        parseCertificate(list.element(DER_SEQUENCE, 'certificate').raw),
      )
    : []
  basic.end()

  const data = basic.enter(signed, 'tbsResponseData')
  const responderName = data.optionalConstructed(context(1), 'byName')?.element(DER_SEQUENCE, 'name').raw
  const responderKeyHash = responderName ? undefined : data.constructed(context(2), 'byKey').octets('hash')
  const producedAtMs = readTime(data, 'producedAt')
  const answers = readMany(data.sequence('responses'), MAX_ANSWERS, readAnswer)
  const extensions = data.optionalConstructed(context(1), 'responseExtensions')
  const found = extensions ? readOcspExtensions(extensions.sequence('list')) : {}
  data.end()
  const responder = { responderName, responderKeyHash }
  return {
    tbs: signed.raw,
    ...responder,
    producedAtMs,
    answers,
    ...found,
    signatureAlgorithm,
    signature,
    certificates,
  }
}

/** ParseError on malformed input. Verify what it returns with `verifyOcspResponse`. */
export function parseOcspResponse(der: Uint8Array): ParsedOcspResponse {
  const outer = DerReader.over(der, 'ocspResponse', { maxLength: 64 * 1024 })
  const whole = outer.sequence('value')
  outer.end()
  const code = whole.small('responseStatus', 6, ENUMERATED)
  if (code !== 0) {
    whole.end()
    const error = errors.get(code)
    return error ? { error } : whole.fail('responseStatus', 'a known status')
  }
  const bytes = whole.constructed(context(0), 'responseBytes')
  whole.end()
  const body = bytes.sequence('value')
  bytes.end()
  if (body.oid('responseType') !== OID_OCSP_BASIC) body.fail('responseType', 'a basic response')
  const basic = body.octets('response')
  body.end()
  return { response: readBasic(basic) }
}
