import { Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  EKU_SERVER_AUTH,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  type Certificate,
  type CertificateRequest,
  type Name,
} from '../index.ts'

export const YEAR_MS = 365 * 24 * 3600 * 1000
export const NOW_MS = Date.UTC(2026, 5, 15, 12, 0, 0)
export const POLICY = '2.25.1234567890'

export interface Party {
  readonly key: Sm2PrivateKey
  readonly certificate: Certificate
}

export type Change = Partial<Omit<CertificateRequest, 'extensions'>> & {
  readonly extensions?: Partial<CertificateRequest['extensions']>
}

const named = (cn: string): Name => [
  { type: 'C', value: 'CN' },
  { type: 'O', value: 'Anqu' },
  { type: 'CN', value: cn },
]

async function party(
  request: Omit<CertificateRequest, 'signer' | 'publicKey'>,
  change: Change,
  issuer?: Party,
): Promise<Party> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    ...request,
    publicKey: key.publicKey,
    signer: privateKeySigner(issuer?.key ?? key),
    ...change,
    extensions: { ...request.extensions, ...change.extensions },
  })
  return { key, certificate: parseCertificate(der) }
}

const validity = { notBeforeMs: NOW_MS - YEAR_MS, notAfterMs: NOW_MS + YEAR_MS }

export function testRoot(change: Change = {}): Promise<Party> {
  const extensions = { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] as const }
  const request = { serial: randomSerial(), subject: named('Test Root'), issuer: 'self' as const, extensions }
  return party({ ...request, notBeforeMs: NOW_MS - 2 * YEAR_MS, notAfterMs: NOW_MS + 9 * YEAR_MS }, change)
}

export function testSubCa(issuer: Party, change: Change = {}): Promise<Party> {
  const extensions = {
    basicConstraints: { ca: true, pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'] as const,
    policies: [POLICY],
  }
  const subject = named('Test Issuing CA')
  return party(
    { ...validity, serial: randomSerial(), subject, issuer: issuer.certificate, extensions },
    change,
    issuer,
  )
}

export function testLeaf(issuer: Party, change: Change = {}): Promise<Party> {
  const extensions = {
    basicConstraints: { ca: false },
    keyUsage: ['digitalSignature', 'keyAgreement'] as const,
    extKeyUsage: [EKU_SERVER_AUTH],
    subjectAltNames: [{ kind: 'dns', value: 'channel.test' }] as const,
    policies: [POLICY],
  }
  const subject = named('channel.test')
  return party(
    { ...validity, serial: randomSerial(), subject, issuer: issuer.certificate, extensions },
    change,
    issuer,
  )
}
