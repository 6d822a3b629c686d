import { bytesToHex, DER_SEQUENCE, derContextTag, DerReader } from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import {
  isSm2WithSm3,
  readAlgorithm,
  readPublicKeyInfo,
  sm2PublicKeyOf,
  verifyDerSignature,
  type AlgorithmIdentifier,
  type PublicKeyInfo,
} from '../algorithm.ts'
import { formatName, nameKey, readName, type Name } from '../name/name.ts'
import type { GeneralName } from '../name/general-name.ts'
import { readExtensions, type Extensions } from './extensions.ts'
import type { KeyUsage } from './key-usage.ts'

interface CertificateFields {
  readonly raw: Uint8Array
  readonly tbs: Uint8Array
  readonly serial: Uint8Array
  readonly issuer: Name
  readonly issuerDer: Uint8Array
  readonly subject: Name
  readonly subjectDer: Uint8Array
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly publicKeyInfo: PublicKeyInfo
  readonly extensions: Extensions
}

/** An X.509 version 3 certificate (RFC 5280 section 4.1). Byte strings are views into `raw`. */
export class Certificate implements CertificateFields {
  readonly raw: Uint8Array
  /** The signed part. */
  readonly tbs: Uint8Array
  /** Magnitude of the serial number, 1 to 20 bytes. */
  readonly serial: Uint8Array
  readonly serialHex: string
  readonly issuer: Name
  readonly issuerDer: Uint8Array
  readonly subject: Name
  readonly subjectDer: Uint8Array
  readonly notBeforeMs: number
  /** The certificate is valid up to and including this second. */
  readonly notAfterMs: number
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** Content of the BIT STRING, DER of r and s for SM2. */
  readonly signature: Uint8Array
  readonly publicKeyInfo: PublicKeyInfo
  readonly extensions: Extensions
  #publicKey: Sm2PublicKey | undefined
  #subjectKey: string | undefined
  #issuerKey: string | undefined

  constructor(fields: CertificateFields) {
    this.raw = fields.raw
    this.tbs = fields.tbs
    this.serial = fields.serial
    this.serialHex = bytesToHex(fields.serial)
    this.issuer = fields.issuer
    this.issuerDer = fields.issuerDer
    this.subject = fields.subject
    this.subjectDer = fields.subjectDer
    this.notBeforeMs = fields.notBeforeMs
    this.notAfterMs = fields.notAfterMs
    this.signatureAlgorithm = fields.signatureAlgorithm
    this.signature = fields.signature
    this.publicKeyInfo = fields.publicKeyInfo
    this.extensions = fields.extensions
  }

  /** Read from its point when first asked for; PkiError when it is not an SM2 key. */
  get publicKey(): Sm2PublicKey {
    this.#publicKey ??= sm2PublicKeyOf(this.publicKeyInfo)
    return this.#publicKey
  }

  /** Text that is the same for names that RFC 5280 section 7.1 calls the same. */
  get subjectKey(): string {
    this.#subjectKey ??= nameKey(this.subject)
    return this.#subjectKey
  }

  get issuerKey(): string {
    this.#issuerKey ??= nameKey(this.issuer)
    return this.#issuerKey
  }

  get selfIssued(): boolean {
    return this.subjectKey === this.issuerKey
  }

  get keyUsage(): readonly KeyUsage[] | undefined {
    return this.extensions.keyUsage
  }

  get extKeyUsage(): readonly string[] | undefined {
    return this.extensions.extKeyUsage
  }

  get policies(): readonly string[] {
    return this.extensions.policies ?? []
  }

  get subjectAltNames(): readonly GeneralName[] {
    return this.extensions.subjectAltNames ?? []
  }

  /** For messages: subject and serial number. */
  toString(): string {
    return `${formatName(this.subject) || '(empty subject)'} [${this.serialHex}]`
  }
}

/** RFC 5280 section 4.1.2.2: positive and at most 20 octets long. */
function readSerial(reader: DerReader): Uint8Array {
  const serial = reader.unsignedBytes('serialNumber', 20)
  const signByte = (serial[0] ?? 0) >= 0x80 ? 1 : 0
  if (serial.length + signByte > 20) reader.fail('serialNumber', 'a serial number of at most 20 bytes')
  if (serial.every((byte) => byte === 0)) reader.fail('serialNumber', 'a positive serial number')
  return serial
}

function readNameWithDer(reader: DerReader, field: string): { name: Name; der: Uint8Array } {
  const element = reader.element(DER_SEQUENCE, field)
  const name = readName(DerReader.over(element.raw, `${reader.path}.${field}`), 'name')
  return { name, der: element.raw }
}

function readExtensionsField(tbs: DerReader): Extensions {
  const field = tbs.constructed(derContextTag(3, 'constructed'), 'extensions')
  const extensions = readExtensions(field.sequence('list'))
  field.end()
  return extensions
}

/** ParseError on anything that is not a strictly encoded version 3 certificate. Does not check the signature. */
export function parseCertificate(der: Uint8Array): Certificate {
  const outer = DerReader.over(der, 'certificate', { maxLength: 64 * 1024 })
  const whole = outer.sequence('value')
  outer.end()
  const signed = whole.element(DER_SEQUENCE, 'tbs')
  const signatureAlgorithm = readAlgorithm(whole, 'signatureAlgorithm')
  const signature = whole.bitBytes('signature')
  whole.end()

  const tbs = whole.enter(signed, 'tbs')
  const version = tbs.constructed(derContextTag(0, 'constructed'), 'version')
  if (version.small('version', 2) !== 2) version.fail('version', 'version 3')
  version.end()
  const serial = readSerial(tbs)
  const inner = readAlgorithm(tbs, 'signature')
  // RFC 5280 section 4.1.1.2: an unsigned copy of the algorithm must not steer the verification.
  if (bytesToHex(inner.raw) !== bytesToHex(signatureAlgorithm.raw)) {
    tbs.fail('signature', 'the algorithm named outside the signed part')
  }
  const issuer = readNameWithDer(tbs, 'issuer')
  if (issuer.name.length === 0) tbs.fail('issuer', 'an issuer that is not empty')
  const validity = tbs.sequence('validity')
  const notBeforeMs = validity.time('notBefore')
  const notAfterMs = validity.time('notAfter')
  validity.end()
  const subject = readNameWithDer(tbs, 'subject')
  const publicKeyInfo = readPublicKeyInfo(tbs, 'publicKey')
  const extensions: Extensions = tbs.done
    ? { critical: new Set(), unknownCritical: [] }
    : readExtensionsField(tbs)
  tbs.end()
  return new Certificate({
    raw: der,
    tbs: signed.raw,
    serial,
    issuer: issuer.name,
    issuerDer: issuer.der,
    subject: subject.name,
    subjectDer: subject.der,
    notBeforeMs,
    notAfterMs,
    signatureAlgorithm,
    signature,
    publicKeyInfo,
    extensions,
  })
}

/** Whether the certificate is signed by this key with sm2-with-sm3 and the default user ID. */
export function verifyCertificateSignature(certificate: Certificate, issuerPublicKey: Sm2PublicKey): boolean {
  return (
    isSm2WithSm3(certificate.signatureAlgorithm) &&
    verifyDerSignature(issuerPublicKey, certificate.tbs, certificate.signature)
  )
}
