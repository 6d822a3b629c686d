import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadCertifiedKey } from '@anqu/ca/api'
import { encodePem, pemToBytes } from '@anqu/encoding'
import { SecretBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, privateKeySigner } from '@anqu/pki'
import { ConfigError } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testAuthority } from '../testing/tsm-world.ts'
import type { AuthorityLink } from './authority-link.ts'
import { handedOverAuthority } from './handed-over-authority.ts'

const clock = new FakeClock(1_800_000_000_000)
const kek = SecretBytes.random(16)
let folder: string
let ca: AuthorityLink
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'anqu-handed-over-'))
  ca = await testAuthority(clock)
  await writeFile(at('anchors.pem'), ca.anchors.map(({ raw }) => encodePem('CERTIFICATE', raw)).join(''))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (name: string): string => path.join(folder, name)
const link = (anchorsFile = at('anchors.pem')) =>
  handedOverAuthority({ anchorsFile, certificatesDir: folder, clock })
const start = async () =>
  loadCertifiedKey({
    folder: at('keys'),
    kek,
    purpose: 'tsm-signature',
    commonName: 'Anqu TSM',
    authority: await link(),
  })

test('the request is left in the folder, and the start goes on once the certificate for it lies there', async () => {
  await expect(start()).rejects.toThrow('tsm-signature.pem')
  const csr = pemToBytes(await readFile(at('tsm-signature.csr'), 'utf8'), 'CERTIFICATE REQUEST')
  const stranger = Sm2PrivateKey.generate()
  const other = await createCsr({
    key: privateKeySigner(stranger),
    subject: [{ type: 'CN', value: 'Anqu TSM' }],
  })
  for (const unfit of [encodePem('CERTIFICATE', await ca.issue(other, 'tsm-signature')), 'nothing']) {
    await writeFile(at('tsm-signature.pem'), unfit)
    await expect(start()).rejects.toBeInstanceOf(ConfigError)
  }
  const issued = await ca.issue(csr, 'tsm-signature')
  await writeFile(at('tsm-signature.pem'), encodePem('CERTIFICATE', issued))
  expect((await start()).certificate.raw).toEqual(issued)
})

test('anchors that are no issuing certificate and its root end the start', async () => {
  for (const name of ['nowhere', 'tsm-signature.pem'])
    await expect(link(at(name))).rejects.toThrow('ANQU_TSM_CA_ANCHORS_FILE')
})
