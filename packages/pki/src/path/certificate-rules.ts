import { equalBytes } from '@anqu/encoding'
import { problemWithAlgorithm, problemWithKey, type AlgorithmPolicy } from '../algorithm-policy.ts'
import type { Certificate } from '../certificate/certificate.ts'
import * as oids from '../oids.ts'
import { chainFailure, type ChainFailure } from './chain-rules.ts'
import { isDnsPattern, namesServer } from './name-match.ts'
import type { ChainUsage } from './validate-chain.ts'

/** Rules that look at one certificate alone, whatever its place in the chain. */
export function checkAlone(
  certificate: Certificate,
  atMs: number,
  algorithms?: Pick<AlgorithmPolicy, 'transitional'>,
): ChainFailure | undefined {
  const { signatureAlgorithm, publicKeyInfo, notBeforeMs, notAfterMs, extensions } = certificate
  const problem =
    problemWithAlgorithm(signatureAlgorithm, algorithms) ?? problemWithKey(publicKeyInfo, algorithms)
  if (problem) return chainFailure(certificate, 'algorithm', problem)
  if (atMs < notBeforeMs) {
    return chainFailure(certificate, 'not-yet-valid', `valid from ${new Date(notBeforeMs).toISOString()}`)
  }
  // The last second belongs to the validity as a whole.
  if (Math.floor(atMs / 1000) > Math.floor(notAfterMs / 1000)) {
    return chainFailure(certificate, 'expired', `valid until ${new Date(notAfterMs).toISOString()}`)
  }
  const [unknown] = extensions.unknownCritical
  if (unknown)
    return chainFailure(certificate, 'critical-extension', `the critical extension ${unknown} is not known`)
  return checkProfile(certificate)
}

function checkProfile(certificate: Certificate): ChainFailure | undefined {
  const { critical, basicConstraints, policyConstraints, inhibitAnyPolicy, nameConstraints } =
    certificate.extensions
  for (const oid of [oids.OID_AUTHORITY_KEY_IDENTIFIER, oids.OID_SUBJECT_KEY_IDENTIFIER]) {
    if (critical.has(oid))
      return chainFailure(certificate, 'extension-profile', `the extension ${oid} may not be critical`)
  }
  if (policyConstraints && !critical.has(oids.OID_POLICY_CONSTRAINTS)) {
    return chainFailure(certificate, 'extension-profile', 'policy constraints must be critical')
  }
  if (inhibitAnyPolicy !== undefined && !critical.has(oids.OID_INHIBIT_ANY_POLICY)) {
    return chainFailure(certificate, 'extension-profile', 'inhibitAnyPolicy must be critical')
  }
  if (nameConstraints && !basicConstraints?.ca) {
    return chainFailure(certificate, 'extension-profile', 'only a CA certificate may have name constraints')
  }
  if (nameConstraints && !critical.has(oids.OID_NAME_CONSTRAINTS)) {
    return chainFailure(certificate, 'extension-profile', 'name constraints must be critical')
  }
  return checkAlternativeNames(certificate)
}

function checkAlternativeNames(certificate: Certificate): ChainFailure | undefined {
  const names = certificate.subjectAltNames
  if (certificate.subject.length === 0 && !certificate.extensions.critical.has(oids.OID_SUBJECT_ALT_NAME)) {
    return chainFailure(certificate, 'alternative-name', 'an empty subject needs a critical alternative name')
  }
  for (const name of names) {
    const malformed =
      (name.kind === 'dns' && !isDnsPattern(name.value)) ||
      (name.kind === 'ip' && name.value.length !== 4 && name.value.length !== 16) ||
      (name.kind === 'email' && !/^[^@\s]+@[^@\s]+$/.test(name.value))
    if (malformed) return chainFailure(certificate, 'alternative-name', `a malformed ${name.kind} name`)
  }
  return undefined
}

