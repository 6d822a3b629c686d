import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8ToBytes } from '@anqu/encoding'
import { exportSpki, Sm2PrivateKey, sm2SignatureFromDer, sm2SignatureToDer } from '@anqu/gm-crypto'
import { missingJava, runJudge } from '@anqu/pki/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { testCard } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import { SecureElement } from './secure-element.ts'

const PIN = '2468135'
const MESSAGE = utf8ToBytes('保费 100.00 元')
const missing = missingJava()

describe.skipIf(missing !== '')(
  `BouncyCastle as judge of the card${missing && ` (skipped: ${missing})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'anqu-card-judge-'))
    const judge = Sm2PrivateKey.generate()
    let element: SecureElement
    let verdicts = new Map<string, string>()
    const save = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes)
    const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)))

    beforeAll(async () => {
      element = new SecureElement(testCard(new MemoryCard().holder()))
      await element.setPin(PIN)
      const signing = await element.generateKeyPair('a', PIN)
      const subject = [
        { type: 'C', value: 'CN' },
        { type: 'CN', value: '张三' },
      ] as const
      const csr = await element.createCsr('a', subject, PIN)
      save('card.csr', csr)
      save(
        'altered.csr',
        Uint8Array.from(csr, (byte, at) => (at === csr.length - 1 ? byte ^ 0x01 : byte)),
      )
      await element.installCertificate(
        'a',
        await issueCertificate(signing, { serialHex: '0102030405060708' }),
      )
      const encryption = await element.renewKeyPair('a', PIN, 'encryption')
      await element.installCertificate(
        'a',
        await issueCertificate(encryption, { serialHex: '0102030405060709' }),
        PIN,
      )
      save('message', MESSAGE)
      save('other-message', utf8ToBytes('保费 900.00 元'))
      save('card.spki', exportSpki(signing))
      save('card.signature', sm2SignatureToDer(await element.sign('a', PIN, MESSAGE)))
      save('card.encryption-point', encryption.bytes)
      save('card.ciphertext', await element.encrypt(judge.publicKey, MESSAGE))
      save('judge.key', judge.exportBytes())
      verdicts = runJudge(new URL('../../interop/CardJudge.java', import.meta.url), folder)
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    test('it verifies a signature of the card, and refuses it over another message', () => {
      expect(verdicts.get('signature')).toBe('true')
      expect(verdicts.get('signature over another message')).toBe('false')
    })

    test('it accepts a request made inside the card with its subject, and refuses it with one bit changed', () => {
      expect(verdicts.get('request')).toBe('true')
      expect(verdicts.get('subject')).toBe('C=CN,CN=张三')
      expect(verdicts.get('altered request')).not.toBe('true')
    })

    test('it opens what the card encrypted, and the card opens what it encrypted', async () => {
      expect(verdicts.get('ciphertext')).toBe('保费 100.00 元')
      expect(await element.decrypt('a', PIN, read('judge.ciphertext'))).toEqual(MESSAGE)
    })

    test('the card verifies its signature, and refuses it over another message', async () => {
      const signature = sm2SignatureFromDer(read('judge.signature'))
      expect(await element.verify(judge.publicKey, MESSAGE, signature)).toBe(true)
      expect(await element.verify(judge.publicKey, utf8ToBytes('other'), signature)).toBe(false)
    })
  },
)
