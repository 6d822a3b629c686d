import { encodePem } from '@anqu/encoding'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { validateChain, type Certificate } from '../index.ts'
import { missingOpenssl, openssl } from '../testing/openssl-judge.ts'
import { pathCases } from '../testing/path-cases.ts'
import { pathOf } from '../testing/path-chain.ts'
import { NOW_MS } from '../testing/test-chain.ts'

const table = pathCases.map((one) => [one.name, one] as const)

describe('paths, after PKITS 4.1 to 4.3, 4.5 to 4.7, 4.13 and 4.16', () => {
  test.each(table)('%s', async (_, { links, verdict }) => {
    const { anchor, chain } = await pathOf(links)
    const leaf = chain.at(-1) ?? anchor
    const question = { leaf, anchors: [anchor], atMs: NOW_MS, usage: {} }
    for (const intermediates of [chain.slice(0, -1), chain.slice(0, -1).toReversed()]) {
      const result = validateChain({ ...question, intermediates })
      expect(result.ok ? 'valid' : result.rule).toBe(verdict)
    }
  })
})

/** Where OpenSSL 3 comes to another verdict, and why. */
const otherwise = new Map([
  ['an address that is a number under an excluded tree', 'it compares the number as if it were a host name'],
])

const missing = missingOpenssl()
describe.skipIf(missing !== '')(`OpenSSL on paths${missing && ` (skipped: ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'anqu-paths-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const save = (name: string, certificates: readonly Certificate[]): string => {
    const file = join(folder, name)
    writeFileSync(file, certificates.map(({ raw }) => encodePem('CERTIFICATE', raw)).join(''))
    return file
  }

  test.each(table)('%s', async (_, { name, links, verdict }) => {
    // Its own identifier is the empty one, and nothing sets another for issuers.
    const { anchor, chain } = await pathOf(links, new Uint8Array(0))
    const { ok, output } = openssl(
      ['verify', '-attime', String(NOW_MS / 1000), '-CAfile', save('root.pem', [anchor])],
      chain.length > 1 ? ['-untrusted', save('between.pem', chain.slice(0, -1))] : [],
      [save('leaf.pem', chain.slice(-1))],
    )
    expect([output, ok]).toEqual([output, (verdict === 'valid') !== otherwise.has(name)])
  })
})
