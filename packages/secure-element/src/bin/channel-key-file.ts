import { open } from 'node:fs/promises'
import { hexToBytes } from '@anqu/encoding'
import { AES, SM4 } from '../channel/block-cipher.ts'
import type { KeySet } from '../channel/key-set.ts'
import { nodeTripleDes } from '../channel/node-triple-des.ts'

const GROUP_AND_OTHERS = 0o077
const LARGEST_FILE = 64 * 1024
const LAST_VERSION = 0x7f
const CIPHERS = { SM4, AES, TDES: nodeTripleDes }

export class ChannelKeyFileError extends Error {}

/**
 * The keys of a card's secure channel, from a file that its owner alone may read: a line for each set, version and cipher, then
 * ENC, MAC and DEK in hex; lines that start with # say something to people.
 * @throws ChannelKeyFileError, which names the line and shows nothing of it.
 */
export async function readChannelKeyFile(path: string): Promise<KeySet[]> {
  const handle = await open(path, 'r')
  try {
    const { mode, size } = await handle.stat()
    if ((mode & GROUP_AND_OTHERS) !== 0) throw new ChannelKeyFileError(`${path} must have mode 0600`)
    if (size > LARGEST_FILE) throw new ChannelKeyFileError(`${path} is too large`)
    return parseChannelKeys(await handle.readFile('utf8'))
  } finally {
    await handle.close()
  }
}

export function parseChannelKeys(text: string): KeySet[] {
  const sets = text.split('\n').flatMap((line, at) => {
    const bare = line.trim()
    return bare === '' || bare.startsWith('#') ? [] : [parseLine(bare, at + 1)]
  })
  if (sets.length === 0) throw new ChannelKeyFileError('no keys')
  if (new Set(sets.map(({ version }) => version)).size < sets.length)
    throw new ChannelKeyFileError('two key sets have the same version')
  return sets
}

function parseLine(line: string, number: number): KeySet {
  const [version = '', name = '', ...keys] = line.split(/\s+/)
  const cipher = Object.entries(CIPHERS).find(([known]) => known === name)?.[1]
  const [encryption, mac, data] = keys.map((key) =>
    /^[0-9a-f]{32}$/i.test(key) ? hexToBytes(key.toLowerCase()) : undefined,
  )
  const parsed = /^[0-9a-f]{2}$/i.test(version) ? Number.parseInt(version, 16) : 0
  if (parsed < 1 || parsed > LAST_VERSION) throw new ChannelKeyFileError(`line ${number}: version 01 to 7f`)
  if (cipher === undefined)
    throw new ChannelKeyFileError(`line ${number}: SM4, AES or TDES after the version`)
  if (keys.length !== 3 || !encryption || !mac || !data)
    throw new ChannelKeyFileError(`line ${number}: three keys of 32 hex digits`)
  return { version: parsed, cipher, keys: { encryption, mac, data } }
}
