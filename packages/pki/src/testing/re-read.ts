import { bytesToHex } from '@anqu/encoding'
import {
  AsnArray,
  AsnConvert,
  AsnParser,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  type OctetString,
} from '@peculiar/asn1-schema'
import * as x509 from '@peculiar/asn1-x509'

/**
 * What @peculiar/asn1-x509, an implementation with nothing in common with ours, reads in a structure: plain values that a test
 * compares. What it reads is written once more by it and must give the same bytes.
 */
export type Plain = string | number | boolean | null | Plain[] | { [field: string]: Plain }

export const hex = (bytes: ArrayBuffer | ArrayBufferView): string =>
  bytesToHex(
    ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes),
  )

type Type<T> = new () => T

export function readWhole<T>(der: Uint8Array, type: Type<T>): T {
  const value = AsnParser.parse(der.slice(), type)
  const again = hex(AsnConvert.serialize(value))
  if (again !== hex(der)) throw new Error(`${type.name} is written as ${again}, not ${hex(der)}`)
  return value
}

const read = <T>(value: OctetString, type: Type<T>): T => readWhole(new Uint8Array(value.buffer), type)

export const integer = (bytes: ArrayBuffer): number => Number(BigInt(`0x${hex(bytes)}`))

/** Serial numbers as magnitudes. */
export const magnitude = (bytes: ArrayBuffer): string => hex(bytes).replace(/^00(?=[89a-f])/, '')

export const algorithm = (value: x509.AlgorithmIdentifier): string =>
  value.parameters ? `${value.algorithm} ${hex(value.parameters)}` : value.algorithm

export const name = (value: x509.RDNSequence): Plain[] =>
  value.map((relative) => relative.map(({ type, value: text }) => `${type}=${text.toString()}`).join('+'))

export function generalName(value: x509.GeneralName): Plain {
  if (value.directoryName) return { directory: name(value.directoryName) }
  if (value.dNSName !== undefined) return `dns:${value.dNSName}`
  if (value.uniformResourceIdentifier !== undefined) return `uri:${value.uniformResourceIdentifier}`
  if (value.rfc822Name !== undefined) return `email:${value.rfc822Name}`
  return value.iPAddress === undefined ? 'other' : `ip:${value.iPAddress}`
}

function pointName(value: x509.DistributionPointName): Plain {
  return value.nameRelativeToCRLIssuer
    ? { relative: name(new x509.RDNSequence([value.nameRelativeToCRLIssuer])) }
    : (value.fullName ?? []).map(generalName)
}

function points(list: x509.CRLDistributionPoints): Plain[] {
  return list.map(({ distributionPoint, reasons, cRLIssuer }) => ({
    ...(distributionPoint && { name: pointName(distributionPoint) }),
    ...(reasons && { reasons: reasons.toJSON() }),
    ...(cRLIssuer && { crlIssuer: cRLIssuer.map(generalName) }),
  }))
}

function scope(value: x509.IssuingDistributionPoint): Plain {
  return {
    ...(value.distributionPoint && { name: pointName(value.distributionPoint) }),
    ...(value.onlySomeReasons && { reasons: value.onlySomeReasons.toJSON() }),
    userCerts: value.onlyContainsUserCerts,
    caCerts: value.onlyContainsCACerts,
    attributeCerts: value.onlyContainsAttributeCerts,
    indirect: value.indirectCRL,
  }
}

const subtrees = (list: x509.GeneralSubtrees | undefined): Plain =>
  (list ?? []).map(({ base, minimum, maximum }) =>
    minimum === 0 && maximum === undefined ? generalName(base) : 'distances',
  )

/** The library loses arcs beyond 53 bits, such as those made of a UUID: policies are taken as they stand and read here. */
class RawPolicies extends AsnArray<ArrayBuffer> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: AsnPropTypes.Any })(RawPolicies)

