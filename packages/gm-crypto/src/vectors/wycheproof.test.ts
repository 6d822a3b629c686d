import { beforeAll, describe, expect, it } from 'vitest'
import {
  constantTimeEqual,
  GmCryptoError,
  hmacSm3,
  sm4CcmOpen,
  sm4CcmSeal,
  sm4GcmOpen,
  sm4GcmSeal,
} from '../index.ts'
import { engineNames, hex, testOn, toHex } from '../testing.ts'
import { hmacSm3Cases, sm4CcmCases, sm4GcmCases } from './wycheproof.ts'

describe.each(engineNames)('Wycheproof cases on the %s engine:', (name) => {
  beforeAll(() => testOn(name))

  it.each(hmacSm3Cases)('hmac_sm3 $id', ({ key, msg, tag, valid }) => {
    expect(constantTimeEqual(hmacSm3(hex(key), hex(msg)), hex(tag))).toBe(valid)
  })

  it.each(sm4GcmCases)(
    'sm4_gcm $id, and its tag with each of some bits flipped',
    ({ key, iv, aad, msg, ct, tag }) => {
      const [k, nonce, a] = [hex(key), hex(iv), hex(aad)]
      expect(toHex(sm4GcmSeal(k, nonce, hex(msg), a))).toBe(ct + tag)
      expect(toHex(sm4GcmOpen(k, nonce, hex(ct + tag), a))).toBe(msg)
      for (const bit of [0, 1, 7, 8, 31, 32, 33, 63, 64, 71, 77, 80, 96, 97, 103, 120, 121, 126, 127]) {
        const wrong = hex(ct + tag)
        const at = wrong.length - 16 + (bit >> 3)
        wrong[at] = (wrong[at] ?? 0) ^ (1 << (bit & 7))
        expect(() => sm4GcmOpen(k, nonce, wrong, a)).toThrow(GmCryptoError)
      }
    },
  )

  it.each(sm4CcmCases)('sm4_ccm $id', ({ key, iv, aad, msg, ct, tag }) => {
    const [k, nonce, options] = [hex(key), hex(iv), { aad: hex(aad) }]
    expect(toHex(sm4CcmSeal(k, nonce, hex(msg), options))).toBe(ct + tag)
    expect(toHex(sm4CcmOpen(k, nonce, hex(ct + tag), options))).toBe(msg)
  })

  it('sm4_gcm and sm4_ccm: nonces and tags of refused lengths', () => {
    const key = new Uint8Array(16)
    for (const length of [0, 1, 2, 8, 11, 13, 16, 256]) {
      expect(() => sm4GcmSeal(key, new Uint8Array(length), key)).toThrow(GmCryptoError)
    }
    for (const length of [0, 1, 6, 14, 16, 61]) {
      expect(() => sm4CcmSeal(key, new Uint8Array(length), key)).toThrow(GmCryptoError)
    }
    for (const tagLength of [0, 1, 2, 3, 5, 15, 17]) {
      expect(() => sm4CcmSeal(key, new Uint8Array(12), key, { tagLength })).toThrow(GmCryptoError)
    }
  })
})
