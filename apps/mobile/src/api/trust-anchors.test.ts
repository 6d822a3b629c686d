import { bytesToBase64 } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { buildCertificate, privateKeySigner, randomSerial } from '@anqu/pki'
import { expect, test } from 'vitest'
import { memoryStorage } from '../testing/memory-storage.ts'
import { loadAnchors } from './trust-anchors.ts'

async function rootNamed(name: string): Promise<string> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: name }],
    issuer: 'self',
    publicKey: key.publicKey,
    signer: privateKeySigner(key),
    notBeforeMs: Date.UTC(2026, 0, 1),
    notAfterMs: Date.UTC(2036, 0, 1),
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
  })
  return JSON.stringify({ certificates: [bytesToBase64(der)] })
}
const names = async (storage: Storage, answer: string) =>
  (await loadAnchors(storage, async () => answer)).map((anchor) => anchor.subject[0]?.value)

test('roots met first are pinned; a server that shows others later changes nothing', async () => {
  const storage = memoryStorage()
  expect(await names(storage, await rootNamed('first'))).toEqual(['first'])
  expect(await names(storage, await rootNamed('somebody else'))).toEqual(['first'])
})

test.each(['', 'null', '{}', '{"certificates":[]}', '{"certificates":["AAAA"]}', '{"certificates":"x"}'])(
  'an answer of %j is trusted in nothing and pins nothing',
  async (answer) => {
    const storage = memoryStorage()
    await expect(loadAnchors(storage, async () => answer)).rejects.toMatchObject({
      problem: { code: 'message.untrusted-server' },
    })
    expect(storage.length).toBe(0)
  },
)
