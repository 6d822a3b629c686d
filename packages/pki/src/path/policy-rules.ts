import type { Certificate } from '../certificate/certificate.ts'
import { OID_ANY_POLICY } from '../oids.ts'
import { chainFailure, type ChainFailure } from './chain-rules.ts'

/** What the caller decides about policies before a chain is looked at (RFC 5280 section 6.1.1 (c), (e), (f), (g)). */
export interface PolicyInputs {
  /** Policies of which one must hold for the whole chain; without it any will do. */
  readonly acceptable?: readonly string[] | undefined
  /** The chain must hold under at least one policy. A choice of acceptable ones says so too. */
  readonly requireExplicitPolicy?: boolean | undefined
  readonly inhibitPolicyMapping?: boolean | undefined
  readonly inhibitAnyPolicy?: boolean | undefined
}

/**
 * A policy that holds down to the certificate just looked at. RFC 5280 keeps a whole tree of them, which a hostile chain can
 * make grow without bound; RFC 9618 merges equal nodes of a level into one. Of the levels above, the verdict needs only
 * whether a policy goes back to one the caller accepts, so this is carried along and the levels are not kept: the work is
 * bounded by the policies and mappings of two neighbouring certificates.
 */
interface PolicyNode {
  /** Policies of the next certificate that stand for this one. */
  expected: Set<string>
  /** Whether it goes back to a policy the caller accepts. */
  accepted: boolean
}

type Level = Map<string, PolicyNode>

interface State {
  level: Level
  readonly acceptable: ReadonlySet<string> | undefined
  /** Certificates that may still follow before the rule holds. */
  explicitPolicy: number
  policyMapping: number
  inhibitAnyPolicy: number
}

/**
 * RFC 5280 section 6.1 (policies) on the graph of RFC 9618. `path` runs from the end entity to the anchor, whose own
 * statements do not count: the caller's inputs stand in their place.
 */
export function checkPolicies(path: readonly Certificate[], inputs: PolicyInputs): ChainFailure | undefined {
  const below = path.slice(0, -1).toReversed()
  const state = initialState(below.length, inputs)
  for (const [index, certificate] of below.entries()) {
    const last = index === below.length - 1
    processPolicies(certificate, state, last)
    if (state.explicitPolicy === 0 && state.level.size === 0)
      return chainFailure(certificate, 'policy', 'no policy holds for the chain down to here')
    if (last) return finish(certificate, state)
    const failure = prepareNext(certificate, state)
    if (failure) return failure
  }
  return undefined
}

/** RFC 5280 section 6.1.2: a number that is never reached switches a rule off. */
function initialState(certificates: number, inputs: PolicyInputs): State {
  const never = certificates + 1
  const { acceptable, requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = inputs
  const restricted = acceptable !== undefined && !acceptable.includes(OID_ANY_POLICY)
  return {
    level: new Map([[OID_ANY_POLICY, { expected: new Set([OID_ANY_POLICY]), accepted: !restricted }]]),
    acceptable: restricted ? new Set(acceptable) : undefined,
    explicitPolicy: requireExplicitPolicy === true || acceptable !== undefined ? 0 : never,
    policyMapping: inhibitPolicyMapping === true ? 0 : never,
    inhibitAnyPolicy: inhibitAnyPolicy === true ? 0 : never,
  }
}

/** Section 6.1.3 (d), (e). */
function processPolicies(certificate: Certificate, state: State, last: boolean): void {
  const { level: above, acceptable } = state
  const policies = certificate.extensions.policies ?? []
  const byExpected = expectedPolicies(above)
  const any = above.get(OID_ANY_POLICY)
  const level: Level = new Map()
  // (d)(1): each policy hangs below those that expect it, or else below anyPolicy, where a root of its own begins.
  for (const policy of policies.filter((one) => one !== OID_ANY_POLICY)) {
    const accepted = byExpected.get(policy)
    if (accepted !== undefined) level.set(policy, node(policy, accepted))
    else if (any) level.set(policy, node(policy, acceptable?.has(policy) ?? true))
  }
  // (d)(2): anyPolicy carries on what was expected and is not named.
  const anyCounts = state.inhibitAnyPolicy > 0 || (!last && certificate.selfIssued)
  if (policies.includes(OID_ANY_POLICY) && anyCounts) {
    for (const [policy, accepted] of byExpected)
      if (!level.has(policy)) level.set(policy, node(policy, accepted))
  }
  state.level = level
}

const node = (policy: string, accepted: boolean): PolicyNode => ({ expected: new Set([policy]), accepted })

/** What the level expects next, and whether any of those who expect it is accepted. */
function expectedPolicies(level: Level): Map<string, boolean> {
  const expected = new Map<string, boolean>()
  for (const above of level.values())
    for (const policy of above.expected)
      expected.set(policy, above.accepted || (expected.get(policy) ?? false))
  return expected
}

/** Section 6.1.4 (a), (b), (h), (i), (j). */
function prepareNext(certificate: Certificate, state: State): ChainFailure | undefined {
  const { policyMappings = [], policyConstraints, inhibitAnyPolicy } = certificate.extensions
  if (
    policyMappings.some(({ issuerPolicy, subjectPolicy }) =>
      [issuerPolicy, subjectPolicy].includes(OID_ANY_POLICY),
    )
  )
    return chainFailure(certificate, 'policy-mapping', 'anyPolicy may not be mapped')
  map(policyMappings, state)
  if (!certificate.selfIssued) {
    state.explicitPolicy = Math.max(0, state.explicitPolicy - 1)
    state.policyMapping = Math.max(0, state.policyMapping - 1)
    state.inhibitAnyPolicy = Math.max(0, state.inhibitAnyPolicy - 1)
  }
  const { requireExplicitPolicy, inhibitPolicyMapping } = policyConstraints ?? {}
  state.explicitPolicy = Math.min(state.explicitPolicy, requireExplicitPolicy ?? Infinity)
  state.policyMapping = Math.min(state.policyMapping, inhibitPolicyMapping ?? Infinity)
  state.inhibitAnyPolicy = Math.min(state.inhibitAnyPolicy, inhibitAnyPolicy ?? Infinity)
  return undefined
}

/** Section 6.1.4 (b): a mapped policy expects the subject's policies instead of itself; where mapping is off it ends. */
function map(mappings: NonNullable<Certificate['extensions']['policyMappings']>, state: State): void {
  const { level, acceptable } = state
  const bySource = new Map<string, Set<string>>()
  for (const { issuerPolicy, subjectPolicy } of mappings)
    bySource.set(issuerPolicy, (bySource.get(issuerPolicy) ?? new Set()).add(subjectPolicy))
  for (const [policy, expected] of bySource) {
    const mapped = level.get(policy)
    if (state.policyMapping === 0) level.delete(policy)
    else if (mapped) mapped.expected = expected
    else if (level.has(OID_ANY_POLICY))
      level.set(policy, { expected, accepted: acceptable?.has(policy) ?? true })
  }
}

/** Section 6.1.5 (a), (b), (g). */
function finish(leaf: Certificate, state: State): ChainFailure | undefined {
  const required = leaf.extensions.policyConstraints?.requireExplicitPolicy === 0
  const explicit = required || state.explicitPolicy <= 1
  // anyPolicy at the end stands for each policy the caller accepts.
  const holds = [...state.level].some(([policy, { accepted }]) => accepted || policy === OID_ANY_POLICY)
  if (!explicit || holds) return undefined
  const wanted = state.acceptable ? ` among ${[...state.acceptable].join(', ')}` : ''
  return chainFailure(leaf, 'policy', `the chain holds under no policy${wanted}`)
}