function policyText(information: ArrayBuffer): string {
  const [, length = 0, , oidLength = 0, ...content] = new Uint8Array(information)
  if (length !== oidLength + 2) return 'with qualifiers'
  const arcs: bigint[] = []
  let arc = 0n
  for (const byte of content) {
    arc = arc * 128n + BigInt(byte & 0x7f)
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const [first = 0n, ...rest] = arcs
  const top = first < 80n ? first / 40n : 2n
  return [top, first - top * 40n, ...rest].join('.')
}

const readers: ReadonlyMap<string, (value: OctetString) => Plain> = new Map<
  string,
  (value: OctetString) => Plain
>([
  [x509.id_ce_subjectKeyIdentifier, (value) => hex(read(value, x509.SubjectKeyIdentifier).buffer)],
  [
    x509.id_ce_authorityKeyIdentifier,
    (value) => {
      const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = read(
        value,
        x509.AuthorityKeyIdentifier,
      )
      return keyIdentifier && !authorityCertIssuer && !authorityCertSerialNumber
        ? hex(keyIdentifier.buffer)
        : 'other'
    },
  ],
  [
    x509.id_ce_basicConstraints,
    (value) => {
      const { cA, pathLenConstraint } = read(value, x509.BasicConstraints)
      return { ca: cA, ...(pathLenConstraint !== undefined && { pathLength: pathLenConstraint }) }
    },
  ],
  [x509.id_ce_keyUsage, (value) => read(value, x509.KeyUsage).toJSON()],
  [x509.id_ce_extKeyUsage, (value) => [...read(value, x509.ExtendedKeyUsage)]],
  [x509.id_ce_subjectAltName, (value) => read(value, x509.SubjectAlternativeName).map(generalName)],
  [
    x509.id_ce_nameConstraints,
    (value) => {
      const { permittedSubtrees, excludedSubtrees } = read(value, x509.NameConstraints)
      return { permitted: subtrees(permittedSubtrees), excluded: subtrees(excludedSubtrees) }
    },
  ],
  [x509.id_ce_certificatePolicies, (value) => read(value, RawPolicies).map(policyText)],
  [
    x509.id_ce_policyMappings,
    (value) =>
      read(value, x509.PolicyMappings).map(
        (pair) => `${pair.issuerDomainPolicy}>${pair.subjectDomainPolicy}`,
      ),
  ],
  [
    x509.id_ce_policyConstraints,
    (value) => {
      const { requireExplicitPolicy, inhibitPolicyMapping } = read(value, x509.PolicyConstraints)
      return {
        ...(requireExplicitPolicy && { requireExplicit: integer(requireExplicitPolicy) }),
        ...(inhibitPolicyMapping && { inhibitMapping: integer(inhibitPolicyMapping) }),
      }
    },
  ],
  [x509.id_ce_inhibitAnyPolicy, (value) => integer(read(value, x509.InhibitAnyPolicy).value)],
  [x509.id_ce_cRLDistributionPoints, (value) => points(read(value, x509.CRLDistributionPoints))],
  [x509.id_ce_freshestCRL, (value) => points(read(value, x509.FreshestCRL))],
  [
    x509.id_pe_authorityInfoAccess,
    (value) =>
      read(value, x509.AuthorityInfoAccessSyntax).map(
        ({ accessMethod, accessLocation }) => `${accessMethod} ${String(generalName(accessLocation))}`,
      ),
  ],
  [x509.id_ce_cRLNumber, (value) => read(value, x509.CRLNumber).value],
  [x509.id_ce_deltaCRLIndicator, (value) => read(value, x509.BaseCRLNumber).value],
  [x509.id_ce_issuingDistributionPoint, (value) => scope(read(value, x509.IssuingDistributionPoint))],
  [x509.id_ce_cRLReasons, (value) => read(value, x509.CRLReason).toJSON()],
  [x509.id_ce_certificateIssuer, (value) => read(value, x509.CertificateIssuer).map(generalName)],
])

export function extensions(list: readonly x509.Extension[] = []): Record<string, Plain> {
  return Object.fromEntries(
    list.map(({ extnID, critical, extnValue }) => {
      const value = readers.get(extnID)?.(extnValue) ?? hex(extnValue.buffer)
      return [extnID, critical ? { critical: value } : value]
    }),
  )
}

export function certificate(der: Uint8Array): Record<string, Plain> {
  const { tbsCertificate: tbs, signatureAlgorithm, signatureValue } = readWhole(der, x509.Certificate)
  const { subjectPublicKeyInfo: key, validity } = tbs
  return {
    version: tbs.version + 1,
    serial: magnitude(tbs.serialNumber),
    algorithms: [algorithm(tbs.signature), algorithm(signatureAlgorithm)],
    issuer: name(tbs.issuer),
    subject: name(tbs.subject),
    notBeforeMs: validity.notBefore.getTime().getTime(),
    notAfterMs: validity.notAfter.getTime().getTime(),
    publicKey: `${algorithm(key.algorithm)} ${hex(key.subjectPublicKey)}`,
    extensions: extensions(tbs.extensions),
    signature: hex(signatureValue),
  }
}

export function revocationList(der: Uint8Array): Record<string, Plain> {
  const { tbsCertList: tbs, signatureAlgorithm, signature } = readWhole(der, x509.CertificateList)
  return {
    version: (tbs.version ?? 0) + 1,
    algorithms: [algorithm(tbs.signature), algorithm(signatureAlgorithm)],
    issuer: name(tbs.issuer),
    thisUpdateMs: tbs.thisUpdate.getTime().getTime(),
    nextUpdateMs: tbs.nextUpdate?.getTime().getTime() ?? null,
    revoked: (tbs.revokedCertificates ?? []).map((entry) => ({
      serial: magnitude(entry.userCertificate),
      atMs: entry.revocationDate.getTime().getTime(),
      ...extensions(entry.crlEntryExtensions),
    })),
    extensions: extensions(tbs.crlExtensions),
    signature: hex(signature),
  }
}
