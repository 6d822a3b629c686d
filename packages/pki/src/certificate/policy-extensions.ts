import {
  derContextTag,
  derImplicit,
  derOid,
  DerReader,
  derSequence,
  derUnsigned,
  type DerValue,
} from '@anqu/encoding'
import * as oids from '../oids.ts'
import { extensionToDer } from './extension-to-der.ts'
import { atLeastOne } from './at-least-one.ts'

/** How many more certificates may follow before the rule takes hold; self-issued ones are not counted. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
}

/** A policy of the issuer's domain that counts as one of the subject's domain (RFC 5280 section 4.2.1.5). */
export interface PolicyMapping {
  readonly issuerPolicy: string
  readonly subjectPolicy: string
}

/** What a CA certificate may say about the policies of the certificates below it. */
export interface PolicyRequest {
  readonly policies?: readonly string[]
  readonly policyMappings?: readonly PolicyMapping[]
  readonly policyConstraints?: PolicyConstraints
  readonly inhibitAnyPolicy?: number
}

export function readPolicies(reader: DerReader): string[] {
  const policies = atLeastOne(reader.sequence('certificatePolicies'), (list) => {
    const information = list.sequence('policyInformation')
    const policy = information.oid('policyIdentifier')
    if (!information.done) information.sequence('policyQualifiers')
    information.end()
    return policy
  })
  // RFC 5280 section 4.2.1.4: a policy must not appear more than once.
  if (new Set(policies).size !== policies.length) reader.fail('certificatePolicies', 'each policy once')
  return policies
}

export function readPolicyMappings(reader: DerReader): PolicyMapping[] {
  return atLeastOne(reader.sequence('policyMappings'), (list) => {
    const mapping = list.sequence('mapping')
    const issuerPolicy = mapping.oid('issuerDomainPolicy')
    const subjectPolicy = mapping.oid('subjectDomainPolicy')
    mapping.end()
    return { issuerPolicy, subjectPolicy }
  })
}

export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const fields = reader.sequence('policyConstraints')
  if (fields.done) fields.fail('policyConstraints', 'at least one field')
  const skip = (number: number, field: string): number | undefined => {
    const tag = derContextTag(number, 'primitive')
    return fields.peek() === tag ? fields.small(field, 255, tag) : undefined
  }
  const requireExplicitPolicy = skip(0, 'requireExplicitPolicy')
  const inhibitPolicyMapping = skip(1, 'inhibitPolicyMapping')
  fields.end()
  return {
    ...(requireExplicitPolicy === undefined ? {} : { requireExplicitPolicy }),
    ...(inhibitPolicyMapping === undefined ? {} : { inhibitPolicyMapping }),
  }
}

export const readInhibitAnyPolicy = (reader: DerReader): number => reader.small('inhibitAnyPolicy', 255)

function constraintsToDer({ requireExplicitPolicy, inhibitPolicyMapping }: PolicyConstraints): DerValue {
  const field = (number: number, value: number | undefined): DerValue[] =>
    value === undefined ? [] : [derImplicit(number, derUnsigned(value))]
  return derSequence(...field(0, requireExplicitPolicy), ...field(1, inhibitPolicyMapping))
}

/** Criticality as RFC 5280 sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and 4.2.1.14 ask for it. */
export function policyExtensionsToDer(request: PolicyRequest): DerValue[] {
  const { policies, policyMappings, policyConstraints, inhibitAnyPolicy } = request
  const list: DerValue[] = []
  if (policies?.length) {
    const value = derSequence(...policies.map((policy) => derSequence(derOid(policy))))
    list.push(extensionToDer(oids.OID_CERTIFICATE_POLICIES, 'plain', value))
  }
  if (policyMappings?.length) {
    const pairs = policyMappings.map(({ issuerPolicy, subjectPolicy }) =>
      derSequence(derOid(issuerPolicy), derOid(subjectPolicy)),
    )
    list.push(extensionToDer(oids.OID_POLICY_MAPPINGS, 'critical', derSequence(...pairs)))
  }
  if (policyConstraints)
    list.push(extensionToDer(oids.OID_POLICY_CONSTRAINTS, 'critical', constraintsToDer(policyConstraints)))
  if (inhibitAnyPolicy !== undefined)
    list.push(extensionToDer(oids.OID_INHIBIT_ANY_POLICY, 'critical', derUnsigned(inhibitAnyPolicy)))
  return list
}
