import type { Trust } from '@anqu/app-package'
import { ParseError } from '@anqu/encoding'
import { verifyOcspResponse, type Certificate } from '@anqu/pki'

type Status = ReturnType<Trust['status']>

/** Roots the service worker brings along, and what the CA last said about the publisher's certificate. */
export function trusted(roots: readonly Certificate[], nowMs: () => number) {
  let answer: Uint8Array | undefined
  const statusOf = ([certificate, issuer]: readonly Certificate[]): Status => {
    if (answer === undefined || certificate === undefined || issuer === undefined)
      return { status: 'unknown', detail: 'there is no answer of the CA' }
    try {
      const verdict = verifyOcspResponse({ response: answer, certificate, issuer, atMs: nowMs() })
      return verdict.status === 'good' || verdict.status === 'revoked'
        ? verdict
        : { status: 'unknown', detail: 'the answer of the CA proves nothing' }
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      return { status: 'unknown', detail: error.message }
    }
  }
  return {
    /** An OCSP response (RFC 6960); what was known before stays when there is none. */
    heard(response: Uint8Array | undefined): void {
      answer = response ?? answer
    },
    trust(kind: 'offered' | 'stored', atMs: number): Trust {
      const status = (path: readonly Certificate[]): Status => {
        const found = statusOf(path)
        // An installed app starts without a network; what is known against it keeps it from starting.
        return kind === 'stored' && found.status === 'unknown' ? { status: 'good' } : found
      }
      return { anchors: roots, atMs, status }
    },
  }
}
