import { OID_ANY_POLICY, type PolicyInputs } from '../index.ts'
import type { PolicyLink } from './policy-chain.ts'

/**
 * Chains after sections 4.8 to 4.12 of NIST's PKITS, rebuilt with SM2 keys; a number says which of its tests a case follows.
 * The user notices of 4.8.15 to 4.8.19 are for people to read and have no verdict of their own.
 */
export interface PolicyCase {
  readonly name: string
  readonly links: readonly PolicyLink[]
  readonly verdicts: readonly (readonly [PolicyInputs, boolean])[]
}

export const P1 = '2.16.840.1.101.3.2.1.48.1'
export const P2 = '2.16.840.1.101.3.2.1.48.2'
export const P3 = '2.16.840.1.101.3.2.1.48.3'
export const P4 = '2.16.840.1.101.3.2.1.48.4'
export const ANY = OID_ANY_POLICY

const anything: PolicyInputs = {}
const explicit: PolicyInputs = { requireExplicitPolicy: true }
const only = (...acceptable: string[]): PolicyInputs => ({ acceptable })
const says = (...policies: string[]): PolicyLink => ({ policies })
const nothing: PolicyLink = {}
const self = (link: PolicyLink): PolicyLink => ({ ...link, selfIssued: true })
const strict = (link: PolicyLink): PolicyLink => ({ ...link, requireExplicit: 0 })
const ok = true
const no = false

const one = (
  name: string,
  links: readonly PolicyLink[],
  ...verdicts: PolicyCase['verdicts'][number][]
): PolicyCase => ({ name, links, verdicts })

const certificatePolicies = [
  one(
    '4.8.1 the same policy everywhere',
    [says(P1), says(P1)],
    [anything, ok],
    [explicit, ok],
    [only(P1), ok],
    [only(P2), no],
    [only(P1, P2), ok],
  ),
  one('4.8.2 no policies anywhere', [nothing, nothing], [anything, ok], [explicit, no]),
  one(
    '4.8.3 a sub-CA of another policy',
    [says(P1), says(P2), says(P1)],
    [anything, ok],
    [explicit, no],
    [only(P1, P2), no],
  ),
  one(
    '4.8.4 an end entity of another policy',
    [strict(says(P1)), says(P1), says(P2)],
    [anything, no],
    [only(P1), no],
  ),
  one(
    '4.8.5 a sub-CA of another policy than CA and end entity',
    [strict(says(P1)), says(P2), says(P1)],
    [anything, no],
  ),
  one(
    '4.8.6 overlapping policies',
    [says(P1, P2, P3), says(P1, P2), says(P1)],
    [anything, ok],
    [only(P1), ok],
    [only(P2), no],
  ),
  one('4.8.7 policies that shrink to none', [strict(says(P1, P2)), says(P1), says(P2)], [anything, no]),
  one('4.8.9 a sub-CA without policies', [strict(says(P1, P2)), nothing, says(P1)], [anything, no]),
  one(
    '4.8.10 two policies everywhere',
    [says(P1, P2), says(P1, P2)],
    [anything, ok],
    [only(P1), ok],
    [only(P2), ok],
    [only(P3), no],
  ),
  one('4.8.11 anyPolicy everywhere', [says(ANY), says(ANY)], [explicit, ok], [only(P1), ok]),
  one('4.8.12 a CA and an end entity of different policies', [strict(says(P3)), says(P4)], [anything, no]),
  one('4.8.14 a CA of anyPolicy', [says(ANY), says(P1)], [only(P1), ok], [only(P2), no]),
]

const requireExplicitPolicy = [
  ...(
    [
      ['4.9.1', 10, ok],
      ['4.9.2', 5, ok],
      ['4.9.3', 4, no],
    ] as const
  ).map(([number, requireExplicit, verdict]) =>
    one(
      `${number} an explicit policy after ${requireExplicit} certificates`,
      [{ requireExplicit }, nothing, nothing, nothing, nothing],
      [anything, verdict],
    ),
  ),
  one('4.9.4 an explicit policy that is there', [strict(says(P1)), says(P1), says(P1)], [anything, ok]),
  one(
    '4.9.5 the strictest of several demands',
    [{ requireExplicit: 7 }, { requireExplicit: 2 }, { requireExplicit: 4 }, nothing, nothing],
    [anything, no],
  ),
  one(
    '4.9.6 self-issued certificates do not count',
    [{ requireExplicit: 2 }, self(nothing), nothing],
    [anything, ok],
  ),
  one(
    '4.9.7 self-issued certificates do not hide the next',
    [{ requireExplicit: 2 }, self(nothing), nothing, nothing],
    [anything, no],
  ),
  one(
    '4.9.8 two self-issued certificates do not hide the next',
    [{ requireExplicit: 2 }, self(nothing), nothing, self(nothing), nothing],
    [anything, no],
  ),
]

