import { equalBytes } from '@anqu/encoding'
import type { Certificate } from '../certificate/certificate.ts'
import type { KeyUsage } from '../certificate/key-usage.ts'
import {
  checkAlone,
  checkAnchor,
  checkAuthorityKeyId,
  checkIssuer,
  checkPurpose,
  checkUsage,
} from './certificate-rules.ts'
import { chainFailure, type ChainFailure } from './chain-rules.ts'
import { signedBy } from './issuer-verifier.ts'
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

export interface ChainInput {
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

/** `path` runs from the end entity to the anchor. */
export type ChainResult = { readonly ok: true; readonly path: readonly Certificate[] } | ChainFailure

interface Search {
  readonly input: ChainInput
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
 * Builds and validates a chain by RFC 5280 section 6 with the algorithm policy of B-7.3.2.2-2. Anchors are checked like
 * other issuers, so that an expired root ends its trust. Revocation is a question of its own.
 */
export function validateChain(input: ChainInput): ChainResult {
  const { leaf, atMs } = input
  const usage: ChainUsage = typeof input.usage === 'string' ? { keyUsage: [input.usage] } : input.usage
  if (input.intermediates.length > MAX_CERTIFICATES)
    return chainFailure(leaf, 'limits', 'too many intermediates')
  const ofLeaf = checkAlone(leaf, atMs) ?? checkUsage(leaf, usage)
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
  const path = extend([leaf], search)
  return path ? { ok: true, path } : search.failure
}

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
function extend(path: readonly Certificate[], search: Search): readonly Certificate[] | undefined {
  const { anchors, intermediates } = search.input
  const last = path.at(-1)
  if (!last) return undefined
  for (const anchor of candidates(last, anchors)) {
    // An anchor vouches for others, not for itself as an end entity.
    if (equalBytes(anchor.raw, last.raw)) continue
    const whole = [...path, anchor]
    const failure = checkAnchor(anchor) ?? checkLink(path, anchor, search) ?? checkWhole(whole, search)
    if (!failure) return whole
    note(search, whole.length, failure)
    if (failure.rule === 'limits') return undefined
  }
  const counted = path.slice(1).filter((certificate) => !certificate.selfIssued).length
  for (const issuer of candidates(last, intermediates)) {
    if (path.some((earlier) => sameKeyAndName(earlier, issuer))) continue
    if (path.length > MAX_CERTIFICATES || (!issuer.selfIssued && counted >= search.maxIntermediates)) {
      note(
        search,
        path.length,
        chainFailure(issuer, 'limits', `more than ${search.maxIntermediates} intermediates`),
      )
      continue
    }
    const failure = checkLink(path, issuer, search)
    if (failure) note(search, path.length, failure)
    else {
      const found = extend([...path, issuer], search)
      if (found) return found
    }
    if (search.signatureChecksLeft <= 0) return undefined
  }
  return note(
    search,
    path.length - 1,
    chainFailure(last, 'issuer-unknown', 'no certificate of the issuer leads to an anchor'),
  )
}

/** Whether `issuer` issued the last certificate of the path and may have done so. */
function checkLink(
  path: readonly Certificate[],
  issuer: Certificate,
  search: Search,
): ChainFailure | undefined {
  const last = path.at(-1)
  if (!last) return undefined
  const below = path.slice(1).filter((certificate) => !certificate.selfIssued).length
  const failure =
    checkAlone(issuer, search.input.atMs) ?? checkIssuer(issuer, below) ?? checkAuthorityKeyId(last, issuer)
  if (failure) return failure
  if (search.signatureChecksLeft-- <= 0) return chainFailure(last, 'limits', 'too many signature checks')
  return signedBy(last, issuer)
    ? undefined
    : chainFailure(last, 'signature', `the signature is not from ${issuer}`)
}

function checkWhole(path: readonly Certificate[], search: Search): ChainFailure | undefined {
  const { purpose, policies } = search
  return (
    (purpose === undefined ? undefined : checkPurpose(path, purpose)) ??
    checkNameConstraints(path) ??
    checkPolicies(path, policies)
  )
}
