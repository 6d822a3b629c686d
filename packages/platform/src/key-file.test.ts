import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bytesToHex } from '@anqu/encoding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadKeyFile } from './key-file.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'key-'))
  file = path.join(folder, 'deep', 'kek')
})
afterEach(() => rmSync(folder, { recursive: true }))

const load = async (): Promise<string> => (await loadKeyFile(file)).use((bytes) => bytesToHex(bytes))

describe('loadKeyFile', () => {
  it('makes a key at first and gives the same one ever after, readable by the owner only', async () => {
    const key = await load()
    expect(key).toMatch(/^[0-9a-f]{32}$/)
    expect(await load()).toBe(key)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
  })

  it('gives several processes that start at once the same key', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 8 }, load))).size).toBe(1)
  })

  it('refuses a file that holds no key rather than replace it', async () => {
    await load()
    for (const text of ['', '00', 'zz'.repeat(16)]) {
      writeFileSync(file, text)
      await expect(load()).rejects.toThrow()
      expect(readFileSync(file, 'utf8')).toBe(text)
    }
  })

  it('leaves nothing beside the key', async () => {
    await load()
    expect(existsSync(file)).toBe(true)
    expect(readdirSync(path.dirname(file))).toEqual(['kek'])
  })
})
