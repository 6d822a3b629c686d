import { utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  EKU_CODE_SIGNING,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  type Certificate,
  type CertificateRequest,
  type ExtensionRequest,
} from '@anqu/pki'
import { signRelease } from '../sign-release.ts'

/** Everything is in force at this time. */
export const testTimeMs = Date.UTC(2026, 5, 15)
const yearMs = 365 * 86_400_000

/** Files of a small app. */
export const testFiles: ReadonlyMap<string, Uint8Array> = new Map([
  ['index.html', utf8ToBytes('<!doctype html><title>app</title>')],
  ['assets/index-1.js', utf8ToBytes('export const app = 1')],
])

type Party = { readonly key: Sm2PrivateKey; readonly certificate: Certificate }

async function certified(
  request: Pick<CertificateRequest, 'subject' | 'issuer' | 'extensions'>,
  issuer?: Party,
): Promise<Party> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    ...request,
    serial: randomSerial(),
    publicKey: key.publicKey,
    signer: privateKeySigner(issuer?.key ?? key),
    notBeforeMs: testTimeMs - yearMs,
    notAfterMs: testTimeMs + yearMs,
  })
  return { key, certificate: parseCertificate(der) }
}

export interface TestPublisher {
  readonly root: Certificate
  readonly rootKey: Sm2PrivateKey
  readonly certificate: Certificate
  readonly key: Sm2PrivateKey
  /** A signed manifest over `testFiles` unless told otherwise. */
  release(change?: Partial<Parameters<typeof signRelease>[0]>): Promise<Uint8Array>
}

/** A root with a publisher under it, whose certificate may be of another kind than it should. */
export async function testPublisher(change: Partial<ExtensionRequest> = {}): Promise<TestPublisher> {
  const root = await certified({
    subject: [{ type: 'CN', value: 'Test Root' }],
    issuer: 'self',
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] },
  })
  const publisher = await certified(
    {
      subject: [{ type: 'CN', value: 'Test Publisher' }],
      issuer: root.certificate,
      extensions: {
        basicConstraints: { ca: false },
        keyUsage: ['digitalSignature'],
        extKeyUsage: [EKU_CODE_SIGNING],
        subjectAltNames: [{ kind: 'dns', value: 'anqu-mobile' }],
        ...change,
      },
    },
    root,
  )
  return {
    root: root.certificate,
    rootKey: root.key,
    certificate: publisher.certificate,
    key: publisher.key,
    release: (request) =>
      signRelease({
        version: '1.0.0',
        releasedAtMs: testTimeMs,
        files: testFiles,
        certificate: publisher.certificate,
        intermediates: [],
        signer: privateKeySigner(publisher.key),
        ...request,
      }),
  }
}