/** Rules for a certificate that issued the one below it, `below` intermediates away from the end entity. */
export function checkIssuer(issuer: Certificate, below: number): ChainFailure | undefined {
  const { basicConstraints, keyUsage, subjectKeyId, critical } = issuer.extensions
  if (!basicConstraints?.ca)
    return chainFailure(issuer, 'not-a-ca', 'basic constraints do not say that this is a CA')
  if (!critical.has(oids.OID_BASIC_CONSTRAINTS)) {
    return chainFailure(issuer, 'extension-profile', 'basic constraints of a CA must be critical')
  }
  if (keyUsage && !keyUsage.includes('keyCertSign')) {
    return chainFailure(issuer, 'key-usage', 'the key may not sign certificates')
  }
  if (basicConstraints.pathLength !== undefined && below > basicConstraints.pathLength) {
    return chainFailure(
      issuer,
      'path-length',
      `${below} intermediates below, ${basicConstraints.pathLength} allowed`,
    )
  }
  if (issuer.subject.length === 0)
    return chainFailure(issuer, 'extension-profile', 'a CA must have a subject name')
  if (!subjectKeyId)
    return chainFailure(issuer, 'key-identifier', 'a CA certificate needs a subject key identifier')
  return undefined
}

/** RFC 5280 section 4.2.1.1: everything but a self-signed root names the key it is signed with. */
export function checkAuthorityKeyId(certificate: Certificate, issuer: Certificate): ChainFailure | undefined {
  const authority = certificate.extensions.authorityKeyId
  if (!authority?.keyId)
    return chainFailure(certificate, 'key-identifier', 'the authority key identifier is missing')
  const ofIssuer = issuer.extensions.subjectKeyId
  if (ofIssuer && !equalBytes(authority.keyId, ofIssuer)) {
    return chainFailure(
      certificate,
      'key-identifier',
      `the authority key identifier is not that of ${issuer}`,
    )
  }
  return undefined
}

/** Where an anchor came from is nobody's business, but a root that names a key as its issuer's must mean its own. */
export function checkAnchor(anchor: Certificate): ChainFailure | undefined {
  const { authorityKeyId, subjectKeyId } = anchor.extensions
  const contradicts =
    anchor.selfIssued &&
    authorityKeyId?.keyId &&
    subjectKeyId &&
    !equalBytes(authorityKeyId.keyId, subjectKeyId)
  return contradicts
    ? chainFailure(anchor, 'key-identifier', 'a root that names another key as its issuer')
    : undefined
}

/** Whether the end entity may do what it is asked to do here. */
export function checkUsage(leaf: Certificate, usage: ChainUsage): ChainFailure | undefined {
  const { basicConstraints, keyUsage } = leaf.extensions
  for (const needed of usage.keyUsage ?? []) {
    if (!keyUsage?.includes(needed)) return chainFailure(leaf, 'key-usage', `the key usage lacks ${needed}`)
  }
  if (!basicConstraints?.ca && keyUsage?.includes('keyCertSign')) {
    return chainFailure(leaf, 'key-usage', 'only a CA may have the key usage keyCertSign')
  }
  if (usage.serverName !== undefined && !namesServer(leaf.subjectAltNames, usage.serverName)) {
    return chainFailure(leaf, 'server-name', `not a certificate of ${usage.serverName}`)
  }
  return undefined
}

/**
 * RFC 5280 section 4.2.1.12, and as everybody does it, for issuers too: where the extension is present it must name the
 * purpose. An end entity must name it itself, a wildcard is not enough.
 */
export function checkPurpose(path: readonly Certificate[], purpose: string): ChainFailure | undefined {
  for (const [index, certificate] of path.entries()) {
    const purposes = certificate.extKeyUsage
    if (!purposes && index > 0) continue
    const allowed = purposes?.includes(purpose) || (index > 0 && purposes?.includes(oids.EKU_ANY))
    if (!allowed)
      return chainFailure(certificate, 'extended-key-usage', `the purpose ${purpose} is not named`)
  }
  return undefined
}
