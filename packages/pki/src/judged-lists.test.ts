import { encodePem } from '@anqu/encoding'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Certificate } from './index.ts'
import { missingJava, runJudge } from './testing/java-judge.ts'
import { listCases } from './testing/list-cases.ts'
import { ListWorld, type BuiltCase } from './testing/list-world.ts'
import { missingOpenssl } from './testing/openssl-judge.ts'
import { NOW_MS } from './testing/test-chain.ts'

/**
 * OpenSSL and BouncyCastle on complete, sharded, indirect and delta lists: the cases of list-cases.ts, whose verdicts ours
 * must reach as well.
 */
const table = listCases.map((one, index) => [one.name, one, index] as const)

/** Where BouncyCastle 1.72 comes to another verdict, and why. */
const otherwise = new Map([
  ['a list from the future', 'it looks at the next update only'],
  [
    '4.14.13 a list of CAs for a CA',
    'the list does not speak for the key for lists, and one failing candidate makes it give up',
  ],
  ['4.14.18 lists that cover all reasons together', 'it counts the flag unused among the reasons'],
  ['4.14.19 the same by places of some reasons', 'it counts the flag unused among the reasons'],
  ['4.15.10 a delta list of another signer', 'a delta list that does not verify makes it give up'],
])

const noJava = missingJava()
describe.skipIf(noJava !== '')(`BouncyCastle on lists${noJava && ` (skipped: ${noJava})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'anqu-lists-'))
  let verdicts = new Map<string, string>()
  const save = (name: string, der: Uint8Array): string => {
    writeFileSync(join(folder, name), der)
    return name
  }

  beforeAll(async () => {
    const world = await ListWorld.open()
    // It gives up where one of several certificates of the signer's name has no path, so that it does not get the stranger's.
    const lines = await Promise.all(
      listCases.map(async (one, index) => {
        const { path, signers, lists } = await world.build(one)
        const files = [
          path.map(({ raw }, at) => save(`${index}-${at}.cer`, raw)),
          signers.map(({ raw }, at) => save(`${index}-s${at}.cer`, raw)),
          lists.map((der, at) => save(`${index}-${at}.crl`, der)),
        ]
        return [index, NOW_MS, ...files.map((names) => names.join(','))].join('\t')
      }),
    )
    writeFileSync(join(folder, 'cases'), lines.join('\n'))
    verdicts = runJudge('RevocationJudge.java', folder)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(table)('%s', (_, one, index) => {
    const verdict = verdicts.get(String(index))
    expect([verdict, verdict === 'valid']).toEqual([
      verdict,
      (one.verdict === 'valid') !== otherwise.has(one.name),
    ])
  })
})

const noOpenssl = missingOpenssl()
describe.skipIf(noOpenssl !== '')(`OpenSSL on lists${noOpenssl && ` (skipped: ${noOpenssl})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'anqu-lists-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let world: ListWorld
  beforeAll(async () => {
    // OpenSSL's own identifier is empty, and nothing sets it for lists: the same cases are signed under that.
    world = await ListWorld.open(new Uint8Array(0))
  })
  const save = (name: string, label: string, ders: readonly Uint8Array[]): string => {
    const file = join(folder, name)
    writeFileSync(file, ders.map((der) => encodePem(label, der)).join(''))
    return file
  }
  const certificates = (name: string, list: readonly Certificate[]): string =>
    save(
      name,
      'CERTIFICATE',
      list.map(({ raw }) => raw),
    )

  function verdictOn({ path, signers, stranger, lists }: BuiltCase): { ok: boolean; output: string } {
    const { status, stdout, stderr } = spawnSync(
      'openssl',
      [
        'verify',
        '-attime',
        String(NOW_MS / 1000),
        '-crl_check_all',
        '-extended_crl',
        '-use_deltas',
        '-CAfile',
        certificates('root.pem', path.slice(-1)),
        '-untrusted',
        certificates('between.pem', [...path.slice(1, -1), ...signers, stranger]),
        ...(lists.length > 0 ? ['-CRLfile', save('lists.pem', 'X509 CRL', lists)] : []),
        certificates('leaf.pem', path.slice(0, 1)),
      ],
      { encoding: 'utf8' },
    )
    return { ok: status === 0, output: `${stdout}${stderr}` }
  }

  test.each(table)('%s', async (_, one) => {
    const { ok, output } = verdictOn(await world.build(one))
    expect([output, ok]).toEqual([output, one.verdict === 'valid'])
  })
})
