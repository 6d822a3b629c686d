import { mkdir, open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import {
  exportEncryptedPkcs8,
  importEncryptedPkcs8,
  randomPassword,
  type SecretBytes,
  type Sm2PrivateKey,
} from '@anqu/gm-crypto'
import { parseCertificate, type Certificate } from '@anqu/pki'

/** A key of the CA with its certificate. */
export type AuthorityKey = { readonly key: Sm2PrivateKey; readonly certificate: Certificate }

/** The folder with the CA's keys (encrypted PKCS#8) and certificates. A file is there whole or not at all. */
export class KeyFolder {
  readonly path: string

  constructor(folder: string) {
    this.path = folder
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return new Uint8Array(await readFile(path.join(this.path, name)))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  async need(name: string): Promise<Uint8Array> {
    const bytes = await this.read(name)
    if (bytes === undefined) throw new Error(`${path.join(this.path, name)} is missing`)
    return bytes
  }

  /** On the disk when it answers; whoever reads meanwhile sees the file as it was. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 })
    const file = path.join(this.path, name)
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

  async writeKey(label: string, { key, certificate }: AuthorityKey, kek: SecretBytes): Promise<void> {
    await this.write(`${label}.p8`, exportEncryptedPkcs8(key, kek, randomPassword))
    await this.write(`${label}.cer`, certificate.raw)
  }

  async readCertificate(label: string): Promise<Certificate> {
    return parseCertificate(await this.need(`${label}.cer`))
  }

  /** @throws Error when key and certificate do not belong together */
  async readKey(label: string, kek: SecretBytes): Promise<AuthorityKey> {
    const key = importEncryptedPkcs8(await this.need(`${label}.p8`), kek)
    const certificate = await this.readCertificate(label)
    if (!certificate.publicKey.equals(key.publicKey))
      throw new Error(`key and certificate of ${label} do not belong together`)
    return { key, certificate }
  }
}
