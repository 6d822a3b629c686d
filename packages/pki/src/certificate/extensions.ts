import { derContextTag, DerReader } from '@anqu/encoding'
import { readGeneralName, readGeneralNames, type GeneralName } from '../name/general-name.ts'
import * as oids from '../oids.ts'
import { pointUrls, readPoints, type DistributionPoint } from '../revocation/distribution-point.ts'
import { atLeastOne } from './at-least-one.ts'
import { readKeyUsage, type KeyUsage } from './key-usage.ts'
import { readNameConstraints, type NameConstraints } from './name-constraints.ts'
import {
  readInhibitAnyPolicy,
  readPolicies,
  readPolicyConstraints,
  readPolicyMappings,
  type PolicyConstraints,
  type PolicyMapping,
} from './policy-extensions.ts'

export interface BasicConstraints {
  readonly ca: boolean
  /** How many intermediate certificates may follow, self-issued ones not counted. */
  readonly pathLength?: number
}

export interface AuthorityKeyId {
  readonly keyId?: Uint8Array
  readonly hasIssuerAndSerial: boolean
}

/** The extensions of a certificate that have a meaning here; absent ones are undefined. */
export interface Extensions {
  readonly basicConstraints?: BasicConstraints
  readonly keyUsage?: readonly KeyUsage[]
  readonly extKeyUsage?: readonly string[]
  readonly subjectAltNames?: readonly GeneralName[]
  readonly subjectKeyId?: Uint8Array
  readonly authorityKeyId?: AuthorityKeyId
  readonly policies?: readonly string[]
  readonly nameConstraints?: NameConstraints
  readonly policyMappings?: readonly PolicyMapping[]
  readonly policyConstraints?: PolicyConstraints
  readonly inhibitAnyPolicy?: number
  readonly crlDistributionPoints?: readonly DistributionPoint[]
  /** URLs of lists of the issuer, out of the distribution points. */
  readonly crlUrls?: readonly string[]
  /** URLs of delta lists (RFC 5280 section 4.2.1.15). */
  readonly deltaCrlUrls?: readonly string[]
  readonly ocspUrls?: readonly string[]
  /** Where the issuer's own certificate is found (RFC 5280 section 4.2.2.1). */
  readonly caIssuerUrls?: readonly string[]
  /** The state of this responder's certificate need not be asked for (RFC 6960 section 4.2.2.2.1). */
  readonly ocspNoCheck?: true
  /** Object identifiers of all extensions marked critical. */
  readonly critical: ReadonlySet<string>
  /** Critical extensions that path validation does not process: it must refuse (RFC 5280 section 4.2). */
  readonly unknownCritical: readonly string[]
}

type Values = { -readonly [Field in keyof Extensions]: Extensions[Field] }
type Read = (reader: DerReader, values: Values) => void

const MAX_EXTENSIONS = 64

function readBasicConstraints(reader: DerReader): BasicConstraints {
  const constraints = reader.sequence('basicConstraints')
  const ca = constraints.peek() === 0x01 && constraints.boolean('cA')
  if (!ca) {
    constraints.end()
    return { ca }
  }
  const pathLength = constraints.done ? undefined : constraints.small('pathLenConstraint', 255)
  constraints.end()
  return pathLength === undefined ? { ca } : { ca, pathLength }
}

function readAuthorityKeyId(reader: DerReader): AuthorityKeyId {
  const fields = reader.sequence('authorityKeyIdentifier')
  const keyId = fields.optional(derContextTag(0, 'primitive'), 'keyIdentifier')?.content
  const issuer = fields.optionalConstructed(derContextTag(1, 'constructed'), 'authorityCertIssuer')
  if (issuer) readGeneralNames(issuer)
  const serial = fields.optional(derContextTag(2, 'primitive'), 'authorityCertSerialNumber')
  fields.end()
  const hasIssuerAndSerial = issuer !== undefined || serial !== undefined
  return keyId ? { keyId, hasIssuerAndSerial } : { hasIssuerAndSerial }
}

function readAccess(reader: DerReader): { ocspUrls: string[]; caIssuerUrls: string[] } {
  const descriptions = atLeastOne(reader.sequence('authorityInfoAccess'), (list) => {
    const description = list.sequence('accessDescription')
    const method = description.oid('accessMethod')
    const location = readGeneralName(description, 'accessLocation')
    description.end()
    return { method, location }
  })
  const urls = (wanted: string): string[] =>
    descriptions.flatMap(({ method, location }) =>
      method === wanted && location.kind === 'uri' ? [location.value] : [],
    )
  return { ocspUrls: urls(oids.OID_ACCESS_OCSP), caIssuerUrls: urls(oids.OID_ACCESS_CA_ISSUERS) }
}

