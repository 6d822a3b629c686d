import { ParseError } from '@anqu/encoding'
import {
  certIdOf,
  createOcspRequest,
  parseCertificate,
  verifyOcspResponse,
  type Certificate,
} from '@anqu/pki'
import type { Clock } from '@anqu/platform'
import { AuthorityUnavailable, type CertificationAuthority } from './authority.ts'

/** What the CA answers about one of our own certificates, for whoever relies on it. */
export type StatusAnswer = {
  readonly der: Uint8Array
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly nextUpdateMs: number
}

/** The state of the first certificate of a chain. @throws AuthorityUnavailable when there is no answer that still holds. */
export type StatusAnswers = (chain: readonly Uint8Array[]) => Promise<StatusAnswer>

/** A revocation is known to customers after this; the CA itself signs one answer for many questions. */
const askAgainMs = 10_000

type Kept = { readonly answer: StatusAnswer; readonly askedAtMs: number }

/** One question at a time, and one answer for everybody; when the CA is away, the last one for as long as it holds. */
export function createStatusAnswers(needs: {
  readonly authority: Pick<CertificationAuthority, 'statusAnswer'>
  readonly clock: Clock
}): StatusAnswers {
  const { authority, clock } = needs
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<StatusAnswer>>()

  const ask = async (serial: string, leaf: Certificate, issuer: Certificate): Promise<StatusAnswer> => {
    const before = kept.get(serial)?.answer
    try {
      const question = createOcspRequest({ certIds: [certIdOf(issuer, leaf.serial)] })
      const response = await authority.statusAnswer(question)
      const answer = read(response, { leaf, issuer, atMs: clock.nowMs() })
      // Only our newest certificate is asked about; the one before it is of no use to anybody.
      kept.clear()
      kept.set(serial, { answer, askedAtMs: clock.nowMs() })
      return answer
    } catch (error) {
      if (error instanceof AuthorityUnavailable && before && before.nextUpdateMs > clock.nowMs())
        return before
      throw error
    } finally {
      asking.delete(serial)
    }
  }
  return async ([first, second]) => {
    if (first === undefined || second === undefined) throw new AuthorityUnavailable('no issuer in the chain')
    const [leaf, issuer] = [parseCertificate(first), parseCertificate(second)]
    const serial = leaf.serialHex
    const last = kept.get(serial)
    if (last && clock.nowMs() < last.askedAtMs + askAgainMs) return last.answer
    const running = asking.get(serial) ?? ask(serial, leaf, issuer)
    asking.set(serial, running)
    return running
  }
}

function read(
  response: Uint8Array,
  { leaf, issuer, atMs }: { leaf: Certificate; issuer: Certificate; atMs: number },
): StatusAnswer {
  try {
    const verdict = verifyOcspResponse({ response, certificate: leaf, issuer, atMs })
    if (verdict.status === 'no-answer') throw new AuthorityUnavailable(verdict.detail)
    return { der: response, status: verdict.status, nextUpdateMs: verdict.nextUpdateMs }
  } catch (error) {
    if (error instanceof ParseError) throw new AuthorityUnavailable(error.message)
    throw error
  }
}
