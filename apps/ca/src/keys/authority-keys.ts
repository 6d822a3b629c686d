import { mkdir, open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import {
  exportEncryptedPkcs8,
  importEncryptedPkcs8,
  sm2Sign,
  Sm2PrivateKey,
  type SecretBytes,
} from '@anqu/gm-crypto'
import { buildCertificate, parseCertificate, randomSerial, type Certificate, type Name } from '@anqu/pki'
import { loadKeyFile, readIfPresent, type Clock } from '@anqu/platform'
import { financialPolicy } from '../profiles/profiles.ts'

/** A key of the CA with its certificate. */
export type AuthorityKey = { readonly key: Sm2PrivateKey; readonly certificate: Certificate }

export type AuthorityKeys = {
  readonly root: Certificate
  readonly issuing: AuthorityKey
  /** Signs answers to callers. */
  readonly service: AuthorityKey
}

const yearMs = 365 * 86_400_000
const rootYears = 20
const issuingYears = 10
const serviceYears = 5
const name = (common: string): Name => [
  { type: 'C', value: 'CN' },
  { type: 'O', value: 'Anqu' },
  { type: 'CN', value: common },
]

/**
 * Loads root, issuing and service key, or makes them at the first start. Each is an encrypted PKCS#8 file under the CA's
 * key-encryption key. The root signs twice at the ceremony and is not loaded again: its file can be taken away.
 */
export async function loadAuthorityKeys(dataDir: string, clock: Clock): Promise<AuthorityKeys> {
  const folder = path.join(dataDir, 'keys')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const kek = await loadKeyFile(path.join(dataDir, 'key-encryption-key'))
  // The service certificate is written last: with it the ceremony is complete.
  if ((await readIfPresent(path.join(folder, 'service.cer'))) === undefined)
    await ceremony(folder, kek, clock)
  return {
    root: await readCertificate(folder, 'root'),
    issuing: await readKey(folder, 'issuing', kek),
    service: await readKey(folder, 'service', kek),
  }
}

const readCertificate = async (folder: string, label: string): Promise<Certificate> =>
  parseCertificate(new Uint8Array(await readFile(path.join(folder, `${label}.cer`))))

async function readKey(folder: string, label: string, kek: SecretBytes): Promise<AuthorityKey> {
  const encrypted = new Uint8Array(await readFile(path.join(folder, `${label}.p8`)))
  const key = importEncryptedPkcs8(encrypted, kek)
  const certificate = await readCertificate(folder, label)
  if (!certificate.publicKey.equals(key.publicKey))
    throw new Error(`key and certificate of ${label} do not belong together`)
  return { key, certificate }
}

type Issue = {
  label: string
  common: string
  years: number
  issuer: AuthorityKey | 'self'
  extensions: Parameters<typeof buildCertificate>[0]['extensions']
}

async function ceremony(folder: string, kek: SecretBytes, clock: Clock): Promise<void> {
  const make = (issue: Issue): Promise<AuthorityKey> => makeKey({ folder, kek, nowMs: clock.nowMs() }, issue)
  const root = await make({
    label: 'root',
    common: 'Anqu Root CA',
    years: rootYears,
    issuer: 'self',
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] },
  })
  const issuing = await make({
    label: 'issuing',
    common: 'Anqu Issuing CA 1',
    years: issuingYears,
    issuer: root,
    // B-7.3.2.2-6: a policy holds for a chain only when its issuers carry it too.
    extensions: {
      basicConstraints: { ca: true, pathLength: 0 },
      keyUsage: ['keyCertSign', 'cRLSign'],
      policies: [financialPolicy],
    },
  })
  await make({
    label: 'service',
    common: 'Anqu CA Service',
    years: serviceYears,
    issuer: issuing,
    extensions: { basicConstraints: { ca: false }, keyUsage: ['digitalSignature'] },
  })
  root.key.wipe()
}

async function makeKey(
  place: { folder: string; kek: SecretBytes; nowMs: number },
  { label, common, years, issuer, extensions }: Issue,
): Promise<AuthorityKey> {
  const { folder, kek, nowMs } = place
  const key = Sm2PrivateKey.generate()
  const signing = issuer === 'self' ? key : issuer.key
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: name(common),
    publicKey: key.publicKey,
    notBeforeMs: nowMs - 60_000,
    notAfterMs: nowMs + years * yearMs,
    extensions,
    issuer: issuer === 'self' ? 'self' : issuer.certificate,
    signer: { publicKey: signing.publicKey, sign: (message) => sm2Sign(signing, message) },
  })
  await writeDurably(path.join(folder, `${label}.p8`), exportEncryptedPkcs8(key, kek))
  await writeDurably(path.join(folder, `${label}.cer`), der)
  return { key, certificate: parseCertificate(der) }
}

/** Whole or not at all, and on the disk: a crash in the ceremony leaves files that the next one replaces. */
async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.new`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