const readers: ReadonlyMap<string, Read> = new Map<string, Read>([
  [
    oids.OID_BASIC_CONSTRAINTS,
    (reader, values) => void (values.basicConstraints = readBasicConstraints(reader)),
  ],
  [oids.OID_KEY_USAGE, (reader, values) => void (values.keyUsage = readKeyUsage(reader))],
  [
    oids.OID_EXT_KEY_USAGE,
    (reader, values) =>
      void (values.extKeyUsage = atLeastOne(reader.sequence('extKeyUsage'), (list) =>
        list.oid('keyPurposeId'),
      )),
  ],
  [
    oids.OID_SUBJECT_ALT_NAME,
    (reader, values) => void (values.subjectAltNames = readGeneralNames(reader.sequence('subjectAltName'))),
  ],
  [
    oids.OID_SUBJECT_KEY_IDENTIFIER,
    (reader, values) => void (values.subjectKeyId = reader.octets('subjectKeyIdentifier')),
  ],
  [
    oids.OID_AUTHORITY_KEY_IDENTIFIER,
    (reader, values) => void (values.authorityKeyId = readAuthorityKeyId(reader)),
  ],
  [oids.OID_CERTIFICATE_POLICIES, (reader, values) => void (values.policies = readPolicies(reader))],
  [
    oids.OID_NAME_CONSTRAINTS,
    (reader, values) => void (values.nameConstraints = readNameConstraints(reader)),
  ],
  [
    oids.OID_POLICY_CONSTRAINTS,
    (reader, values) => void (values.policyConstraints = readPolicyConstraints(reader)),
  ],
  [oids.OID_POLICY_MAPPINGS, (reader, values) => void (values.policyMappings = readPolicyMappings(reader))],
  [
    oids.OID_INHIBIT_ANY_POLICY,
    (reader, values) => void (values.inhibitAnyPolicy = readInhibitAnyPolicy(reader)),
  ],
  [
    oids.OID_CRL_DISTRIBUTION_POINTS,
    (reader, values) => {
      values.crlDistributionPoints = readPoints(reader.sequence('cRLDistributionPoints'))
      values.crlUrls = values.crlDistributionPoints.flatMap(pointUrls)
    },
  ],
  [
    oids.OID_FRESHEST_CRL,
    (reader, values) =>
      void (values.deltaCrlUrls = readPoints(reader.sequence('freshestCRL')).flatMap(pointUrls)),
  ],
  [oids.OID_AUTHORITY_INFO_ACCESS, (reader, values) => void Object.assign(values, readAccess(reader))],
  [
    oids.OID_OCSP_NO_CHECK,
    (reader, values) => {
      reader.null('ocspNoCheck')
      values.ocspNoCheck = true
    },
  ],
])

/** What path validation acts upon. An extension that is only read, such as an access location, is not processed. */
const processed: ReadonlySet<string> = new Set([
  oids.OID_BASIC_CONSTRAINTS,
  oids.OID_KEY_USAGE,
  oids.OID_EXT_KEY_USAGE,
  oids.OID_SUBJECT_ALT_NAME,
  oids.OID_SUBJECT_KEY_IDENTIFIER,
  oids.OID_AUTHORITY_KEY_IDENTIFIER,
  oids.OID_CERTIFICATE_POLICIES,
  oids.OID_NAME_CONSTRAINTS,
  oids.OID_POLICY_MAPPINGS,
  oids.OID_POLICY_CONSTRAINTS,
  oids.OID_INHIBIT_ANY_POLICY,
])

/** Reads `SEQUENCE OF Extension`. ParseError on a repeated extension (RFC 5280 section 4.2) and on malformed values. */
export function readExtensions(list: DerReader): Extensions {
  const seen = new Set<string>()
  const critical = new Set<string>()
  const values: Values = { critical, unknownCritical: [] }
  if (list.done) list.fail('extension', 'at least one extension')
  while (!list.done) {
    const extension = list.sequence('extension')
    const oid = extension.oid('extnID')
    if (seen.has(oid)) extension.fail('extnID', `extension ${oid} once`)
    if (seen.size >= MAX_EXTENSIONS) extension.fail('extnID', `at most ${MAX_EXTENSIONS} extensions`)
    seen.add(oid)
    if (extension.peek() === 0x01) {
      // X.690 section 11.5: FALSE is the default and is not written.
      if (!extension.boolean('critical')) extension.fail('critical', 'the default FALSE left out')
      critical.add(oid)
    }
    const value = extension.enter(extension.element(0x04, 'extnValue'), 'extnValue')
    extension.end()
    const read = readers.get(oid)
    if (!read) continue
    read(value, values)
    value.end()
  }
  return { ...values, unknownCritical: [...critical].filter((oid) => !processed.has(oid)) }
}
