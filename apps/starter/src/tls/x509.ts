import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import {
  derBits,
  derBoolean,
  derExplicit,
  derImplicit,
  derNamedBits,
  derOctets,
  derOid,
  derRaw,
  derSequence,
  derSetOf,
  derTime,
  derUnsigned,
  derUtf8,
  derIa5,
  encodeDer,
  encodePem,
  type DerValue,
} from '@anqu/encoding'
import { randomBytes } from '@anqu/gm-crypto'
import { addressBytes, isAddress } from './ip-address.ts'

/** A P-256 key pair and its certificate (RFC 5280), for TLS only: what browsers and Node speak without GM suites. */
export interface TlsIdentity {
  readonly certificatePem: string
  readonly keyPem: string
}

export interface CertificateRequest {
  readonly commonName: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Names and addresses of a server; left out for a CA. */
  readonly hosts?: readonly string[]
  /** Who signs; itself when left out. */
  readonly issuer?: { readonly commonName: string; readonly key: KeyObject; readonly publicKey: KeyObject }
}

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  subjectKeyId: '2.5.29.14',
  authorityKeyId: '2.5.29.35',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

const name = (text: string): DerValue =>
  derSequence(derSetOf(derSequence(derOid(oids.commonName), derUtf8(text))))

const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }))

// RFC 7093 method 1: the first 160 bits of the SHA-256 of the public key.
const keyId = (key: KeyObject): Uint8Array =>
  new Uint8Array(createHash('sha256').update(spki(key)).digest().subarray(0, 20))

const extension = (oid: string, value: DerValue, critical: 'critical' | 'plain'): DerValue =>
  derSequence(
    derOid(oid),
    ...(critical === 'critical' ? [derBoolean(true)] : []),
    derOctets(encodeDer(value)),
  )

const generalName = (host: string): DerValue =>
  isAddress(host) ? derImplicit(7, derOctets(addressBytes(host))) : derImplicit(2, derIa5(host))

function extensions(request: CertificateRequest, own: KeyObject): DerValue[] {
  const { hosts, issuer } = request
  const signer = issuer?.publicKey ?? own
  const ids = [
    extension(oids.subjectKeyId, derOctets(keyId(own)), 'plain'),
    extension(oids.authorityKeyId, derSequence(derImplicit(0, derOctets(keyId(signer)))), 'plain'),
  ]
  if (hosts === undefined)
    return [
      extension(oids.basicConstraints, derSequence(derBoolean(true), derUnsigned(0)), 'critical'),
      extension(oids.keyUsage, derNamedBits([5, 6]), 'critical'), // keyCertSign, cRLSign
      ...ids,
    ]
  return [
    extension(oids.basicConstraints, derSequence(), 'critical'),
    extension(oids.keyUsage, derNamedBits([0]), 'critical'), // digitalSignature
    extension(oids.extendedKeyUsage, derSequence(derOid(oids.serverAuth)), 'plain'),
    extension(oids.subjectAltName, derSequence(...hosts.map(generalName)), 'plain'),
    ...ids,
  ]
}

/** Makes a key pair and a certificate for it. */
export function makeIdentity(request: CertificateRequest): TlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = derSequence(derOid(oids.ecdsaWithSha256))
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40 // positive and of full length
  const toBeSigned = encodeDer(
    derSequence(
      derExplicit(0, derUnsigned(2)), // version 3
      derUnsigned(serial),
      algorithm,
      name(request.issuer?.commonName ?? request.commonName),
      derSequence(derTime(request.notBeforeMs), derTime(request.notAfterMs)),
      name(request.commonName),
      derRaw(spki(publicKey)),
      derExplicit(3, derSequence(...extensions(request, publicKey))),
    ),
  )
  const signature = sign('sha256', toBeSigned, request.issuer?.key ?? privateKey)
  const certificate = encodeDer(derSequence(derRaw(toBeSigned), algorithm, derBits(signature)))
  return {
    certificatePem: encodePem('CERTIFICATE', certificate),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
