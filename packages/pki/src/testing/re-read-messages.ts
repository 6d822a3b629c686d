import { ECDSASigValue } from '@peculiar/asn1-ecc'
import { CertificationRequest } from '@peculiar/asn1-csr'
import * as cms from '@peculiar/asn1-cms'
import * as ocsp from '@peculiar/asn1-ocsp'
import {
  AsnConvert,
  AsnIntegerArrayBufferConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { algorithm, certificate, extensions, hex, magnitude, name, readWhole, type Plain } from './re-read.ts'

/** Requests, OCSP and messages as @peculiar/asn1-* read them; see re-read.ts. */

export function signatureParts(der: Uint8Array): [string, string] {
  const { r, s } = readWhole(der, ECDSASigValue)
  return [magnitude(r), magnitude(s)]
}

export function request(der: Uint8Array): Record<string, Plain> {
  const {
    certificationRequestInfo: info,
    signatureAlgorithm,
    signature,
  } = readWhole(der, CertificationRequest)
  const { algorithm: kind, subjectPublicKey } = info.subjectPKInfo
  return {
    version: info.version,
    subject: name(info.subject),
    publicKey: `${algorithm(kind)} ${hex(subjectPublicKey)}`,
    attributes: info.attributes.length,
    algorithm: algorithm(signatureAlgorithm),
    signature: hex(signature),
  }
}

const certId = (id: ocsp.CertID): Plain => ({
  hash: algorithm(id.hashAlgorithm),
  name: hex(id.issuerNameHash.buffer),
  key: hex(id.issuerKeyHash.buffer),
  serial: magnitude(id.serialNumber),
})

export function ocspQuestion(der: Uint8Array): Record<string, Plain> {
  const { tbsRequest: tbs, optionalSignature } = readWhole(der, ocsp.OCSPRequest)
  return {
    signed: optionalSignature !== undefined,
    questions: tbs.requestList.map(({ reqCert }) => certId(reqCert)),
    extensions: extensions(tbs.requestExtensions),
  }
}

const serialized = (value: object): Uint8Array => new Uint8Array(AsnConvert.serialize(value))

function state({ good, unknown, revoked }: ocsp.CertStatus): Plain {
  if (revoked) {
    const { revocationTime, revocationReason } = revoked
    return { atMs: revocationTime.getTime(), reason: revocationReason?.toJSON() ?? null }
  }
  if (good === null) return 'good'
  return unknown === null ? 'unknown' : 'nothing'
}

export function ocspAnswer(der: Uint8Array): Record<string, Plain> {
  const { responseStatus, responseBytes } = readWhole(der, ocsp.OCSPResponse)
  if (!responseBytes) return { status: responseStatus }
  const basic = readWhole(new Uint8Array(responseBytes.response.buffer), ocsp.BasicOCSPResponse)
  const { responderID, producedAt, responses, responseExtensions } = basic.tbsResponseData
  return {
    status: responseStatus,
    type: responseBytes.responseType,
    responder: responderID.byName ? name(responderID.byName) : 'by key',
    producedAtMs: producedAt.getTime(),
    answers: responses.map((answer) => ({
      id: certId(answer.certID),
      state: state(answer.certStatus),
      thisUpdateMs: answer.thisUpdate.getTime(),
      nextUpdateMs: answer.nextUpdate?.getTime() ?? null,
    })),
    extensions: extensions(responseExtensions),
    algorithm: algorithm(basic.signatureAlgorithm),
    signature: hex(basic.signature),
    certificates: (basic.certs ?? []).map((sent) => certificate(serialized(sent))),
  }
}

/** SM2Cipher of GM/T 0009, which the library does not know: described here in its own way. */
class Sm2Cipher {
  x = new ArrayBuffer(0)
  y = new ArrayBuffer(0)
  hash = new OctetString()
  text = new OctetString()
}
AsnType({ type: AsnTypeTypes.Sequence })(Sm2Cipher)
for (const field of ['x', 'y'])
  AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerArrayBufferConverter })(
    Sm2Cipher.prototype,
    field,
  )
for (const field of ['hash', 'text']) AsnProp({ type: OctetString })(Sm2Cipher.prototype, field)

/** SM2EnvelopedKey of GM/T 0009. */
class Sm2EnvelopedKey {
  algorithm = new AlgorithmIdentifier()
  key = new Sm2Cipher()
  publicKey = new ArrayBuffer(0)
  privateKey = new ArrayBuffer(0)
}
AsnType({ type: AsnTypeTypes.Sequence })(Sm2EnvelopedKey)
AsnProp({ type: AlgorithmIdentifier })(Sm2EnvelopedKey.prototype, 'algorithm')
AsnProp({ type: Sm2Cipher })(Sm2EnvelopedKey.prototype, 'key')
for (const field of ['publicKey', 'privateKey'])
  AsnProp({ type: AsnPropTypes.BitString })(Sm2EnvelopedKey.prototype, field)

