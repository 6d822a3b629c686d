import {
  base64ToBytes,
  bytesToBase64,
  derContextTag,
  derExplicit,
  DerReader,
  derSequence,
  encodeDer,
  ParseError,
} from '@anqu/encoding'
import { certIdToDer, readCertId, type CertId } from './cert-id.ts'
import { nonceExtension, readOcspExtensions } from './ocsp-extensions.ts'

/** A question to an OCSP responder (RFC 6960 section 4.1), unsigned. */
export interface OcspRequest {
  readonly certIds: readonly CertId[]
  /** Makes the answer a fresh one; leave it out where cached answers are wanted (RFC 5019). */
  readonly nonce?: Uint8Array
}

const MAX_QUESTIONS = 32
const context = (number: number): number => derContextTag(number, 'constructed')

export function createOcspRequest({ certIds, nonce }: OcspRequest): Uint8Array {
  const list = derSequence(...certIds.map((id) => derSequence(certIdToDer(id))))
  const extensions = nonce ? [derExplicit(2, derSequence(nonceExtension(nonce)))] : []
  return encodeDer(derSequence(derSequence(list, ...extensions)))
}

/** ParseError on malformed input, on other hashes than SM3 and on unknown critical extensions. A signature is not looked at. */
export function parseOcspRequest(der: Uint8Array): OcspRequest {
  const outer = DerReader.over(der, 'ocspRequest', { maxLength: 16 * 1024 })
  const whole = outer.sequence('value')
  outer.end()
  const tbs = whole.sequence('tbsRequest')
  whole.optional(context(0), 'optionalSignature')
  whole.end()
  tbs.optional(context(1), 'requestorName')
  const list = tbs.sequence('requestList')
  const certIds: CertId[] = []
  do {
    if (certIds.length >= MAX_QUESTIONS) list.fail('request', `at most ${MAX_QUESTIONS} questions`)
    const request = list.sequence('request')
    certIds.push(readCertId(request))
    const single = request.optionalConstructed(context(0), 'singleRequestExtensions')
    if (single) readOcspExtensions(single.sequence('list'))
    request.end()
  } while (!list.done)
  const extensions = tbs.optionalConstructed(context(2), 'requestExtensions')
  const found = extensions ? readOcspExtensions(extensions.sequence('list')) : {}
  tbs.end()
  return { certIds, ...found }
}

/** The last path segment of a GET (RFC 5019 section 5): URL-encoded base64 of the request. */
export function ocspRequestToPath(der: Uint8Array): string {
  return encodeURIComponent(bytesToBase64(der))
}

export function ocspRequestFromPath(segment: string): Uint8Array {
  try {
    return base64ToBytes(decodeURIComponent(segment), 'ocspPath')
  } catch (error) {
    if (error instanceof URIError) throw new ParseError('ocspPath', 0, 'URL-encoded base64')
    throw error
  }
}
