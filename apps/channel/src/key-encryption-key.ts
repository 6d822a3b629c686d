import { chmod, mkdir, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { hexToBytes, bytesToHex } from '@anqu/encoding'
import { randomBytes, SecretBytes } from '@anqu/gm-crypto'

const kekBytes = 16

/**
 * The key-encryption key from its file, made at the first start (mode 0600, written to disk before it is used). In
 * production the file is on a volume of its own or comes from a certified device; it never is in the database it protects.
 */
export async function loadKeyEncryptionKey(dataDir: string): Promise<SecretBytes> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const file = path.join(dataDir, 'key-encryption-key')
  const text = await readExisting(file)
  if (text !== undefined) {
    const bytes = hexToBytes(text.trim())
    if (bytes.length !== kekBytes) throw new Error(`${file} does not hold a key`)
    return SecretBytes.from(bytes)
  }
  const fresh = randomBytes(kekBytes)
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(`${bytesToHex(fresh)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await chmod(file, 0o600)
  return SecretBytes.from(fresh)
}

async function readExisting(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