const policyMappings = [
  one(
    '4.10.1 a mapped policy',
    [strict({ policies: [P1], map: [[P1, P2]] }), says(P2)],
    [only(P1), ok],
    [only(P2), no],
    [{ inhibitPolicyMapping: true }, no],
  ),
  one(
    '4.10.2 the policy that was mapped away',
    [strict({ policies: [P1], map: [[P1, P2]] }), says(P1)],
    [anything, no],
  ),
  one(
    '4.10.3 one of two policies mapped twice',
    [strict({ policies: [P1, P2], map: [[P1, P3]] }), { policies: [P2, P3], map: [[P2, P4]] }, says(P4)],
    [only(P1), no],
    [only(P2), ok],
  ),
  one(
    '4.10.5 a policy mapped to several',
    [
      strict({
        policies: [P1],
        map: [
          [P1, P2],
          [P1, P3],
          [P1, P4],
        ],
      }),
      says(P2, P3),
      says(P3),
    ],
    [only(P1), ok],
    [only(P3), no],
  ),
  one(
    '4.10.7 a mapping from anyPolicy',
    [{ policies: [P1, ANY], map: [[ANY, P1]] }, says(P1)],
    [anything, no],
  ),
  one('4.10.8 a mapping to anyPolicy', [{ policies: [P1], map: [[P1, ANY]] }, says(P1)], [anything, no]),
  one(
    '4.10.10 a sub-CA of anyPolicy maps what it did not name',
    [strict(says(P1)), { policies: [ANY], map: [[P1, P2]] }, says(P1)],
    [anything, no],
  ),
  one(
    '4.10.11 the policy it was mapped to',
    [strict(says(P1)), { policies: [ANY], map: [[P1, P2]] }, says(P2)],
    [anything, ok],
    [only(P1), ok],
    [only(P2), no],
  ),
  one(
    '4.10.13 a mapping beside anyPolicy',
    [strict({ policies: [P1, ANY], map: [[P1, P2]] }), says(P2)],
    [only(P1), ok],
    [only(P2), no],
  ),
  one(
    '4.10.14 anyPolicy still covers the policy that was mapped away',
    [strict({ policies: [P1, ANY], map: [[P1, P2]] }), says(P1)],
    [only(P1), ok],
  ),
]

const limited = (link: PolicyLink, inhibitMapping: number): PolicyLink => ({
  ...strict(link),
  inhibitMapping,
})
const mapped: PolicyLink = { policies: [P1, P2], map: [[P1, P3]] }
const inhibitPolicyMapping = [
  one(
    '4.11.1 no mapping below',
    [limited(says(P1), 0), { policies: [P1], map: [[P1, P2]] }, says(P2)],
    [anything, no],
  ),
  one(
    '4.11.2 one mapping below',
    [limited(says(P1, P2), 1), mapped, says(P3)],
    [only(P1), ok],
    [only(P2), no],
  ),
  one(
    '4.11.3 no mapping one further down',
    [limited(says(P1, P2), 1), says(P1, P2), mapped, says(P3)],
    [anything, no],
  ),
  one(
    '4.11.4 what was not mapped holds on',
    [limited(says(P1, P2), 1), says(P1, P2), mapped, says(P2)],
    [only(P2), ok],
    [only(P1), no],
  ),
  one(
    '4.11.5 the strictest of several limits',
    [
      limited(says(P1), 5),
      { policies: [P1], inhibitMapping: 1 },
      says(P1),
      { policies: [P1], map: [[P1, P2]] },
      says(P2),
    ],
    [anything, no],
  ),
  one(
    '4.11.7 a self-issued certificate does not count',
    [limited(says(P1), 1), self(says(P1)), { policies: [P1], map: [[P1, P2]] }, says(P2)],
    [anything, ok],
  ),
  one(
    '4.11.8 a self-issued certificate does not hide the next',
    [limited(says(P1), 1), self(says(P1)), says(P1), { policies: [P1], map: [[P1, P2]] }, says(P2)],
    [anything, no],
  ),
]

const bounded = (inhibitAny: number): PolicyLink => ({ ...strict(says(P1)), inhibitAny })
const inhibitAnyPolicy = [
  one('4.12.1 anyPolicy of an end entity that does not count', [bounded(0), says(ANY)], [anything, no]),
  one('4.12.2 a policy beside it', [bounded(0), says(ANY, P1)], [anything, ok]),
  one(
    '4.12.3 anyPolicy one certificate down',
    [bounded(1), says(ANY), says(P1)],
    [anything, ok],
    [{ inhibitAnyPolicy: true }, no],
  ),
  one('4.12.4 anyPolicy one too far down', [bounded(1), says(ANY), says(ANY)], [anything, no]),
  one(
    '4.12.5 the strictest of several limits',
    [bounded(5), { policies: [P1], inhibitAny: 1 }, says(P1), says(ANY), says(P1)],
    [anything, no],
  ),
  one(
    '4.12.7 a self-issued certificate does not count',
    [bounded(1), self(says(ANY)), says(ANY), says(P1)],
    [anything, ok],
  ),
  one(
    '4.12.8 a self-issued certificate does not hide the next',
    [bounded(1), self(says(ANY)), says(P1), says(ANY), says(P1)],
    [anything, no],
  ),
  one(
    '4.12.9 anyPolicy of a self-issued CA counts however far down',
    [bounded(1), self(says(ANY)), says(ANY), self(says(ANY)), says(P1)],
    [anything, ok],
  ),
  one(
    '4.12.10 but not that of a self-issued end entity',
    [bounded(1), says(ANY), self(says(ANY))],
    [anything, no],
  ),
]

export const policyCases: readonly PolicyCase[] = [
  ...certificatePolicies,
  ...requireExplicitPolicy,
  ...policyMappings,
  ...inhibitPolicyMapping,
  ...inhibitAnyPolicy,
]
