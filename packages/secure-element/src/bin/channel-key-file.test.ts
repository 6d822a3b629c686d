import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex } from '@anqu/encoding'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseChannelKeys, readChannelKeyFile } from './channel-key-file.ts'

const KEYS = ['00112233445566778899aabbccddeeff', '1'.repeat(32), '2'.repeat(32)]
const LINE = `30 SM4 ${KEYS.join(' ')}`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anqu-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('each line is a key set, and comments are for people', () => {
  const sets = parseChannelKeys(`# from the issuer\n${LINE}\n\n 31  AES ${KEYS.join(' ').toUpperCase()} \n`)
  expect(sets.map(({ version, cipher }) => [version, cipher.name])).toEqual([
    [0x30, 'SM4'],
    [0x31, 'AES'],
  ])
  expect(sets.map(({ keys }) => bytesToHex(keys.encryption))).toEqual([KEYS[0], KEYS[0]])
  expect(sets.map(({ keys }) => bytesToHex(keys.data))).toEqual([KEYS[2], KEYS[2]])
})

test('a wrong line is named by its number and never shown', () => {
  const wrong = [
    '',
    '# nothing',
    `00 SM4 ${KEYS.join(' ')}`,
    `80 SM4 ${KEYS.join(' ')}`,
    `3 SM4 ${KEYS.join(' ')}`,
    `30 DES ${KEYS.join(' ')}`,
    `30 toString ${KEYS.join(' ')}`,
    `30 SM4 ${KEYS.slice(1).join(' ')}`,
    `${LINE} ${KEYS[0]}`,
    LINE.slice(0, -1),
    `${LINE}\n${LINE}`,
  ]
  for (const text of wrong) {
    expect(() => parseChannelKeys(text)).toThrow(/^(line 1: |no keys$|two key sets)/)
    expect(() => parseChannelKeys(text)).not.toThrow('0011')
  }
})

test('a key file that others may read is refused', async () => {
  const path = join(folder, 'keys')
  await writeFile(path, LINE, { mode: 0o600 })
  expect(await readChannelKeyFile(path)).toHaveLength(1)
  await chmod(path, 0o640)
  await expect(readChannelKeyFile(path)).rejects.toThrow('mode 0600')
})
