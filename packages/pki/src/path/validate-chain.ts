import { equalBytes } from '@anqu/encoding'
import { checkAlgorithmPolicy, type AlgorithmPolicy } from '../algorithm-policy.ts'
import type { Certificate } from '../certificate/certificate.ts'
import type { KeyUsage } from '../certificate/key-usage.ts'
import { finish, finishLater, signedBy, type Checking } from '../signature-check.ts'
import {
  checkAlone,
  checkAnchor,
  checkAuthorityKeyId,
  checkIssuer,
  checkPurpose,
  checkUsage,
} from './certificate-rules.ts'
import { chainFailure, type ChainFailure } from './chain-rules.ts'
import { checkNameConstraints } from './name-constraint-rules.ts'
import { checkPolicies, type PolicyInputs } from './policy-rules.ts'

/** What the end entity is wanted for. Everything named must hold. */
export interface ChainUsage {
  readonly keyUsage?: readonly KeyUsage[]
  /** Object identifier of the extended key usage. */
  readonly extKeyUsage?: string
  /** Object identifier of the certificate policy the whole chain must hold under (B-7.3.2.2-6). */
  readonly policy?: string
  /** DNS name or address that must stand in the alternative names. */
  readonly serverName?: string
}

export interface ChainLimits {
  /** Intermediates between end entity and anchor, self-issued ones not counted. */
  readonly maxIntermediates?: number
  readonly maxSignatureChecks?: number
}

/** What is asked, without the algorithms. */
export interface ChainQuestion {
  readonly leaf: Certificate
  /** In any order; those that do not fit are ignored. */
  readonly intermediates: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  readonly atMs: number
  /** A key usage alone stands for `{ keyUsage: [it] }`. */
  readonly usage: ChainUsage | KeyUsage
  readonly limits?: ChainLimits
  /** Further conditions on policies; acceptable is `usage.policy` unless it is given here. */
  readonly policies?: PolicyInputs
}

export interface ChainInput extends ChainQuestion {
  /** Signature algorithms accepted beside sm2-with-sm3. */
  readonly algorithms?: AlgorithmPolicy
}

/** The same with a verifier that takes its time. */
export interface AsyncChainInput extends ChainQuestion {
  readonly algorithms?: AlgorithmPolicy<boolean | Promise<boolean>>
}

/** `path` runs from the end entity to the anchor. */
export type ChainResult = { readonly ok: true; readonly path: readonly Certificate[] } | ChainFailure

interface Search {
  readonly input: ChainQuestion & { readonly algorithms?: Pick<AlgorithmPolicy, 'transitional'> }
  readonly purpose: string | undefined
  readonly policies: PolicyInputs
  readonly maxIntermediates: number
  signatureChecksLeft: number
  /** The failure of the attempt that came furthest: the one that helps most. */
  failure: ChainFailure
  reached: number
}

const MAX_CERTIFICATES = 64

/**
 * Builds and validates a chain by RFC 5280 section 6 (policies by RFC 9618) with the algorithm policy of B-7.3.2.2-2. Anchors
 * are checked like other issuers, so that an expired root ends its trust. Revocation is a question of its own.
 */
export function validateChain(input: ChainInput): ChainResult {
  checkAlgorithmPolicy(input.algorithms)
  return finish(buildPath(input), input.algorithms)
}

/** As `validateChain`, where the platform verifies transitional signatures asynchronously. */
export async function validateChainAsync(input: AsyncChainInput): Promise<ChainResult> {
  checkAlgorithmPolicy(input.algorithms)
  return finishLater(buildPath(input), input.algorithms)
}

/** The search itself, for callers that bring their own verifier. */
export function* buildPath(input: Search['input']): Checking<ChainResult> {
  const { leaf, atMs } = input
  const usage: ChainUsage = typeof input.usage === 'string' ? { keyUsage: [input.usage] } : input.usage
  if (input.intermediates.length > MAX_CERTIFICATES)
    return chainFailure(leaf, 'limits', 'too many intermediates')
  const ofLeaf = checkAlone(leaf, atMs, input.algorithms) ?? checkUsage(leaf, usage)
  if (ofLeaf) return ofLeaf
  const search: Search = {
    input,
    purpose: usage.extKeyUsage,
    policies: {
      ...(usage.policy === undefined ? {} : { acceptable: [usage.policy] }),
      ...input.policies,
    },
    maxIntermediates: input.limits?.maxIntermediates ?? 8,
    signatureChecksLeft: input.limits?.maxSignatureChecks ?? 64,
    failure: chainFailure(leaf, 'issuer-unknown', 'no certificate of the issuer is at hand'),
    reached: 0,
  }
  return (yield* extend([leaf], search)) ?? search.failure
}

