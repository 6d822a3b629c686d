import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { bytesToBase64 } from '@anqu/encoding'

const run = promisify(execFile)
const defaultId = 'distid:1234567812345678'

const pem = (der: Uint8Array): string => {
  const lines = bytesToBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** What OpenSSL says; the whole point is that it is not our own code. */
export type Verdict = { readonly ok: boolean; readonly says: string }

async function ask(args: readonly string[]): Promise<Verdict> {
  try {
    const { stdout, stderr } = await run('openssl', args)
    return { ok: true, says: `${stdout}${stderr}`.trim() }
  } catch (error) {
    return { ok: false, says: error instanceof Error ? error.message : 'openssl failed' }
  }
}

async function inFolder<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'anqu-openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content)
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** OpenSSL 3.0 or later, or undefined. */
export async function opensslVersion(): Promise<string | undefined> {
  const { ok, says } = await ask(['version'])
  return ok && /^OpenSSL [3-9]/.test(says) ? says : undefined
}

/** OpenSSL knows the default user ID for the target certificate only, so each link is one call. */
export function verifyLink(certificate: Uint8Array, issuer: Uint8Array): Promise<Verdict> {
  return inFolder({ 'ee.pem': pem(certificate), 'ca.pem': pem(issuer) }, (folder) =>
    ask([
      'verify',
      '-x509_strict',
      '-vfyopt',
      defaultId,
      '-partial_chain',
      '-trusted',
      path.join(folder, 'ca.pem'),
      path.join(folder, 'ee.pem'),
    ]),
  )
}

/** Checks a signature in DER form over a message with the certificate's key. */
export function verifySignature(
  message: Uint8Array,
  signatureDer: Uint8Array,
  certificate: Uint8Array,
): Promise<Verdict> {
  return inFolder({ 'ee.pem': pem(certificate), message, signature: signatureDer }, async (folder) => {
    const at = (name: string): string => path.join(folder, name)
    const key = await ask(['x509', '-in', at('ee.pem'), '-pubkey', '-noout'])
    if (!key.ok) return key
    await writeFile(at('key.pem'), key.says)
    return ask([
      'dgst',
      '-sm3',
      '-verify',
      at('key.pem'),
      '-sigopt',
      defaultId,
      '-signature',
      at('signature'),
      at('message'),
    ])
  })
}
