import { equalBytes } from '@anqu/encoding'
import type { Certificate } from '../certificate/certificate.ts'
import { verifyCrlSignature, type Crl } from './crl.ts'
import type { RevocationReason } from './reason.ts'

export type RevocationStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAtMs: number; readonly reason: RevocationReason }
  /** Nothing trustworthy and fresh speaks for the certificate. Funds must not move on it (B-7.3.2.2-7). */
  | { readonly status: 'unknown'; readonly detail: string }

export interface RevocationQuestion {
  readonly certificate: Certificate
  /** The certificate that issued it: its key signs the lists. */
  readonly issuer: Certificate
  /** In any order; lists of others are ignored. */
  readonly crls: readonly Crl[]
  readonly atMs: number
}

/** Why a list does not speak for this certificate now (RFC 5280 section 6.3.3), undefined when it does. */
function problemWith(crl: Crl, { certificate, issuer, atMs }: RevocationQuestion): string | undefined {
  const { keyUsage, subjectKeyId, basicConstraints } = issuer.extensions
  if (crl.issuerKey !== issuer.subjectKey || certificate.issuerKey !== issuer.subjectKey)
    return `${crl} is of another issuer`
  if (keyUsage && !keyUsage.includes('cRLSign')) return `${issuer} may not sign lists`
  if (!basicConstraints?.ca) return `${issuer} is not a CA`
  if (crl.authorityKeyId && subjectKeyId && !equalBytes(crl.authorityKeyId, subjectKeyId)) {
    return `${crl} names another key`
  }
  if (!inScope(crl, certificate)) return `${crl} is of another scope`
  if (atMs < crl.thisUpdateMs) return `${crl} is not valid yet`
  if (atMs > crl.nextUpdateMs) return `${crl} is out of date`
  return verifyCrlSignature(crl, issuer.publicKey) ? undefined : `the signature of ${crl} is wrong`
}

function inScope({ scope }: Crl, certificate: Certificate): boolean {
  if (!scope) return true
  const isCa = certificate.extensions.basicConstraints?.ca === true
  if (scope.only === 'end-entities' && isCa) return false
  if (scope.only === 'authorities' && !isCa) return false
  const points = certificate.extensions.crlUrls ?? []
  return scope.urls.length === 0 || scope.urls.some((url) => points.includes(url))
}

function sameScope(left: Crl, right: Crl): boolean {
  return JSON.stringify(left.scope ?? null) === JSON.stringify(right.scope ?? null)
}

/** The newest complete list decides, and the newest delta list over it when there is one. */
export function checkRevocation(question: RevocationQuestion): RevocationStatus {
  let detail = 'no list is at hand'
  const usable: Crl[] = []
  for (const crl of question.crls) {
    const problem = problemWith(crl, question)
    if (problem === undefined) usable.push(crl)
    else detail = problem
  }
  const newest = (lists: readonly Crl[]): Crl | undefined =>
    lists.toSorted((a, b) => Number(b.number - a.number))[0]
  const complete = newest(usable.filter((crl) => crl.deltaBase === undefined))
  if (!complete) return { status: 'unknown', detail }
  const delta = newest(
    usable.filter(
      (crl) =>
        crl.deltaBase !== undefined &&
        crl.deltaBase <= complete.number &&
        crl.number >= complete.number &&
        sameScope(crl, complete),
    ),
  )
  const changed = delta?.find(question.certificate.serial)
  if (changed?.reason === 'removeFromCRL') return { status: 'good' }
  const entry = changed ?? complete.find(question.certificate.serial)
  if (!entry) return { status: 'good' }
  return { status: 'revoked', revokedAtMs: entry.revokedAtMs, reason: entry.reason }
}
