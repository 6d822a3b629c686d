import { equalBytes } from '@anqu/encoding'
import { isSm2WithSm3, verifyDerSignature } from '../algorithm.ts'
import { verifyCertificateSignature, type Certificate } from '../certificate/certificate.ts'
import { EKU_OCSP_SIGNING } from '../oids.ts'
import { certIdKey, certIdOf } from './cert-id.ts'
import { parseOcspResponse, type OcspAnswer, type OcspResponse, type OcspStatus } from './ocsp-response.ts'

/** `no-answer` says that the response proves nothing; callers treat it like `unknown` (B-7.3.2.2-7). */
export type OcspVerdict =
  | (OcspStatus & { readonly nextUpdateMs: number })
  | { readonly status: 'no-answer'; readonly detail: string; readonly source: string }

export interface OcspCheck {
  readonly response: Uint8Array
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly atMs: number
  /** What was sent; the answer must carry the same. */
  readonly nonce?: Uint8Array
  /**
   * The state of a delegated responder's own certificate, from a list for instance. Asked for only when that certificate
   * does not carry `ocspNoCheck`; without it such a responder proves nothing.
   */
  readonly responderStatus?: (responder: Certificate) => 'good' | 'revoked' | 'unknown'
}

/** Clocks of responders may run ahead by this much. */
const CLOCK_SKEW_MS = 60_000

const refuse = (detail: string, source: string): OcspVerdict => ({ status: 'no-answer', detail, source })

/** Whose key signed: the issuer's, or one it certified for exactly this (RFC 6960 section 4.2.2.2). */
function responderOf(response: OcspResponse, issuer: Certificate, atMs: number): Certificate | undefined {
  const names = (candidate: Certificate): boolean =>
    response.responderName !== undefined && equalBytes(response.responderName, candidate.subjectDer)
  if (names(issuer)) return issuer
  return response.certificates.find(
    (candidate) =>
      names(candidate) &&
      candidate.issuerKey === issuer.subjectKey &&
      candidate.extKeyUsage?.includes(EKU_OCSP_SIGNING) === true &&
      candidate.keyUsage?.includes('digitalSignature') !== false &&
      candidate.extensions.unknownCritical.length === 0 &&
      atMs >= candidate.notBeforeMs &&
      atMs <= candidate.notAfterMs &&
      verifyCertificateSignature(candidate, issuer.publicKey),
  )
}

function problemWithTimes({ thisUpdateMs, nextUpdateMs }: OcspAnswer, atMs: number): string | undefined {
  if (thisUpdateMs > atMs + CLOCK_SKEW_MS) return 'the answer is not valid yet'
  return nextUpdateMs < atMs ? 'the answer is stale' : undefined
}

/** The state of one certificate, or why the response says nothing about it. ParseError when it cannot be read. */
export function verifyOcspResponse(check: OcspCheck): OcspVerdict {
  const { response, certificate, issuer, atMs, nonce, responderStatus } = check
  const parsed = parseOcspResponse(response)
  if ('error' in parsed) return refuse(`the responder answered ${parsed.error}`, 'RFC 6960 section 2.3')
  const { response: answer } = parsed
  const wanted = certIdKey(certIdOf(issuer, certificate.serial))
  const single = answer.answers.find(({ certId }) => certIdKey(certId) === wanted)
  if (!single) return refuse('the answer is about another certificate', 'RFC 6960 section 3.2 (1)')
  if (nonce && !(answer.nonce && equalBytes(answer.nonce, nonce))) {
    return refuse('the nonce is not the one sent', 'RFC 6960 section 4.4.1')
  }
  const responder = responderOf(answer, issuer, atMs)
  if (!responder) return refuse('the responder is not authorised by the issuer', 'RFC 6960 section 4.2.2.2')
  const trusted = responder === issuer || responder.extensions.ocspNoCheck === true
  if (!trusted && responderStatus?.(responder) !== 'good') {
    return refuse("the state of the responder's own certificate is not known", 'RFC 6960 section 4.2.2.2.1')
  }
  if (!isSm2WithSm3(answer.signatureAlgorithm))
    return refuse('the algorithm is not sm2-with-sm3', 'B-7.3.2.2-2')
  if (!verifyDerSignature(responder.publicKey, answer.tbs, answer.signature)) {
    return refuse('the signature is wrong', 'RFC 6960 section 3.2 (2)')
  }
  const stale = problemWithTimes(single, atMs)
  if (stale) return refuse(stale, 'RFC 6960 section 3.2 (5), (6)')
  return { ...single.state, nextUpdateMs: single.nextUpdateMs }
}
