import { ParseError, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  buildEnvelopedKey,
  buildSignedData,
  openEnvelopedData,
  openEnvelopedKey,
  openSignedAndEnvelopedData,
  parseSignedData,
  PkiError,
  privateKeySigner,
  sealDigitalEnvelope,
  verifySignedData,
  type CmsSigner,
  type DigitalEnvelopeRequest,
  type SignerTrust,
} from '../index.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from '../testing/test-chain.ts'

const content = utf8ToBytes('order 1: 100.00 CNY')
const families = ['gm', 'pkcs7'] as const
let root: Party
let sub: Party
let signer: Party
let second: Party
let reader: Party
let otherReader: Party
beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  signer = await testLeaf(sub)
  second = await testLeaf(sub)
  const encryption = { extensions: { keyUsage: ['keyEncipherment', 'dataEncipherment'] as const } }
  reader = await testLeaf(sub, encryption)
  otherReader = await testLeaf(sub, encryption)
})

const signing = ({ certificate, key }: Party, attributes = true): CmsSigner => ({
  certificate,
  signer: privateKeySigner(key),
  ...(attributes ? { signedAttributes: { signingTimeMs: NOW_MS } } : {}),
})

const trust = (change: Partial<SignerTrust> = {}): SignerTrust => ({
  anchors: [root.certificate],
  intermediates: [sub.certificate],
  atMs: NOW_MS,
  status: () => ({ status: 'good' }),
  ...change,
})

describe.each(families)('signed messages of the family %s', (family) => {
  const build = (
    signers: readonly CmsSigner[],
    placement: 'attached' | 'detached' = 'attached',
  ): Promise<Uint8Array> => buildSignedData({ family, content, placement, signers })

  test('hold with and without signed attributes, attached and detached, for several signers', async () => {
    for (const attributes of [true, false]) {
      const signers = [signing(signer, attributes), signing(second, attributes)]
      const attached = await verifySignedData({ message: await build(signers), trust: trust() })
      expect(attached).toMatchObject({ ok: true, content })
      const names = attached.ok ? attached.signers.map(({ certificate }) => String(certificate)) : []
      expect(names.toSorted()).toEqual([String(signer.certificate), String(second.certificate)].toSorted())
      const message = await build(signers, 'detached')
      expect(verifySignedData({ message, content, trust: trust() }).ok).toBe(true)
      expect(verifySignedData({ message, trust: trust() })).toMatchObject({ rule: 'content' })
    }
  })

  test('tell the time their signer claims', async () => {
    const verdict = verifySignedData({ message: await build([signing(signer)]), trust: trust() })
    expect(verdict).toMatchObject({ signers: [{ signingTimeMs: NOW_MS }] })
  })

  test('are refused over other content', async () => {
    const other = utf8ToBytes('order 1: 900.00 CNY')
    const withAttributes = await build([signing(signer)], 'detached')
    expect(verifySignedData({ message: withAttributes, content: other, trust: trust() })).toMatchObject({
      rule: 'digest',
      certificate: String(signer.certificate),
    })
    const plain = await build([signing(signer, false)], 'detached')
    expect(verifySignedData({ message: plain, content: other, trust: trust() })).toMatchObject({
      rule: 'signature',
    })
  })

  test('are refused when one of the signers has the wrong key', async () => {
    const forged = { ...signing(second), signer: privateKeySigner(Sm2PrivateKey.generate()) }
    const message = await build([signing(signer), forged])
    expect(verifySignedData({ message, trust: trust() })).toMatchObject({
      rule: 'signature',
      certificate: String(second.certificate),
    })
  })

  test('are refused when the signer is not trusted, revoked, unknown or has another use', async () => {
    const message = await build([signing(signer)])
    const stranger = (await testRoot({ subject: [{ type: 'CN', value: 'Stranger' }] })).certificate
    const cases: [Partial<SignerTrust>, string][] = [
      [{ anchors: [stranger] }, 'signer-certificate'],
      [{ atMs: signer.certificate.notAfterMs + 2000 }, 'signer-certificate'],
      [{ usage: { keyUsage: ['keyEncipherment'] } }, 'signer-certificate'],
      [{ status: () => ({ status: 'unknown', detail: 'no list' }) }, 'signer-status'],
      [
        { status: () => ({ status: 'revoked', revokedAtMs: NOW_MS, reason: 'keyCompromise' }) },
        'signer-status',
      ],
    ]
    for (const [change, rule] of cases)
      expect(verifySignedData({ message, trust: trust(change) })).toMatchObject({ ok: false, rule })
    const encryptionOnly = await build([signing(reader)])
    expect(verifySignedData({ message: encryptionOnly, trust: trust() })).toMatchObject({
      rule: 'signer-certificate',
    })
  })

  test('whose content is the signed attributes of another message are refused', async () => {
    const [info] = parseSignedData(await build([signing(signer)])).signerInfos
    const attributes = info?.attributes?.der ?? new Uint8Array(0)
    // What the signer signed then: a signature over these bytes exists without the signer having seen them as content.
    const message = await buildSignedData({
      family,
      content: attributes,
      placement: 'attached',
      signers: [
        {
          certificate: signer.certificate,
          signer: { ...privateKeySigner(signer.key), sign: (m) => sm2Sign(signer.key, m) },
        },
      ],
    })
    expect(verifySignedData({ message, trust: trust() })).toMatchObject({ rule: 'signed-attributes' })
  })

  test('whose signer has a key of another algorithm are refused, not thrown at', async () => {
    const message = await build([signing(signer)])
    const sm2Key = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01) // id-ecPublicKey
    const keyAt = message.findLastIndex((_, at) =>
      sm2Key.every((byte, index) => message[at + index] === byte),
    )
    const changed = message.slice()
    changed[keyAt + 5] = 0x03
    expect(verifySignedData({ message: changed, trust: trust() })).toMatchObject({
      ok: false,
      rule: 'algorithm',
    })
  })

  test('cut short or with trailing bytes are refused as malformed', async () => {
    const message = await build([signing(signer)])
    for (let length = 0; length < message.length; length += 7)
      expect(() => parseSignedData(message.subarray(0, length))).toThrow(ParseError)
    expect(() => parseSignedData(Uint8Array.of(...message, 0))).toThrow(ParseError)
  })
})

