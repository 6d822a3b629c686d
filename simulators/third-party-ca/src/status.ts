import { bytesToHex, equalBytes, ParseError } from '@anqu/encoding'
import {
  buildOcspError,
  buildOcspResponse,
  certIdOf,
  parseOcspRequest,
  privateKeySigner,
  type CertId,
  type OcspStatus,
} from '@anqu/pki'
import type { Clock } from '@anqu/platform'
import type { CaKey } from './keys.ts'
import type { Register } from './register.ts'

const validMs = 10 * 60_000

/** Status answers signed by the issuing key itself (RFC 6960), each made when it is asked for. */
export async function answerStatus(
  question: Uint8Array,
  { issuing, register, clock }: { issuing: CaKey; register: Register; clock: Clock },
): Promise<Uint8Array> {
  try {
    const { certIds, nonce } = parseOcspRequest(question)
    const nowMs = clock.nowMs()
    return await buildOcspResponse({
      answers: certIds.map((certId) => ({
        certId,
        state: stateOf(certId, issuing, register),
        thisUpdateMs: nowMs,
        nextUpdateMs: nowMs + validMs,
      })),
      producedAtMs: nowMs,
      ...(nonce && { nonce }),
      responder: issuing.certificate,
      sendResponder: 'without-certificate',
      signer: privateKeySigner(issuing.key),
    })
  } catch (error) {
    if (error instanceof ParseError) return buildOcspError('malformedRequest')
    throw error
  }
}

function stateOf(certId: CertId, { certificate }: CaKey, register: Register): OcspStatus {
  const ours = certIdOf(certificate, certId.serial)
  const entry = equalBytes(ours.issuerKeyHash, certId.issuerKeyHash)
    ? register.find(bytesToHex(certId.serial))
    : undefined
  if (!entry) return { status: 'unknown' }
  if (entry.letter === 'V') return { status: 'good' }
  const reason = entry.letter === 'H' ? 'certificateHold' : entry.reason
  return { status: 'revoked', revokedAtMs: entry.changedAtMs, reason }
}
