import { hexToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, type Sm2PublicKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  privateKeySigner,
  type Certificate,
  type Signer,
} from '@anqu/pki'

const NOT_BEFORE_MS = 1_500_000_000_000
const NOT_AFTER_MS = 2_400_000_000_000

interface Authority {
  readonly signer: Signer
  readonly certificate: Certificate
}
let authority: Promise<Authority> | undefined

async function createAuthority(): Promise<Authority> {
  const signer = privateKeySigner(Sm2PrivateKey.generate())
  const der = await buildCertificate({
    serial: hexToBytes('1122334455667788'),
    subject: [{ type: 'CN', value: 'Test CA' }],
    publicKey: signer.publicKey,
    notBeforeMs: NOT_BEFORE_MS,
    notAfterMs: NOT_AFTER_MS,
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
    issuer: 'self',
    signer,
  })
  return { signer, certificate: parseCertificate(der) }
}

/** A certificate for a key of a card, from a CA that lives as long as the test run. `serialHex`: 8 bytes. */
export async function issueCertificate(
  publicKey: Sm2PublicKey,
  wanted: { serialHex: string; notBeforeMs?: number; notAfterMs?: number },
): Promise<Uint8Array> {
  authority ??= createAuthority()
  const { signer, certificate: issuer } = await authority
  return buildCertificate({
    serial: hexToBytes(wanted.serialHex),
    subject: [{ type: 'CN', value: 'customer' }],
    publicKey,
    notBeforeMs: wanted.notBeforeMs ?? NOT_BEFORE_MS,
    notAfterMs: wanted.notAfterMs ?? NOT_AFTER_MS,
    extensions: { keyUsage: ['digitalSignature'] },
    issuer,
    signer,
  })
}
