import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { encodePem } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  type Certificate,
} from '@anqu/pki'
import { ConfigError } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { connectAuthority } from './connect-authority.ts'

const clock = new FakeClock(1_800_000_000_000)
const dayMs = 86_400_000
let folder: string
let issuing: Certificate
let root: Certificate
const at = (name: string): string => path.join(folder, name)
const pem = (...certificates: Certificate[]): string =>
  certificates.map(({ raw }) => encodePem('CERTIFICATE', raw)).join('')

async function authority(
  name: string,
  key: Sm2PrivateKey,
  by?: { certificate: Certificate; key: Sm2PrivateKey },
) {
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: name }],
    publicKey: key.publicKey,
    notBeforeMs: clock.nowMs() - dayMs,
    notAfterMs: clock.nowMs() + dayMs,
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
    issuer: by?.certificate ?? 'self',
    signer: privateKeySigner(by?.key ?? key),
  })
  return parseCertificate(der)
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'anqu-ca-adapter-'))
  const key = Sm2PrivateKey.generate()
  root = await authority('Root', key)
  issuing = await authority('Issuing', Sm2PrivateKey.generate(), { certificate: root, key })
  await writeFile(at('anchors.pem'), pem(issuing, root))
  await writeFile(at('reversed.pem'), pem(root, issuing))
  await writeFile(at('root.pem'), pem(root))
  await writeFile(at('secret'), 'x'.repeat(32))
  await writeFile(at('empty'), '')
})
afterAll(() => rm(folder, { recursive: true }))

const settings = (change: Record<string, string> = {}) => ({
  ANQU_CHANNEL_DATABASE_URL: 'postgres://localhost/x',
  ANQU_CHANNEL_DATA_DIR: folder,
  ANQU_CHANNEL_CA_URL: 'http://127.0.0.1:1',
  ANQU_CHANNEL_TSM_URL: 'http://127.0.0.1:1',
  ANQU_CHANNEL_TSM_CALLERS_DIR: folder,
  ANQU_CHANNEL_BANK_URL: 'http://127.0.0.1:1',
  ANQU_CHANNEL_SMS_URL: 'http://127.0.0.1:1',
  ...change,
})
const thirdParty = (change: Record<string, string> = {}) =>
  settings({
    ANQU_CHANNEL_CA_ADAPTER: 'third-party',
    ANQU_CHANNEL_CA_ANCHORS_FILE: at('anchors.pem'),
    ANQU_CHANNEL_CA_SECRET_FILE: at('secret'),
    ...change,
  })
const connect = (env: Record<string, string>) =>
  connectAuthority(readConfig(env).authority, { dataDir: folder, clock })

test('a setting puts another CA in the place of the built-in one, with the anchors that were handed over', async () => {
  const connected = await connect(thirdParty())
  expect(await connected.authority.anchors()).toEqual([issuing.raw, root.raw])
  await expect(connected.overview.statistics()).rejects.toMatchObject({ code: 'not-offered' })
})

test('the built-in CA is the one without a word said', () => {
  const { authority: chosen } = readConfig(settings({ ANQU_CHANNEL_CA_CALLERS_DIR: folder }))
  expect(chosen).toEqual({ adapter: 'built-in', url: 'http://127.0.0.1:1', callersDir: folder })
})

test.each<[string, Record<string, string>]>([
  ['CA_ADAPTER', { CA_ADAPTER: 'another' }],
  ['CA_CALLERS_DIR', {}],
  ['CA_ANCHORS_FILE', { CA_ADAPTER: 'third-party' }],
  ['CA_SECRET_FILE', { CA_ADAPTER: 'third-party', CA_ANCHORS_FILE: '/x' }],
  ['CA_SECRET_FILE', { CA_CALLERS_DIR: '/x', CA_SECRET_FILE: '/x' }],
])('%s is refused by its name when it is wrong, missing or of another adapter', (name, change) => {
  const named = Object.entries(change).map(([key, value]) => [`ANQU_CHANNEL_${key}`, value])
  const env = settings(Object.fromEntries(named) as Record<string, string>) // pairs of text
  expect(() => readConfig(env)).toThrow(`ANQU_CHANNEL_${name}`)
})

test.each([
  ['CA_ANCHORS_FILE', 'nowhere'],
  ['CA_ANCHORS_FILE', 'secret'],
  ['CA_ANCHORS_FILE', 'root.pem'],
  ['CA_ANCHORS_FILE', 'reversed.pem'],
  ['CA_SECRET_FILE', 'nowhere'],
  ['CA_SECRET_FILE', 'empty'],
])('%s that is %s ends the start', async (name, file) => {
  const failed = connect(thirdParty({ [`ANQU_CHANNEL_${name}`]: at(file) }))
  await expect(failed).rejects.toBeInstanceOf(ConfigError)
  await expect(failed).rejects.toThrow(`ANQU_CHANNEL_${name}`)
})
