import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { randomBytes, SecretBytes } from '@anqu/gm-crypto'

const keyBytes = 16

/**
 * A 16-byte key-encryption key from its file, made when the file is not there yet: mode 0600, on the disk before it is
 * used. In production the file lies on a volume of its own or comes from a certified device; never beside what it protects.
 * @throws Error when the file holds something else
 */
export async function loadKeyFile(file: string): Promise<SecretBytes> {
  const text = await readIfPresent(file)
  if (text !== undefined) {
    const bytes = hexToBytes(text.trim())
    if (bytes.length !== keyBytes) throw new Error(`${file} does not hold a key`)
    return SecretBytes.from(bytes)
  }
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await placeNewKey(file)
  return loadKeyFile(file)
}

/** The file appears with a whole key in it or not at all, however this process ends; of several, one process's key stays. */
async function placeNewKey(file: string): Promise<void> {
  const draft = `${file}.${bytesToHex(randomBytes(8))}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${bytesToHex(randomBytes(keyBytes))}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft)
  }
}

/** The text of a file, or undefined when there is none. */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
