import { equalBytes } from '@anqu/encoding'
import { checkAlgorithmPolicy, type AlgorithmPolicy } from '../algorithm-policy.ts'
import { finish, finishLater, type Checking } from '../signature-check.ts'
import type { Crl } from './crl.ts'
import { problemWithList, type ListQuestion } from './list-for-certificate.ts'
import { ALL_REASONS, type ReasonSet } from './reason-set.ts'
import type { RevocationReason } from './reason.ts'
import { verifiedSigner } from './list-signer.ts'

export type RevocationStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAtMs: number; readonly reason: RevocationReason }
  /** Nothing trustworthy and fresh speaks for the certificate. Funds must not move on it (B-7.3.2.2-7). */
  | { readonly status: 'unknown'; readonly detail: string }

export interface RevocationQuestion extends ListQuestion {
  /** In any order; lists of others are ignored. */
  readonly crls: readonly Crl[]
  /** Signature algorithms accepted beside sm2-with-sm3. */
  readonly algorithms?: AlgorithmPolicy
}

/** The same with a verifier that takes its time. */
export interface AsyncRevocationQuestion extends Omit<RevocationQuestion, 'algorithms'> {
  readonly algorithms?: AlgorithmPolicy<boolean | Promise<boolean>>
}

type Question = Omit<RevocationQuestion, 'algorithms'> & {
  readonly algorithms?: Pick<AlgorithmPolicy, 'transitional'>
}

/** A signer of lists has a certificate with a state of its own; longer dependencies than this are refused. */
const MAX_DEPTH = 3

/**
 * The state of a certificate by revocation lists (RFC 5280 section 6.3). For each place the certificate names, and for its
 * issuer itself, the newest complete list decides together with the newest delta list over it; lists of some reasons only
 * must cover all reasons between them.
 */
export function checkRevocation(question: RevocationQuestion): RevocationStatus {
  checkAlgorithmPolicy(question.algorithms)
  return finish(revocationOf(question), question.algorithms)
}

/** As `checkRevocation`, where the platform verifies transitional signatures asynchronously. */
export async function checkRevocationAsync(question: AsyncRevocationQuestion): Promise<RevocationStatus> {
  checkAlgorithmPolicy(question.algorithms)
  return finishLater(revocationOf(question), question.algorithms)
}

export function* revocationOf(question: Question, depth = 0): Checking<RevocationStatus> {
  const { certificate, crls } = question
  const byNumber = crls.toSorted((left, right) =>
    right.number > left.number ? 1 : right.number < left.number ? -1 : 0,
  )
  let covered: ReasonSet = 0
  let detail = 'no list is at hand'
  // The last point stands for lists that the issuer gives out without telling where (section 6.3.3, last paragraph).
  for (const point of [...(certificate.extensions.crlDistributionPoints ?? []), {}]) {
    for (const crl of byNumber) {
      if (covered === ALL_REASONS) break
      if (crl.deltaBase !== undefined) continue
      const reasons = (point.reasons ?? ALL_REASONS) & (crl.scope?.reasons ?? ALL_REASONS)
      if ((reasons & ~covered) === 0) continue
      const problem =
        problemWithList(crl, point, question) ?? (yield* problemWithSigner(crl, question, depth))
      if (problem !== undefined) {
        detail = problem
        continue
      }
      const deltas = byNumber.filter((delta) => changes(delta, crl))
      const state = yield* stateBy(crl, deltas, { question, depth })
      if (state.status !== 'good') return state
      covered |= reasons
    }
  }
  if (covered === ALL_REASONS) return { status: 'good' }
  return { status: 'unknown', detail: covered === 0 ? detail : `no list speaks for all reasons; ${detail}` }
}

/** Whether a delta list may be combined with a complete one (section 6.3.3 (c) and section 5.2.4). */
function changes(delta: Crl, complete: Crl): boolean {
  return (
    delta.deltaBase !== undefined &&
    delta.deltaBase <= complete.number &&
    delta.number >= complete.number &&
    delta.issuerKey === complete.issuerKey &&
    sameKeyId(delta, complete) &&
    JSON.stringify(delta.scope ?? null) === JSON.stringify(complete.scope ?? null)
  )
}

function sameKeyId({ authorityKeyId: left }: Crl, { authorityKeyId: right }: Crl): boolean {
  return left === undefined || right === undefined ? left === right : equalBytes(left, right)
}

interface At {
  readonly question: Question
  readonly depth: number
}

function* stateBy(
  complete: Crl,
  deltas: readonly Crl[],
  { question, depth }: At,
): Checking<RevocationStatus> {
  const { serial, issuerKey } = question.certificate
  const inTime = deltas.filter(
    ({ thisUpdateMs, nextUpdateMs }) => thisUpdateMs <= question.atMs && question.atMs <= nextUpdateMs,
  )
  for (const delta of inTime) {
    if ((yield* problemWithSigner(delta, question, depth)) !== undefined) continue
    const changed = delta.find(serial, issuerKey)
    if (changed?.reason === 'removeFromCRL') return { status: 'good' }
    if (changed) return { status: 'revoked', revokedAtMs: changed.revokedAtMs, reason: changed.reason }
    break
  }
  const entry = complete.find(serial, issuerKey)
  if (!entry) return { status: 'good' }
  return { status: 'revoked', revokedAtMs: entry.revokedAtMs, reason: entry.reason }
}

/** Why the list is not signed by somebody who may, undefined when it is. */
function* problemWithSigner(crl: Crl, question: Question, depth: number): Checking<string | undefined> {
  const found = yield* verifiedSigner(crl, question)
  if (!found.ok) return found.detail
  const { signer, issuer } = found
  if (!issuer) return undefined
  // A signer of its own has a certificate that may be revoked too.
  if (depth >= MAX_DEPTH) return `${signer} depends on too many other signers of lists`
  const own: Question = {
    ...question,
    certificate: signer,
    issuer,
    crls: question.crls.filter((list) => list !== crl),
  }
  const state = yield* revocationOf(own, depth + 1)
  return state.status === 'good' ? undefined : `the certificate of the signer ${signer} is ${state.status}`
}