/** Signed and enveloped data (GM/T 0010, RFC 2315 section 11.1). */
class SignedAndEnvelopedData {
  version = 0
  recipientInfos = new cms.RecipientInfos()
  digestAlgorithms = new cms.DigestAlgorithmIdentifiers()
  encryptedContentInfo = new cms.EncryptedContentInfo()
  certificates: cms.CertificateSet | undefined
  signerInfos = new cms.SignerInfos()
}
AsnType({ type: AsnTypeTypes.Sequence })(SignedAndEnvelopedData)
AsnProp({ type: AsnPropTypes.Integer })(SignedAndEnvelopedData.prototype, 'version')
for (const [field, type] of Object.entries({
  recipientInfos: cms.RecipientInfos,
  digestAlgorithms: cms.DigestAlgorithmIdentifiers,
  encryptedContentInfo: cms.EncryptedContentInfo,
}))
  AsnProp({ type })(SignedAndEnvelopedData.prototype, field)
AsnProp({ type: cms.CertificateSet, context: 0, implicit: true, optional: true })(
  SignedAndEnvelopedData.prototype,
  'certificates',
)
AsnProp({ type: cms.SignerInfos })(SignedAndEnvelopedData.prototype, 'signerInfos')

const cipherParts = ({ x, y, hash, text }: Sm2Cipher): Plain => ({
  x: magnitude(x),
  y: magnitude(y),
  hash: hex(hash.buffer),
  text: hex(text.buffer),
})

const cipher = (der: Uint8Array): Plain => cipherParts(readWhole(der, Sm2Cipher))

export function envelopedKey(der: Uint8Array): Record<string, Plain> {
  const { algorithm: kind, key, publicKey, privateKey } = readWhole(der, Sm2EnvelopedKey)
  return {
    algorithm: algorithm(kind),
    key: cipherParts(key),
    publicKey: hex(publicKey),
    privateKey: hex(privateKey),
  }
}

const reference = (of?: cms.IssuerAndSerialNumber): Plain =>
  of ? { issuer: name(of.issuer), serial: magnitude(of.serialNumber) } : 'by key'

const octets = (value: OctetString): string => hex(value.buffer)

function signerInfo(info: cms.SignerInfo): Plain {
  const attributes = (info.signedAttrs ?? []).map(({ attrType, attrValues }) => [
    attrType,
    attrValues.map((value) => hex(value)),
  ])
  return {
    version: info.version,
    signer: reference(info.sid.issuerAndSerialNumber),
    digest: algorithm(info.digestAlgorithm),
    attributes: attributes as Plain, // pairs of texts
    algorithm: algorithm(info.signatureAlgorithm),
    signature: octets(info.signature),
  }
}

const recipient = ({ ktri }: cms.RecipientInfo): Plain =>
  ktri
    ? {
        version: ktri.version,
        recipient: reference(ktri.rid.issuerAndSerialNumber),
        algorithm: algorithm(ktri.keyEncryptionAlgorithm),
        key: cipher(new Uint8Array(ktri.encryptedKey.buffer)),
      }
    : 'other'

const encrypted = (info: cms.EncryptedContentInfo): Plain => ({
  type: info.contentType,
  algorithm: algorithm(info.contentEncryptionAlgorithm),
  content: info.encryptedContent?.value ? octets(info.encryptedContent.value) : null,
})

function contentOf(der: Uint8Array): { type: string; content: Uint8Array } {
  const { contentType, content } = readWhole(der, cms.ContentInfo)
  return { type: contentType, content: new Uint8Array(content) }
}

function certificatesIn(set: cms.CertificateSet | undefined): Plain[] {
  return (set ?? []).map((choice) =>
    choice.certificate ? magnitude(choice.certificate.tbsCertificate.serialNumber) : 'other',
  )
}

export function signedMessage(der: Uint8Array): Record<string, Plain> {
  const { type, content } = contentOf(der)
  const data = readWhole(content, cms.SignedData)
  return {
    type,
    version: data.version,
    digests: data.digestAlgorithms.map(algorithm),
    contentType: data.encapContentInfo.eContentType,
    content: data.encapContentInfo.eContent?.single ? octets(data.encapContentInfo.eContent.single) : null,
    certificates: certificatesIn(data.certificates),
    signers: data.signerInfos.map(signerInfo),
  }
}

export function envelope(der: Uint8Array): Record<string, Plain> {
  const { type, content } = contentOf(der)
  const data = readWhole(content, cms.EnvelopedData)
  return {
    type,
    version: data.version,
    recipients: data.recipientInfos.map(recipient),
    content: encrypted(data.encryptedContentInfo),
  }
}

export function signedEnvelope(der: Uint8Array): Record<string, Plain> {
  const { type, content } = contentOf(der)
  const data = readWhole(content, SignedAndEnvelopedData)
  return {
    type,
    version: data.version,
    recipients: data.recipientInfos.map(recipient),
    digests: data.digestAlgorithms.map(algorithm),
    content: encrypted(data.encryptedContentInfo),
    certificates: certificatesIn(data.certificates),
    signers: data.signerInfos.map(signerInfo),
  }
}
