import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToBase64, bytesToHex } from '@anqu/encoding'
import { exportEncryptedPkcs8, importEncryptedPkcs8, randomPassword, Sm2PrivateKey } from '@anqu/gm-crypto'
import { loadKeyFile, readIfPresent } from '../key-file.ts'

/**
 * The key of a caller of one of our services, made at the first start: encrypted PKCS#8 in `dataDir`, its public half left in
 * the callers' folder of the service, which an administrator shares between the two.
 */
export async function loadCallerKey(options: {
  readonly dataDir: string
  readonly callersDir: string
  /** Name of the caller, as the service knows it. */
  readonly caller: string
  /** Name of the service, for the key's file. */
  readonly service: string
}): Promise<Sm2PrivateKey> {
  const { dataDir, callersDir, caller, service } = options
  const kek = await loadKeyFile(path.join(dataDir, `${service}-caller-kek`))
  const file = path.join(dataDir, `${service}-caller.p8`)
  const stored = await readIfPresent(file)
  const key =
    stored === undefined ? Sm2PrivateKey.generate() : importEncryptedPkcs8(base64ToBytes(stored.trim()), kek)
  if (stored === undefined)
    await writeFile(file, `${bytesToBase64(exportEncryptedPkcs8(key, kek, randomPassword))}\n`, {
      mode: 0o600,
    })
  await mkdir(callersDir, { recursive: true })
  await writeFile(path.join(callersDir, `${caller}.pub`), `${bytesToHex(key.publicKey.bytes)}\n`)
  return key
}
