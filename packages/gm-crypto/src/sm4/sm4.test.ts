import { createCipheriv } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { engine } from '../engine/current.ts'
import {
  GmCryptoError,
  randomBytes,
  SecretBytes,
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  sm4CcmOpen,
  sm4CcmSeal,
  sm4Cmac,
  sm4Ctr,
  sm4GcmOpen,
  sm4GcmSeal,
  sm4UnwrapKey,
  sm4WrapKey,
} from '../index.ts'
import { engineNames, hex, toHex, testOn } from '../testing.ts'
import { sm4Example } from '../vectors/gbt-32907.ts'
import * as rfc8998 from '../vectors/rfc8998.ts'

const [key, iv] = [randomBytes(16), randomBytes(16)]
const nativeCipher = (name: string, data: Uint8Array) => {
  const cipher = createCipheriv(name, key, iv)
  return Buffer.concat([cipher.update(data), cipher.final()]).toString('hex')
}

describe.each(engineNames)('on the %s engine:', (name) => {
  beforeAll(() => testOn(name))

  describe('SM4 and its modes', () => {
    it('gives both examples of GB/T 32907, one encryption and 10⁶ in a row', () => {
      const schedule = engine().sm4Schedule(hex(sm4Example.key))
      const block = hex(sm4Example.plaintext)
      engine().sm4Blocks(schedule, block, block)
      expect(toHex(block)).toBe(sm4Example.once)
      for (let i = 1; i < 1_000_000; i++) engine().sm4Blocks(schedule, block, block)
      expect(toHex(block)).toBe(sm4Example.millionTimes)
    })

    it('seals and opens the RFC 8998 examples of GCM and CCM', () => {
      const { gcm, ccm } = rfc8998
      const [k, nonce, plaintext, aad] = [hex(gcm.key), hex(gcm.nonce), hex(gcm.plaintext), hex(gcm.aad)]
      expect(toHex(sm4GcmSeal(k, nonce, plaintext, aad))).toBe(gcm.ciphertext + gcm.tag)
      expect(toHex(sm4GcmOpen(k, nonce, hex(gcm.ciphertext + gcm.tag), aad))).toBe(gcm.plaintext)
      expect(toHex(sm4CcmSeal(k, nonce, plaintext, { aad }))).toBe(ccm.ciphertext + ccm.tag)
      expect(toHex(sm4CcmOpen(k, nonce, hex(ccm.ciphertext + ccm.tag), { aad }))).toBe(ccm.plaintext)
    })

    it('CBC and CTR equal Node for lengths from 0 to 300 bytes', () => {
      const data = randomBytes(5000)
      for (const length of [0, 1, 15, 16, 17, 31, 32, 63, 64, 127, 128, 129, 255, 256, 300, 1024, 5000]) {
        const part = data.subarray(0, length)
        expect(toHex(sm4Ctr(key, iv, part))).toBe(nativeCipher('sm4-ctr', part))
        const encrypted = sm4CbcEncrypt(key, iv, part)
        expect(toHex(encrypted)).toBe(nativeCipher('sm4-cbc', part))
        expect(toHex(sm4CbcDecrypt(SecretBytes.from(key), iv, encrypted))).toBe(toHex(part))
      }
    })

    it('CTR carries through the whole counter and refuses to wrap it', () => {
      const nearly = hex(`00${'ff'.repeat(15)}`)
      const cipher = createCipheriv('sm4-ctr', key, nearly)
      expect(toHex(sm4Ctr(key, nearly, new Uint8Array(48)))).toBe(
        cipher.update(new Uint8Array(48)).toString('hex'),
      )
      const last = hex('ff'.repeat(16))
      expect(sm4Ctr(key, last, new Uint8Array(16)).length).toBe(16)
      expect(() => sm4Ctr(key, last, new Uint8Array(17))).toThrow(GmCryptoError)
    })

    it('CBC refuses a wrong padding, an empty and a cut ciphertext', () => {
      const encrypted = sm4CbcEncrypt(key, iv, randomBytes(20))
      const changed = Uint8Array.from(encrypted)
      changed[15] = (changed[15] ?? 0) ^ 0x40
      for (const bad of [changed, encrypted.slice(0, 31), new Uint8Array(0)]) {
        expect(() => sm4CbcDecrypt(key, iv, bad)).toThrow(GmCryptoError)
      }
    })

    it('GCM and CCM refuse any changed bit, a short tag, other associated data and wrong lengths', () => {
      const [nonce, aad, plaintext] = [randomBytes(12), randomBytes(20), randomBytes(37)]
      for (const [seal, open] of [
        [
          () => sm4GcmSeal(key, nonce, plaintext, aad),
          (s: Uint8Array, a = aad) => sm4GcmOpen(key, nonce, s, a),
        ],
        [
          () => sm4CcmSeal(key, nonce, plaintext, { aad }),
          (s: Uint8Array, a = aad) => sm4CcmOpen(key, nonce, s, { aad: a }),
        ],
      ] as const) {
        const sealed = seal()
        expect(toHex(open(sealed))).toBe(toHex(plaintext))
        for (let i = 0; i < sealed.length; i++) {
          expect(() => open(sealed.map((byte, at) => (at === i ? byte ^ 0x10 : byte)))).toThrow(GmCryptoError)
        }
        expect(() => open(sealed.slice(0, 15))).toThrow(GmCryptoError)
        expect(() => open(sealed, randomBytes(20))).toThrow(GmCryptoError)
      }
      expect(() => sm4GcmSeal(key, randomBytes(11), plaintext)).toThrow(GmCryptoError)
      expect(() => sm4GcmSeal(randomBytes(15), nonce, plaintext)).toThrow(GmCryptoError)
      expect(() => sm4CcmSeal(key, randomBytes(6), plaintext)).toThrow(GmCryptoError)
      expect(() => sm4CcmSeal(key, nonce, plaintext, { tagLength: 5 })).toThrow(GmCryptoError)
    })

    it('key wrap round trips and refuses changed bytes and wrong lengths', () => {
      for (const length of [16, 24, 32, 104]) {
        const secret = randomBytes(length)
        const wrapped = sm4WrapKey(key, secret)
        expect(wrapped.length).toBe(length + 8)
        expect(toHex(sm4UnwrapKey(key, wrapped))).toBe(toHex(secret))
        wrapped[3] = (wrapped[3] ?? 0) ^ 1
        expect(() => sm4UnwrapKey(key, wrapped)).toThrow(GmCryptoError)
      }
      expect(() => sm4WrapKey(key, randomBytes(17))).toThrow(GmCryptoError)
      expect(() => sm4UnwrapKey(key, randomBytes(16))).toThrow(GmCryptoError)
    })

    it('CMAC tells apart a message from the same message with the padding written out', () => {
      const whole = randomBytes(16)
      whole[15] = 0x80
      expect(toHex(sm4Cmac(key, whole))).not.toBe(toHex(sm4Cmac(key, whole.subarray(0, 15))))
    })
  })
})
