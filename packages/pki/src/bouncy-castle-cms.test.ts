import { utf8ToBytes } from '@anqu/encoding'
import { exportPkcs8, Sm2PrivateKey } from '@anqu/gm-crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeEnvelopedData } from './cms/enveloped-data.ts'
import { encodeSignedAndEnvelopedData } from './cms/signed-and-enveloped-data.ts'
import {
  buildEnvelopedKey,
  buildSignedData,
  openEnvelopedData,
  openEnvelopedKey,
  openSignedAndEnvelopedData,
  privateKeySigner,
  verifySignedData,
  type CmsSigner,
} from './index.ts'
import { missingJava, runJudge } from './testing/java-judge.ts'
import { NOW_MS, testLeaf, testRoot, type Party } from './testing/test-chain.ts'

const missing = missingJava()
const text = 'order 1: 100.00 CNY'

describe.skipIf(missing !== '')(
  `BouncyCastle as judge of messages${missing && ` (skipped: ${missing})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'anqu-cms-'))
    const save = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes)
    const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)))
    const content = utf8ToBytes(text)
    const pair = Sm2PrivateKey.generate()
    let verdicts = new Map<string, string>()
    let root: Party
    let reader: Party

    const signing = ({ certificate, key }: Party, attributes: boolean): CmsSigner => ({
      certificate,
      signer: privateKeySigner(key),
      ...(attributes ? { signedAttributes: { signingTimeMs: NOW_MS } } : {}),
    })

    beforeAll(async () => {
      root = await testRoot()
      const [signer, second] = [await testLeaf(root), await testLeaf(root)]
      reader = await testLeaf(root, { extensions: { keyUsage: ['keyEncipherment'] } })
      for (const [name, party] of Object.entries({ signer, second, reader })) {
        save(`${name}.cer`, party.certificate.raw)
        save(`${name}.key`, exportPkcs8(party.key))
      }
      save('content', content)
      save('pair.key', pair.exportBytes())
      save('pair.pub', pair.publicKey.bytes)
      save('enveloped.key', buildEnvelopedKey(pair, reader.key.publicKey))
      for (const family of ['gm', 'pkcs7'] as const) {
        const both = [signing(signer, true), signing(second, true)]
        const message = { family, content, placement: 'attached' as const, signers: both }
        save(`${family}-attached.p7`, await buildSignedData(message))
        save(`${family}-plain.p7`, await buildSignedData({ ...message, signers: [signing(signer, false)] }))
        const alone = { ...message, placement: 'detached' as const, signers: [signing(signer, true)] }
        save(`${family}-detached.p7`, await buildSignedData(alone))
        const recipients = [signer.certificate, reader.certificate]
        save(`${family}-envelope.p7`, encodeEnvelopedData({ family, content, recipients }))
        const sealed = { family, content, recipients, signers: both }
        save(`${family}-signed-envelope.p7`, await encodeSignedAndEnvelopedData(sealed))
      }
      verdicts = runJudge('CmsJudge.java', folder)
    }, 120_000)
    afterAll(() => rmSync(folder, { recursive: true }))

    test.each(['gm', 'pkcs7'])('our messages of the family %s verify and open there', (family) => {
      const of = (name: string): string | undefined => verdicts.get(`${family}-${name}`)
      expect(of('attached')).toBe('2 of 2')
      expect(of('plain')).toBe('1 of 1')
      expect(of('detached')).toBe('1 of 1')
      expect(of('envelope')).toBe(text)
      expect(of('signed-envelope')).toBe(`${text} 2 of 2`)
      expect(of('changed')).not.toBe('1 of 1')
    })

    test('our enveloped key opens there', () => {
      const hex = Buffer.from(pair.exportBytes()).toString('hex').replace(/^0+/, '')
      expect(verdicts.get('key')).toBe(hex)
    })

    test.each(['ecb', 'sm4', 'padded', 'cbc'])('its enveloped key written as %s opens here', (spelling) => {
      const opened = openEnvelopedKey(read(`judge-${spelling}.key`), reader.key)
      expect(opened.exportBytes()).toEqual(pair.exportBytes())
    })

    test('its signed envelope opens here, and its signature holds', () => {
      const trust = { anchors: [root.certificate], atMs: NOW_MS, status: () => ({ status: 'good' }) as const }
      const verdict = openSignedAndEnvelopedData(read('judge-signed-envelope.p7'), reader, trust)
      expect(verdict).toMatchObject({ ok: true, content })
    })

    test('its signed messages verify and its envelope opens here', () => {
      const trust = { anchors: [root.certificate], atMs: NOW_MS, status: () => ({ status: 'good' }) as const }
      expect(verifySignedData({ message: read('judge-signed.p7'), trust })).toMatchObject({
        ok: true,
        content,
      })
      expect(verifySignedData({ message: read('judge-detached.p7'), content, trust })).toMatchObject({
        ok: true,
      })
      expect(openEnvelopedData(read('judge-envelope.p7'), reader)).toEqual({ ok: true, content })
    })
  },
)
