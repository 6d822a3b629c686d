import {
  bytesToHex,
  derOctets,
  derOid,
  derSequence,
  derUnsigned,
  type DerReader,
  type DerValue,
} from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { readAlgorithm } from '../algorithm.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { OID_SM3 } from '../oids.ts'

/** Names one certificate by issuer name, issuer key and serial number (RFC 6960 section 4.1.1), hashed with SM3. */
export interface CertId {
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** Magnitude of the serial number. */
  readonly serial: Uint8Array
}

export function certIdOf(issuer: Certificate, serial: Uint8Array): CertId {
  return { issuerNameHash: sm3(issuer.subjectDer), issuerKeyHash: sm3(issuer.publicKeyInfo.bytes), serial }
}

/** Text that is the same exactly when the identifiers are. */
export function certIdKey({ issuerNameHash, issuerKeyHash, serial }: CertId): string {
  return `${bytesToHex(issuerNameHash)}:${bytesToHex(issuerKeyHash)}:${bytesToHex(serial)}`
}

export function certIdToDer({ issuerNameHash, issuerKeyHash, serial }: CertId): DerValue {
  return derSequence(
    derSequence(derOid(OID_SM3)),
    derOctets(issuerNameHash),
    derOctets(issuerKeyHash),
    derUnsigned(serial),
  )
}

/** ParseError on any other hash than SM3: an identifier by SHA-1 names nothing here. */
export function readCertId(reader: DerReader): CertId {
  const id = reader.sequence('certID')
  const algorithm = readAlgorithm(id, 'hashAlgorithm')
  // BouncyCastle writes NULL parameters for digests, others leave them out; both spellings are in use (RFC 5754 section 2).
  const parametersKnown = !algorithm.parameters || bytesToHex(algorithm.parameters) === '0500'
  if (algorithm.oid !== OID_SM3 || !parametersKnown) id.fail('hashAlgorithm', 'SM3')
  const issuerNameHash = id.octets('issuerNameHash')
  const issuerKeyHash = id.octets('issuerKeyHash')
  const serial = id.unsignedBytes('serialNumber', 20)
  id.end()
  if (issuerNameHash.length !== 32 || issuerKeyHash.length !== 32) reader.fail('certID', 'hashes of 32 bytes')
  return { issuerNameHash, issuerKeyHash, serial }
}
