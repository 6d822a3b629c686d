import { createPrivateKey, createPublicKey } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  exportEncryptedPkcs8,
  exportPkcs8,
  exportSec1,
  exportSpki,
  fromPem,
  GmCryptoError,
  importEncryptedPkcs8,
  importPkcs8,
  importSec1,
  importSpki,
  Sm2PrivateKey,
  toPem,
} from '../index.ts'
import { engineNames, toHex, utf8, testOn } from '../testing.ts'

const key = Sm2PrivateKey.generate()
const scalar = toHex(key.exportBytes())

describe.each(engineNames)('on the %s engine:', (name) => {
  beforeAll(() => testOn(name))

  describe('key formats', () => {
    it('PKCS#8, SEC1 and SPKI are read by OpenSSL, and what OpenSSL writes is read back', () => {
      const pkcs8 = createPrivateKey({ key: Buffer.from(exportPkcs8(key)), format: 'der', type: 'pkcs8' })
      const sec1 = createPrivateKey({ key: Buffer.from(exportSec1(key)), format: 'der', type: 'sec1' })
      const spki = createPublicKey({
        key: Buffer.from(exportSpki(key.publicKey)),
        format: 'der',
        type: 'spki',
      })
      expect(toHex(importPkcs8(pkcs8.export({ format: 'der', type: 'pkcs8' })).exportBytes())).toBe(scalar)
      expect(toHex(importPkcs8(sec1.export({ format: 'der', type: 'pkcs8' })).exportBytes())).toBe(scalar)
      expect(toHex(importSec1(exportSec1(key)).exportBytes())).toBe(scalar)
      expect(importSpki(spki.export({ format: 'der', type: 'spki' })).equals(key.publicKey)).toBe(true)
      expect(spki.export({ format: 'pem', type: 'spki' })).toBe(
        toPem('PUBLIC KEY', exportSpki(key.publicKey)),
      )
    })

    it('every truncation and every appended byte is refused', () => {
      for (const [encoded, read] of [
        [exportPkcs8(key), importPkcs8],
        [exportSec1(key), importSec1],
        [exportSpki(key.publicKey), importSpki],
      ] as const) {
        for (let length = 0; length < encoded.length; length++) {
          expect(() => read(encoded.slice(0, length))).toThrow(GmCryptoError)
        }
        expect(() => read(Uint8Array.from([...encoded, 0]))).toThrow(GmCryptoError)
      }
    })

    it('a private key with another key’s public part is refused', () => {
      const encoded = exportSec1(key)
      const other = Sm2PrivateKey.generate().publicKey.bytes
      encoded.set(other, encoded.length - other.length)
      expect(() => importSec1(encoded)).toThrow(GmCryptoError)
    })

    it.each(['sm3-sm4', 'sha256-sm4', 'sha256-aes256'] as const)(
      'a key encrypted with %s opens with its password only, and no changed byte passes unnoticed',
      (protection) => {
        const encoded = exportEncryptedPkcs8(key, utf8('correct horse'), { protection, iterations: 1000 })
        expect(toHex(importEncryptedPkcs8(encoded, utf8('correct horse')).exportBytes())).toBe(scalar)
        expect(() => importEncryptedPkcs8(encoded, utf8('wrong'))).toThrow(GmCryptoError)
        for (let i = 0; i < encoded.length; i += 13) {
          const changed = encoded.map((byte, at) => (at === i ? byte ^ 0x21 : byte))
          expect(() => importEncryptedPkcs8(changed, utf8('correct horse'))).toThrow(GmCryptoError)
        }
      },
    )

    it('keys encrypted with SHA-256 go to OpenSSL and back, with AES and with SM4', () => {
      const passphrase = 'correct horse'
      for (const protection of ['sha256-aes256', 'sha256-sm4'] as const) {
        const encoded = exportEncryptedPkcs8(key, utf8(passphrase), { protection, iterations: 2048 })
        const native = createPrivateKey({
          key: Buffer.from(encoded),
          format: 'der',
          type: 'pkcs8',
          passphrase,
        })
        expect(toHex(importPkcs8(native.export({ format: 'der', type: 'pkcs8' })).exportBytes())).toBe(scalar)
      }
      const native = createPrivateKey({ key: Buffer.from(exportPkcs8(key)), format: 'der', type: 'pkcs8' })
      for (const cipher of ['aes-128-cbc', 'aes-256-cbc', 'sm4-cbc']) {
        const encoded = native.export({ format: 'der', type: 'pkcs8', cipher, passphrase })
        expect(toHex(importEncryptedPkcs8(encoded, utf8(passphrase)).exportBytes())).toBe(scalar)
      }
      const old = native.export({ format: 'der', type: 'pkcs8', cipher: 'des-ede3-cbc', passphrase })
      expect(() => importEncryptedPkcs8(old, utf8(passphrase))).toThrow(GmCryptoError)
    })
  })

  describe('PEM', () => {
    it('round trips every length and refuses other labels, broken digits and hidden bits', () => {
      for (let length = 1; length < 120; length++) {
        const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255)
        const text = toPem('SM2 TEST', bytes)
        expect(text).toBe(
          `-----BEGIN SM2 TEST-----\n${Buffer.from(bytes)
            .toString('base64')
            .match(/.{1,64}/g)
            ?.join('\n')}\n-----END SM2 TEST-----\n`,
        )
        expect(toHex(fromPem(text, 'SM2 TEST'))).toBe(toHex(bytes))
      }
      const wrap = (body: string) => `-----BEGIN X-----\n${body}\n-----END X-----`
      for (const bad of ['AA', 'AAA!', 'AB==', 'AAB=', '=AAA', 'A===', '']) {
        expect(() => fromPem(wrap(bad), 'X')).toThrow(GmCryptoError)
      }
      expect(() => fromPem(wrap('AAAA'), 'Y')).toThrow(GmCryptoError)
    })
  })
})
