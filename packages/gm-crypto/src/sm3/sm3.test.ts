import { createHash, createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  GmCryptoError,
  hkdfSm3,
  hkdfSm3Expand,
  hmacSm3,
  pbkdf2Sm3,
  randomBytes,
  SecretBytes,
  sm2Kdf,
  Sm3,
  sm3,
} from '../index.ts'
import { engineNames, hex, toHex, utf8, testOn } from '../testing.ts'
import { sm3Examples } from '../vectors/gbt-32905.ts'

const native = (data: Uint8Array) => createHash('sm3').update(data).digest('hex')

describe.each(engineNames)('on the %s engine:', (name) => {
  beforeAll(() => testOn(name))

  describe('SM3', () => {
    it.each(sm3Examples)('gives the hash of the GB/T 32905 example $message', ({ message, hash }) => {
      expect(toHex(sm3(hex(message)))).toBe(hash)
    })

    it('equals Node for every length from 0 to 300 bytes, and for 1 MiB', () => {
      const data = randomBytes(1 << 20)
      for (let length = 0; length <= 300; length++) {
        expect(toHex(sm3(data.subarray(0, length)))).toBe(native(data.subarray(0, length)))
      }
      expect(toHex(sm3(data))).toBe(native(data))
    })

    it('gives the same hash however the data is cut', () => {
      const data = randomBytes(1000)
      for (const step of [1, 7, 63, 64, 65, 128, 999]) {
        const hash = new Sm3()
        for (let at = 0; at < data.length; at += step) hash.update(data.subarray(at, at + step))
        expect(toHex(hash.clone().digest())).toBe(native(data))
        expect(toHex(hash.digest())).toBe(native(data))
        expect(() => hash.update(data)).toThrow(GmCryptoError)
      }
    })
  })

  describe('derived functions', () => {
    it('HMAC equals Node for keys below, at and above the block size', () => {
      for (const length of [0, 1, 32, 63, 64, 65, 200]) {
        const [key, data] = [randomBytes(length), randomBytes(length * 3)]
        const expected = createHmac('sm3', key).update(data).digest('hex')
        expect(toHex(hmacSm3(key, data))).toBe(expected)
        expect(toHex(hmacSm3(SecretBytes.from(key), data))).toBe(expected)
      }
    })

    it('HKDF equals Node and refuses more than 255 blocks', () => {
      const [key, salt, info] = [randomBytes(40), randomBytes(13), utf8('channel')]
      for (const length of [1, 32, 33, 200, 8160]) {
        const expected = Buffer.from(hkdfSync('sm3', key, salt, info, length)).toString('hex')
        expect(toHex(hkdfSm3(key, { salt, info, length }))).toBe(expected)
      }
      expect(() => hkdfSm3Expand(key, info, 8161)).toThrow(GmCryptoError)
    })

    it('PBKDF2 equals Node', () => {
      for (const [iterations, length] of [
        [1, 16],
        [2, 33],
        [1000, 64],
      ] as const) {
        const expected = pbkdf2Sync('口令', 'salt', iterations, length, 'sm3').toString('hex')
        expect(toHex(pbkdf2Sm3(utf8('口令'), utf8('salt'), iterations, length))).toBe(expected)
      }
      expect(() => pbkdf2Sm3(utf8('x'), utf8('y'), 0, 16)).toThrow(GmCryptoError)
    })

    it('the SM2 key derivation function is SM3 over a counter from 1', () => {
      const secret = randomBytes(96)
      const blocks = [1, 2, 3].map((i) => native(Buffer.concat([secret, Buffer.from([0, 0, 0, i])])))
      expect(toHex(sm2Kdf(secret, 80))).toBe(blocks.join('').slice(0, 160))
    })
  })
})