describe.each(families)('digital envelopes of the family %s', (family) => {
  const seal = (change: Partial<DigitalEnvelopeRequest> = {}): ReturnType<typeof sealDigitalEnvelope> =>
    sealDigitalEnvelope({
      family,
      content,
      recipients: [reader.certificate, otherReader.certificate],
      trust: {
        anchors: [root.certificate],
        intermediates: [sub.certificate],
        atMs: NOW_MS,
        status: () => ({ status: 'good' }),
      },
      ...change,
    })
  const sealed = async (change: Partial<DigitalEnvelopeRequest> = {}): Promise<Uint8Array> => {
    const result = await seal(change)
    return result.ok ? result.message : expect.unreachable(result.detail)
  }

  test('open for each recipient and for nobody else', async () => {
    const message = await sealed()
    expect(openEnvelopedData(message, reader)).toEqual({ ok: true, content })
    expect(openEnvelopedData(message, otherReader)).toEqual({ ok: true, content })
    expect(openEnvelopedData(message, signer)).toMatchObject({ rule: 'recipient' })
    const wrongKey = { certificate: reader.certificate, key: otherReader.key }
    expect(openEnvelopedData(message, wrongKey)).toMatchObject({ rule: 'decryption' })
  })

  test('give the same refusal for a changed key and a changed padding', async () => {
    const message = await sealed({ recipients: [reader.certificate] })
    const changed = message.with(message.length - 17, (message.at(-17) ?? 0) ^ 1)
    const wrongKey = { certificate: reader.certificate, key: otherReader.key }
    const refusals = [openEnvelopedData(changed, reader), openEnvelopedData(message, wrongKey)]
    expect(refusals[0]).toEqual(refusals[1])
  })

  test('are not made for a recipient that is expired, untrusted, revoked, of unknown state or for signing only', async () => {
    const recipient = reader.certificate
    const base = { anchors: [root.certificate], intermediates: [sub.certificate], atMs: NOW_MS }
    const good = { status: () => ({ status: 'good' }) as const }
    const cases: [Partial<DigitalEnvelopeRequest>, string][] = [
      [{ recipients: [recipient, signer.certificate] }, 'key-usage'],
      [{ trust: { ...base, ...good, atMs: recipient.notAfterMs + 2000 } }, 'expired'],
      [{ trust: { ...base, ...good, anchors: [] } }, 'issuer-unknown'],
      [{ trust: { ...base, status: () => ({ status: 'unknown', detail: 'no list' }) } }, 'status-unknown'],
      [
        {
          trust: {
            ...base,
            status: async () => ({ status: 'revoked', revokedAtMs: NOW_MS, reason: 'keyCompromise' }),
          },
        },
        'revoked',
      ],
    ]
    for (const [change, rule] of cases) {
      const result = await seal(change)
      expect(result).toMatchObject({ ok: false, rule })
      expect(result).not.toHaveProperty('message')
    }
  })

  test('that are signed too open only when the signatures hold', async () => {
    const message = await sealed({ signers: [signing(signer), signing(second, false)] })
    expect(openSignedAndEnvelopedData(message, reader, trust())).toMatchObject({ ok: true, content })
    const doubtful = trust({ status: () => ({ status: 'unknown', detail: 'no list' }) })
    expect(openSignedAndEnvelopedData(message, reader, doubtful)).toMatchObject({ rule: 'signer-status' })
    const forged = { ...signing(signer), signer: privateKeySigner(Sm2PrivateKey.generate()) }
    const bad = openSignedAndEnvelopedData(await sealed({ signers: [forged] }), reader, trust())
    expect(bad).toMatchObject({ ok: false, rule: 'signature' })
    expect(bad).not.toHaveProperty('content')
  })
})

describe('an enveloped key', () => {
  test('opens for its owner only, and holds the key that was put in', () => {
    const key = Sm2PrivateKey.generate()
    const owner = Sm2PrivateKey.generate()
    const message = buildEnvelopedKey(key, owner.publicKey)
    expect(openEnvelopedKey(message, owner).exportBytes()).toEqual(key.exportBytes())
    expect(() => openEnvelopedKey(message, Sm2PrivateKey.generate())).toThrow(PkiError)
  })

  test('is refused when any byte was changed', () => {
    const owner = Sm2PrivateKey.generate()
    const message = buildEnvelopedKey(Sm2PrivateKey.generate(), owner.publicKey)
    for (let at = 0; at < message.length; at += 3) {
      const changed = message.with(at, (message[at] ?? 0) ^ 0x11)
      expect(() => openEnvelopedKey(changed, owner), `byte ${at}`).toThrow(/expected|cannot be opened/)
    }
  })
})
