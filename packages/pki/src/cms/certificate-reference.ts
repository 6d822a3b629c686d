import {
  bytesToHex,
  DER_SEQUENCE,
  derRaw,
  derSequence,
  derUnsigned,
  type DerReader,
  type DerValue,
} from '@anqu/encoding'
import type { Certificate } from '../certificate/certificate.ts'

/** IssuerAndSerialNumber (RFC 5652 section 10.2.4): names one certificate by the exact bytes of its issuer's name. */
export interface CertificateReference {
  readonly issuerDer: Uint8Array
  /** Magnitude of the serial number. */
  readonly serial: Uint8Array
}

export function referenceToDer({ issuerDer, serial }: CertificateReference): DerValue {
  return derSequence(derRaw(issuerDer), derUnsigned(serial))
}

export function readReference(reader: DerReader): CertificateReference {
  const fields = reader.sequence('issuerAndSerialNumber')
  const issuerDer = fields.element(DER_SEQUENCE, 'issuer').raw
  const serial = fields.unsignedBytes('serialNumber', 20)
  fields.end()
  return { issuerDer, serial }
}

export function refersTo({ issuerDer, serial }: CertificateReference, certificate: Certificate): boolean {
  return (
    bytesToHex(serial) === certificate.serialHex &&
    bytesToHex(issuerDer) === bytesToHex(certificate.issuerDer)
  )
}