type Found = Extract<ChainResult, { ok: true }>

function note(search: Search, depth: number, failure: ChainFailure): undefined {
  if (depth > search.reached || (depth === search.reached && search.failure.rule === 'issuer-unknown')) {
    search.reached = depth
    search.failure = failure
  }
  return undefined
}

function sameKeyAndName(left: Certificate, right: Certificate): boolean {
  return left.subjectKey === right.subjectKey && equalBytes(left.publicKeyInfo.raw, right.publicKeyInfo.raw)
}

/** Certificates whose subject is the wanted issuer, those with the right key identifier first. */
function candidates(certificate: Certificate, from: readonly Certificate[]): Certificate[] {
  const wanted = certificate.extensions.authorityKeyId?.keyId
  const named = from.filter((issuer) => issuer.subjectKey === certificate.issuerKey)
  const fits = (issuer: Certificate): boolean => {
    const keyId = issuer.extensions.subjectKeyId
    return wanted !== undefined && keyId !== undefined && equalBytes(wanted, keyId)
  }
  return [...named.filter(fits), ...named.filter((issuer) => !fits(issuer))]
}

/** Depth-first: anchors before intermediates, no key and name twice, a bounded number of signature checks. */
function* extend(path: readonly Certificate[], search: Search): Checking<Found | undefined> {
  const last = path.at(-1)
  if (!last) return undefined
  const anchored = yield* endAtAnchor(path, last, search)
  if (anchored || search.signatureChecksLeft <= 0) return anchored
  const { maxIntermediates } = search
  const counted = path.slice(1).filter((certificate) => !certificate.selfIssued).length
  for (const issuer of candidates(last, search.input.intermediates)) {
    if (path.some((earlier) => sameKeyAndName(earlier, issuer))) continue
    if (path.length > MAX_CERTIFICATES || (!issuer.selfIssued && counted >= maxIntermediates)) {
      note(search, path.length, chainFailure(issuer, 'limits', `more than ${maxIntermediates} intermediates`))
      continue
    }
    const failure = yield* checkLink(path, issuer, search)
    if (failure) note(search, path.length, failure)
    else {
      const found = yield* extend([...path, issuer], search)
      if (found) return found
    }
    if (search.signatureChecksLeft <= 0) return undefined
  }
  const detail = 'no certificate of the issuer leads to an anchor'
  return note(search, path.length - 1, chainFailure(last, 'issuer-unknown', detail))
}

function* endAtAnchor(
  path: readonly Certificate[],
  last: Certificate,
  search: Search,
): Checking<Found | undefined> {
  for (const anchor of candidates(last, search.input.anchors)) {
    // An anchor vouches for others, not for itself as an end entity.
    if (equalBytes(anchor.raw, last.raw)) continue
    const whole = [...path, anchor]
    const result =
      checkAnchor(anchor) ?? (yield* checkLink(path, anchor, search)) ?? checkWhole(whole, search)
    if (result.ok) return result
    note(search, whole.length, result)
    if (result.rule === 'limits') return undefined
  }
  return undefined
}

/** Whether `issuer` issued the last certificate of the path and may have done so. */
function* checkLink(
  path: readonly Certificate[],
  issuer: Certificate,
  search: Search,
): Checking<ChainFailure | undefined> {
  const last = path.at(-1)
  if (!last) return undefined
  const { atMs, algorithms } = search.input
  const below = path.slice(1).filter((certificate) => !certificate.selfIssued).length
  const failure =
    checkAlone(issuer, atMs, algorithms) ?? checkIssuer(issuer, below) ?? checkAuthorityKeyId(last, issuer)
  if (failure) return failure
  if (search.signatureChecksLeft-- <= 0) return chainFailure(last, 'limits', 'too many signature checks')
  return (yield* signedBy(last, issuer, algorithms))
    ? undefined
    : chainFailure(last, 'signature', `the signature is not from ${issuer}`)
}

function checkWhole(path: readonly Certificate[], search: Search): Found | ChainFailure {
  const { purpose, policies } = search
  const failure =
    (purpose === undefined ? undefined : checkPurpose(path, purpose)) ??
    checkNameConstraints(path) ??
    checkPolicies(path, policies)
  return failure ?? { ok: true, path }
}
