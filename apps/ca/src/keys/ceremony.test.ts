import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { SecretBytes } from '@anqu/gm-crypto'
import { checkRevocation, parseCrl, validateChain } from '@anqu/pki'
import { FakeClock } from '@anqu/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyFolderOf, loadAuthorityKeys, loadKek } from './authority-keys.ts'
import { holdCeremony, type CeremonyPlan } from './ceremony.ts'
import { KeyFolder } from './key-folder.ts'
import { renewRootList } from './root-list.ts'
import { joinShares, shareFromText, shareToText, type RootShare } from './root-shares.ts'
import { readRecord } from './transcript.ts'

const clock = new FakeClock(1_790_000_000_000)
const publicUrl = 'http://ca.example'
const plan: CeremonyPlan = {
  mode: 'held',
  place: 'vault 3',
  witnesses: ['auditor'],
  custodians: ['li', 'wang', 'zhao'],
  threshold: 2,
  publicUrl,
}
let folder: string
let online: KeyFolder
let offline: KeyFolder
let shares: readonly RootShare[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'anqu-ceremony-'))
  online = keyFolderOf(folder)
  offline = new KeyFolder(path.join(folder, 'safe'))
  const kek = await loadKek(folder)
  shares = await holdCeremony({ online, offline, kek, clock }, plan, async () => undefined)
})
afterAll(() => rm(folder, { recursive: true }))

const load = (profile: 'demo' | 'production', dataDir = folder) =>
  loadAuthorityKeys({ dataDir, clock, profile, publicUrl })
const authorities = async () => ({
  root: await online.readCertificate('root'),
  issuing: await online.readCertificate('issuing'),
})
const some = (...indexes: number[]): RootShare[] =>
  indexes.map((index) => shares[index]).filter((share) => share !== undefined)

test('production starts with the keys of a ceremony, and the root key is not among them', async () => {
  const keys = await load('production')
  expect(
    validateChain({
      leaf: keys.issuing.certificate,
      intermediates: [],
      anchors: [keys.root],
      atMs: clock.nowMs(),
      usage: {},
    }).ok,
  ).toBe(true)
  expect(await readdir(online.path)).not.toContain('root.p8')
})

test('production does not start without a ceremony, nor with the keys of a demo, nor beside the root key', async () => {
  const demo = await mkdtemp(path.join(tmpdir(), 'anqu-demo-'))
  try {
    await expect(load('production', demo)).rejects.toThrow('no ceremony was held')
    await load('demo', demo)
    await expect(load('production', demo)).rejects.toThrow('those of a demo')
  } finally {
    await rm(demo, { recursive: true })
  }
  await online.write('root.p8', await offline.need('root.p8'))
  await expect(load('production')).rejects.toThrow('take it away')
  await rm(path.join(online.path, 'root.p8'))
})

test('the record names who was there, is signed by the root, and a changed one is refused', async () => {
  const file = await online.need('ceremony.json')
  const record = readRecord(file, await authorities())
  expect(record.custodians.map(({ name }) => name)).toEqual(plan.custodians)
  expect(record).toMatchObject({ mode: 'held', threshold: 2, place: 'vault 3', witnesses: ['auditor'] })
  const changed = utf8ToBytes(bytesToUtf8(file).replace('zhao', 'chen'))
  const { root, issuing } = await authorities()
  expect(() => readRecord(changed, { root, issuing })).toThrow('not signed by the root')
  expect(() => readRecord(file, { root, issuing: root })).toThrow('other certificates')
  expect(issuing.serialHex).not.toBe(root.serialHex)
})

test('any two custodians renew the list of the root and revoke an issuing CA by it', async () => {
  const { root, issuing } = await authorities()
  const at = (nowMs: number) => ({ certificate: issuing, issuer: root, atMs: nowMs })
  const first = parseCrl(await online.need('root.crl'))
  expect(checkRevocation({ ...at(clock.nowMs()), crls: [first] })).toEqual({ status: 'good' })
  const revoke = [[issuing.serialHex, 'cACompromise']] as const
  const nowMs = clock.nowMs() + 1000
  await renewRootList({ online, offline }, some(0, 2), { nowMs, publicUrl, revoke })
  const again = { nowMs: nowMs + 1000, publicUrl, revoke: [] }
  const list = await renewRootList({ online, offline }, some(2, 1), again)
  expect(list.number).toBe(3n)
  expect(checkRevocation({ ...at(nowMs + 1000), crls: [list] })).toMatchObject({
    status: 'revoked',
    reason: 'cACompromise',
  })
})

test('one custodian alone, a share twice, and shares of another ceremony open nothing', async () => {
  const renewal = { nowMs: clock.nowMs(), publicUrl, revoke: [] }
  const attempt = (given: readonly RootShare[]) => renewRootList({ online, offline }, given, renewal)
  const before = await online.need('root.crl')
  await expect(attempt(some(1))).rejects.toThrow('more shares are needed')
  await expect(attempt(some(1, 1))).rejects.toThrow('given twice')
  const [own] = some(0)
  if (own === undefined) throw new Error('no share')
  const forged = { ...own, custodian: 'chen', bytes: own.bytes.map((byte) => byte ^ 1) }
  await expect(attempt([own, forged])).rejects.toThrow('do not open')
  await expect(attempt([own, { ...forged, set: '0'.repeat(16) }])).rejects.toThrow('not of one ceremony')
  expect(await online.need('root.crl')).toEqual(before)
})

test('a share survives being written down, and a slip of the pen is found', async () => {
  const [share] = some(0)
  if (share === undefined) throw new Error('no share')
  expect(shareFromText(shareToText(share))).toEqual(share)
  const line = shareToText(share).split('\n')[3] ?? ''
  const slip = line.startsWith('A') ? `B${line.slice(1)}` : `A${line.slice(1)}`
  expect(() => shareFromText(shareToText(share).replace(line, slip))).toThrow('copied wrongly')
  expect(() => shareFromText('nonsense')).toThrow('not a share')
  const joined = await joinShares(some(0, 1))
  expect(joined).toBeInstanceOf(SecretBytes)
  expect(`${JSON.stringify(joined)}${joined}`).not.toContain(bytesToUtf8(utf8ToBytes(line)))
})

test('a ceremony with one custodian enough, or one named twice, is not held', async () => {
  const place = {
    online: new KeyFolder(path.join(folder, 'none')),
    offline,
    kek: await loadKek(folder),
    clock,
  }
  const hold = (change: Partial<CeremonyPlan>) =>
    holdCeremony(place, { ...plan, ...change }, async () => undefined)
  await expect(hold({ threshold: 1 })).rejects.toThrow('at least 2')
  await expect(hold({ threshold: 4 })).rejects.toThrow('at most')
  await expect(hold({ custodians: ['li', 'li'] })).rejects.toThrow('twice')
})
