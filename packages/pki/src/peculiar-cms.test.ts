import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, sm3 } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeEnvelopedData } from './cms/enveloped-data.ts'
import { encodeSignedAndEnvelopedData } from './cms/signed-and-enveloped-data.ts'
import { buildEnvelopedKey, buildSignedData, parseEnvelopedData, privateKeySigner } from './index.ts'
import * as messages from './testing/re-read-messages.ts'
import { NOW_MS, testLeaf, testRoot, type Party } from './testing/test-chain.ts'

/** @peculiar/asn1-cms as independent reader of messages; what it has no class for is described in its own terms. */
const content = utf8ToBytes('order 1: 100.00 CNY')
const types = { gm: '1.2.156.10197.6.1.4.2.', pkcs7: '1.2.840.113549.1.7.' } as const
const issuer = ['2.5.4.6=CN', '2.5.4.10=Anqu', '2.5.4.3=Test Root']
const cipher = {
  x: expect.stringMatching(/^[0-9a-f]{56,64}$/),
  y: expect.stringMatching(/^[0-9a-f]{56,64}$/),
  hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  text: expect.stringMatching(/^[0-9a-f]{32}$/),
}
const SM4_CBC = expect.stringMatching(/^1\.2\.156\.10197\.1\.104\.2 0410[0-9a-f]{32}$/)

let first: Party
let second: Party
const referenceTo = ({ certificate }: Party): object => ({ issuer, serial: certificate.serialHex })
beforeAll(async () => {
  const root = await testRoot()
  first = await testLeaf(root)
  second = await testLeaf(root)
})

const signerOf = ({
  certificate,
  key,
}: Party): { certificate: Party['certificate']; signer: ReturnType<typeof privateKeySigner> } => ({
  certificate,
  signer: privateKeySigner(key),
})

describe.each(['gm', 'pkcs7'] as const)('messages of the family %s', (family) => {
  const data = `${types[family]}1`
  const plainSigner = (party: Party): object => ({
    version: 1,
    signer: referenceTo(party),
    digest: '1.2.156.10197.1.401',
    attributes: [],
    algorithm: '1.2.156.10197.1.501',
  })

  test('signed, with the content and both signers', async () => {
    const signers = [signerOf(first), signerOf(second)]
    const message = await buildSignedData({ family, content, placement: 'attached', signers })
    const read = messages.signedMessage(message)
    expect(read).toMatchObject({
      type: `${types[family]}2`,
      version: 1,
      digests: ['1.2.156.10197.1.401'],
      contentType: data,
      content: bytesToHex(content),
    })
    expect(read['certificates']).toHaveLength(2)
    expect(read['signers']).toEqual(
      expect.arrayContaining([
        expect.objectContaining(plainSigner(first)),
        expect.objectContaining(plainSigner(second)),
      ]),
    )
  })

  test('signed, the content elsewhere, with type, digest and time among what is signed', async () => {
    const signer = { ...signerOf(first), signedAttributes: { signingTimeMs: NOW_MS } }
    const message = await buildSignedData({ family, content, placement: 'detached', signers: [signer] })
    const read = messages.signedMessage(message)
    expect(read).toMatchObject({
      content: null,
      contentType: data,
      signers: [{ signer: referenceTo(first) }],
    })
    const attributes = new Map((read['signers'] as { attributes: [string, string[]][] }[])[0]?.attributes) // as read above
    expect(attributes.get('1.2.840.113549.1.9.4')).toEqual([`0420${bytesToHex(sm3(content))}`])
    expect(attributes.get('1.2.840.113549.1.9.5')).toEqual([
      `170d${bytesToHex(utf8ToBytes('260615120000Z'))}`,
    ])
    expect(attributes.size).toBe(3)
  })

  test('enveloped for two recipients', () => {
    const recipients = [first.certificate, second.certificate]
    const message = encodeEnvelopedData({ family, content, recipients })
    const version = family === 'gm' ? 1 : 0
    const recipient = (party: Party): object => ({
      version,
      recipient: referenceTo(party),
      algorithm: '1.2.156.10197.1.301.3',
      key: cipher,
    })
    expect(messages.envelope(message)).toEqual({
      type: `${types[family]}3`,
      version,
      recipients: expect.arrayContaining([recipient(first), recipient(second)]),
      content: {
        type: data,
        algorithm: SM4_CBC,
        content: bytesToHex(parseEnvelopedData(message).content.ciphertext),
      },
    })
  })

  test('signed and enveloped', async () => {
    const recipients = [second.certificate]
    const message = await encodeSignedAndEnvelopedData({
      family,
      content,
      recipients,
      signers: [signerOf(first)],
    })
    expect(messages.signedEnvelope(message)).toMatchObject({
      type: `${types[family]}4`,
      version: 1,
      recipients: [{ recipient: referenceTo(second), key: cipher }],
      digests: ['1.2.156.10197.1.401'],
      content: { type: data, algorithm: SM4_CBC },
      certificates: [first.certificate.serialHex],
      signers: [plainSigner(first)],
    })
  })
})

test('an enveloped key pair', () => {
  const pair = Sm2PrivateKey.generate()
  expect(messages.envelopedKey(buildEnvelopedKey(pair, first.key.publicKey))).toMatchObject({
    key: cipher,
    publicKey: bytesToHex(pair.publicKey.bytes),
  })
})
