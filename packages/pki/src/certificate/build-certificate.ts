import {
  derBoolean,
  derExplicit,
  derImplicit,
  derNull,
  derOctets,
  derOid,
  derRaw,
  derSequence,
  derTime,
  derUnsigned,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { sm3, type Sm2PublicKey } from '@anqu/gm-crypto'
import { publicKeyInfoToDer, signedToDer, sm2SignatureAlgorithm, type PublicKeyInfo } from '../algorithm.ts'
import { generalNameToDer, type GeneralName } from '../name/general-name.ts'
import { nameToDer, type Name } from '../name/name.ts'
import * as oids from '../oids.ts'
import { PkiError } from '../pki-error.ts'
import { pointToDer, urlPointToDer, type DistributionPoint } from '../revocation/distribution-point.ts'
import type { Signer } from '../signer.ts'
import type { Certificate } from './certificate.ts'
import { extensionToDer } from './extension-to-der.ts'
import type { BasicConstraints } from './extensions.ts'
import { keyUsageToDer, type KeyUsage } from './key-usage.ts'
import type { NameConstraints } from './name-constraints.ts'
import { policyExtensionsToDer, type PolicyRequest } from './policy-extensions.ts'

/** Extensions the issuer's profile asks for. Key identifiers are always added. */
export interface ExtensionRequest extends PolicyRequest {
  readonly basicConstraints?: BasicConstraints
  readonly keyUsage?: readonly KeyUsage[]
  readonly extKeyUsage?: readonly string[]
  readonly subjectAltNames?: readonly GeneralName[]
  readonly nameConstraints?: NameConstraints
  /** Places of lists with all they may say; `crlUrls` is the short form. */
  readonly crlPoints?: readonly DistributionPoint[]
  /** Each is one distribution point: the list there speaks for this certificate and all reasons. */
  readonly crlUrls?: readonly string[]
  /** Where delta lists are found (RFC 5280 section 4.2.1.15). */
  readonly deltaCrlUrls?: readonly string[]
  readonly ocspUrls?: readonly string[]
  /** Where the issuer's own certificate is found (RFC 5280 section 4.2.2.1). */
  readonly caIssuerUrls?: readonly string[]
  /** A responder's certificate whose own state nobody needs to ask for (RFC 6960 section 4.2.2.2.1). */
  readonly ocspNoCheck?: boolean
}

export interface CertificateRequest {
  /** Magnitude, 8 to 20 bytes; random ones come from `randomSerial`. */
  readonly serial: Uint8Array
  readonly subject: Name
  /** Of another kind than SM2 only where the issuer's policy allows it for a transition. */
  readonly publicKey: Sm2PublicKey | PublicKeyInfo
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly extensions: ExtensionRequest
  /** The issuer's certificate; `self` for a root, which is its own issuer. */
  readonly issuer: Certificate | 'self'
  readonly signer: Signer
}

/** RFC 7093 section 2 method 1 with SM3: the leftmost 160 bits of the hash over the key's BIT STRING content. */
export function keyIdentifier(publicKey: { readonly bytes: Uint8Array }): Uint8Array {
  return sm3(publicKey.bytes).slice(0, 20)
}

function basicConstraintsToDer({ ca, pathLength }: BasicConstraints): DerValue {
  if (!ca) return derSequence()
  return pathLength === undefined
    ? derSequence(derBoolean(true))
    : derSequence(derBoolean(true), derUnsigned(pathLength))
}

function subtreesToDer(number: number, names: readonly GeneralName[]): DerValue[] {
  if (names.length === 0) return []
  return [derImplicit(number, derSequence(...names.map((name) => derSequence(generalNameToDer(name)))))]
}

function requestedExtensions(request: ExtensionRequest, emptySubject: boolean): DerValue[] {
  const list: DerValue[] = []
  const { basicConstraints, keyUsage, extKeyUsage, subjectAltNames, nameConstraints } = request
  if (basicConstraints) {
    list.push(extensionToDer(oids.OID_BASIC_CONSTRAINTS, 'critical', basicConstraintsToDer(basicConstraints)))
  }
  if (keyUsage?.length) list.push(extensionToDer(oids.OID_KEY_USAGE, 'critical', keyUsageToDer(keyUsage)))
  if (extKeyUsage?.length) {
    list.push(extensionToDer(oids.OID_EXT_KEY_USAGE, 'plain', derSequence(...extKeyUsage.map(derOid))))
  }
  if (subjectAltNames?.length) {
    // RFC 5280 section 4.2.1.6: critical exactly when the subject is empty.
    const names = derSequence(...subjectAltNames.map(generalNameToDer))
    list.push(extensionToDer(oids.OID_SUBJECT_ALT_NAME, emptySubject ? 'critical' : 'plain', names))
  }
  if (nameConstraints) {
    const { permitted, excluded } = nameConstraints
    const value = derSequence(...subtreesToDer(0, permitted), ...subtreesToDer(1, excluded))
    list.push(extensionToDer(oids.OID_NAME_CONSTRAINTS, 'critical', value))
  }
  return [...list, ...policyExtensionsToDer(request), ...locationExtensions(request)]
}

function accessToDer({ ocspUrls = [], caIssuerUrls = [] }: ExtensionRequest): DerValue[] {
  const places = (method: string, urls: readonly string[]): DerValue[] =>
    urls.map((value) => derSequence(derOid(method), generalNameToDer({ kind: 'uri', value })))
  return [...places(oids.OID_ACCESS_OCSP, ocspUrls), ...places(oids.OID_ACCESS_CA_ISSUERS, caIssuerUrls)]
}

/** RFC 5280 sections 4.2.1.13, 4.2.1.15, 4.2.2.1 and RFC 6960 section 4.2.2.2.1: none of them is critical. */
function locationExtensions(request: ExtensionRequest): DerValue[] {
  const { crlPoints = [], crlUrls = [], deltaCrlUrls = [], ocspNoCheck = false } = request
  const list: DerValue[] = []
  const add = (oid: string, items: readonly DerValue[]): void => {
    if (items.length > 0) list.push(extensionToDer(oid, 'plain', derSequence(...items)))
  }
  add(oids.OID_CRL_DISTRIBUTION_POINTS, [...crlPoints.map(pointToDer), ...crlUrls.map(urlPointToDer)])
  add(oids.OID_FRESHEST_CRL, deltaCrlUrls.map(urlPointToDer))
  add(oids.OID_AUTHORITY_INFO_ACCESS, accessToDer(request))
  if (ocspNoCheck) list.push(extensionToDer(oids.OID_OCSP_NO_CHECK, 'plain', derNull()))
  return list
}

function checkRequest({ serial, notBeforeMs, notAfterMs, issuer, extensions }: CertificateRequest): void {
  // 64 random bits at least, so that nobody can choose the signed bytes (B-7.3.1.2-3 wants them unique as well).
  if (
    serial.length < 8 ||
    serial.length > 20 ||
    serial[0] === 0 ||
    (serial.length === 20 && (serial[0] ?? 0) >= 0x80)
  ) {
    throw new PkiError('serial', 'a serial number has 8 to 20 bytes, the first not zero')
  }
  if (!(notBeforeMs <= notAfterMs)) throw new PkiError('validity', 'the validity ends before it begins')
  // Certificates know whole seconds only.
  if (issuer !== 'self' && Math.floor(notAfterMs / 1000) * 1000 > issuer.notAfterMs) {
    throw new PkiError('validity', `the validity ends after that of the issuer ${issuer}`)
  }
  // Whoever may sign no answers has no use for it, and the mark would look like an exemption from revocation.
  if (extensions.ocspNoCheck === true && !extensions.extKeyUsage?.includes(oids.EKU_OCSP_SIGNING)) {
    throw new PkiError('extension', 'only a certificate for OCSP signing may go unchecked')
  }
}

/** DER of a version 3 certificate signed with sm2-with-sm3. PkiError on a request no verifier would accept. */
export async function buildCertificate(request: CertificateRequest): Promise<Uint8Array> {
  checkRequest(request)
  const { issuer, publicKey, subject, signer } = request
  const ownKeyId = keyIdentifier(publicKey)
  const issuerKeyId =
    issuer === 'self' ? ownKeyId : (issuer.extensions.subjectKeyId ?? keyIdentifier(signer.publicKey))
  const extensions = [
    extensionToDer(
      oids.OID_AUTHORITY_KEY_IDENTIFIER,
      'plain',
      derSequence(derImplicit(0, derOctets(issuerKeyId))),
    ),
    extensionToDer(oids.OID_SUBJECT_KEY_IDENTIFIER, 'plain', derOctets(ownKeyId)),
    ...requestedExtensions(request.extensions, subject.length === 0),
  ]
  const tbs = encodeDer(
    derSequence(
      derExplicit(0, derUnsigned(2)),
      derUnsigned(request.serial),
      sm2SignatureAlgorithm(),
      // The issuer's own bytes are copied: another encoding of the same name would break the chain for strict readers.
      issuer === 'self' ? nameToDer(subject) : derRaw(issuer.subjectDer),
      derSequence(derTime(request.notBeforeMs), derTime(request.notAfterMs)),
      nameToDer(subject),
      publicKeyInfoToDer(publicKey),
      derExplicit(3, derSequence(...extensions)),
    ),
  )
  return encodeDer(await signedToDer(tbs, signer))
}
