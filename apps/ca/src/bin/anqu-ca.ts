#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { initGmCrypto } from '@anqu/gm-crypto'
import { systemClock } from '@anqu/platform'
import { keyFolderOf, loadKek } from '../keys/authority-keys.ts'
import { holdCeremony } from '../keys/ceremony.ts'
import { KeyFolder } from '../keys/key-folder.ts'
import { renewRootList } from '../keys/root-list.ts'
import { shareFromText, shareToText } from '../keys/root-shares.ts'
import { readRecord } from '../keys/transcript.ts'

const usage = `anqu-ca: the keys of the certification authority, made and kept by custodians

anqu-ca ceremony --data-dir PATH --root-dir PATH --public-url URL --place TEXT --threshold M
                 --custodian NAME=FILE (for each) [--witness NAME …]
    Makes root and issuing CA. The sealed root key goes to root-dir, which is taken away; each custodian's share goes to
    the file named with the custodian, best on a medium of their own. Any M of them open the root key again.

anqu-ca renew-list --data-dir PATH --root-dir PATH --public-url URL --share FILE (M of them) [--revoke SERIAL=REASON …]
    Signs the root's list over issuing CAs anew: once a year, or when an issuing CA is revoked. Restart the CA afterwards.

anqu-ca show --data-dir PATH
    Verifies the record of the ceremony and prints it.
`

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const options = {
  'data-dir': text,
  'root-dir': text,
  'public-url': text,
  place: text,
  threshold: text,
  custodian: texts,
  witness: texts,
  share: texts,
  revoke: texts,
  help: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']
const parse = () => parseArgs({ options, allowPositionals: true })

function need(values: Values, name: 'data-dir' | 'root-dir' | 'public-url' | 'place'): string {
  const value = values[name]
  if (value === undefined || value === '') throw new Error(`--${name} is required`)
  return value
}

const pair = (value: string): [string, string] => {
  const at = value.indexOf('=')
  if (at < 1 || at === value.length - 1) throw new Error(`${value}: NAME=VALUE is expected`)
  return [value.slice(0, at), value.slice(at + 1)]
}

const folders = (values: Values) => ({
  online: keyFolderOf(need(values, 'data-dir')),
  offline: new KeyFolder(need(values, 'root-dir')),
})
const publicUrl = (values: Values): string => need(values, 'public-url').replace(/\/+$/, '')

async function ceremony(values: Values): Promise<void> {
  const { online, offline } = folders(values)
  if (path.resolve(online.path) === path.resolve(offline.path))
    throw new Error('the root key needs a folder of its own')
  if ((await online.read('root.cer')) !== undefined) throw new Error(`${online.path} has a CA already`)
  const custodians = (values.custodian ?? []).map(pair)
  const shares = await holdCeremony(
    { online, offline, kek: await loadKek(need(values, 'data-dir')), clock: systemClock },
    {
      mode: 'held',
      place: need(values, 'place'),
      witnesses: values.witness ?? [],
      custodians: custodians.map(([name]) => name),
      threshold: Number(values.threshold),
      publicUrl: publicUrl(values),
    },
    async (share) => {
      const [, file] = custodians.find(([name]) => name === share.custodian) ?? []
      if (file === undefined) throw new Error(`no file for ${share.custodian}`)
      // Never over a file that is there: it may be a share of another ceremony.
      await writeFile(file, shareToText(share), { mode: 0o600, flag: 'wx' })
    },
  )
  process.stdout.write(
    `${shares.length} shares written. The sealed root key is in ${offline.path}: take it away.\n`,
  )
  await show(values)
}

async function renewList(values: Values): Promise<void> {
  const shares = await Promise.all(
    (values.share ?? []).map(async (file) => shareFromText(await readFile(file, 'utf8'))),
  )
  const list = await renewRootList(folders(values), shares, {
    nowMs: systemClock.nowMs(),
    publicUrl: publicUrl(values),
    revoke: (values.revoke ?? []).map(pair),
  })
  process.stdout.write(
    `list ${list.number} with ${list.size} entries holds until ${new Date(list.nextUpdateMs).toISOString()}\n`,
  )
}

async function show(values: Values): Promise<void> {
  const folder = keyFolderOf(need(values, 'data-dir'))
  const [root, issuing] = [await folder.readCertificate('root'), await folder.readCertificate('issuing')]
  const record = readRecord(await folder.need('ceremony.json'), { root, issuing })
  process.stdout.write(`${JSON.stringify(record, undefined, 2)}\nsigned by the root key\n`)
}

const commands: Record<string, (values: Values) => Promise<void>> = {
  ceremony,
  'renew-list': renewList,
  show,
}

async function main(): Promise<void> {
  const { values, positionals } = parse()
  const run = commands[positionals[0] ?? '']
  if (values.help || run === undefined || positionals.length !== 1) {
    process.stdout.write(usage)
    if (!values.help) process.exitCode = 2
    return
  }
  await initGmCrypto()
  await run(values)
}

main().catch((error: unknown) => {
  process.stderr.write(`anqu-ca: ${error instanceof Error ? error.message : 'failed'}\n`)
  process.exitCode = 1
})
