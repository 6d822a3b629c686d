import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import {
  exportEncryptedPkcs8,
  importEncryptedPkcs8,
  randomPassword,
  Sm2PrivateKey,
  type SecretBytes,
} from '@anqu/gm-crypto'
import { createCsr, parseCertificate, privateKeySigner, type Certificate } from '@anqu/pki'
import { readIfPresent } from '@anqu/platform'

/** A key of one of our servers with its certificate. */
export type CertifiedKey = { readonly key: Sm2PrivateKey; readonly certificate: Certificate }

/** Who gives certificates for requests: a CA of ours by signed calls, any other one by files. */
export type Issuer<Purpose extends string> = {
  issue(csr: Uint8Array, purpose: Purpose): Promise<Uint8Array>
}

/**
 * Loads a key and its certificate, or makes the one and asks the CA for the other. The key is written before the request is
 * sent: the CA answers the same certificate for the same key, so that a start cut off in between goes on where it was.
 */
export async function loadCertifiedKey<Purpose extends string>(options: {
  readonly folder: string
  readonly kek: SecretBytes
  readonly purpose: Purpose
  readonly commonName: string
  readonly authority: Issuer<Purpose>
}): Promise<CertifiedKey> {
  const { folder, kek, purpose, commonName, authority } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const [keyFile, certificateFile] = [`${purpose}.p8`, `${purpose}.cer`].map((name) =>
    path.join(folder, name),
  ) as [string, string] // two names in, two out
  const storedKey = await readIfPresent(keyFile)
  const key =
    storedKey === undefined
      ? Sm2PrivateKey.generate()
      : importEncryptedPkcs8(base64ToBytes(storedKey.trim()), kek)
  if (storedKey === undefined)
    await writeFile(keyFile, `${bytesToBase64(exportEncryptedPkcs8(key, kek, randomPassword))}\n`, {
      mode: 0o600,
    })
  const stored = await readIfPresent(certificateFile)
  const der = stored === undefined ? await request() : base64ToBytes(stored.trim())
  if (stored === undefined) await writeFile(certificateFile, `${bytesToBase64(der)}\n`)
  const certificate = parseCertificate(der)
  if (!certificate.publicKey.equals(key.publicKey))
    throw new Error(`key and certificate of ${purpose} do not belong together`)
  return { key, certificate }

  async function request(): Promise<Uint8Array> {
    const subject = [
      { type: 'C' as const, value: 'CN' },
      { type: 'O' as const, value: 'Anqu' },
      { type: 'CN' as const, value: commonName },
    ]
    return authority.issue(await createCsr({ key: privateKeySigner(key), subject }), purpose)
  }
}
