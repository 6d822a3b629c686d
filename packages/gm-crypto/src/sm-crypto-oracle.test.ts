import fc from 'fast-check'
import smCrypto from 'sm-crypto'
import { sm2 as peerSm2, sm3 as peerSm3, sm4 as peerSm4 } from 'sm-crypto-v2'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  hmacSm3,
  sm2Decrypt,
  sm2Encrypt,
  Sm2PrivateKey,
  sm2Sign,
  sm2Verify,
  sm3,
  sm4CbcEncrypt,
  sm4GcmSeal,
} from './index.ts'
import { engineNames, hex, testOn, toHex } from './testing.ts'

// Two implementations of other people, in the language itself: what both sides compute must agree.
const scale = Number(process.env['GM_CRYPTO_CASES'] ?? 1)
const runs = (count: number) => ({ numRuns: count * scale })
// Lengths around the blocks of SM3 and SM4 and the groups in which the engines take them.
const edge = fc.constantFrom(0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 95, 96, 97, 119, 127, 128, 129, 512)
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const message = fc.oneof(edge.chain(bytes), fc.uint8Array({ maxLength: 700 }))
const identity = { hash: true, der: true } as const

describe.each(engineNames)('on the %s engine, as sm-crypto and sm-crypto-v2 do:', (name) => {
  beforeAll(() => testOn(name))

  it('SM3', () => {
    fc.assert(
      fc.property(message, (data) => {
        const ours = toHex(sm3(data))
        expect(ours).toBe(smCrypto.sm3(Array.from(data)))
        expect(ours).toBe(peerSm3(data))
      }),
      runs(1000),
    )
  })

  it('HMAC-SM3', () => {
    fc.assert(
      fc.property(message, message, (key, data) => {
        expect(toHex(hmacSm3(key, data))).toBe(peerSm3(data, { key, mode: 'hmac' }))
      }),
      runs(300),
    )
  })

  it('SM4 in CBC', () => {
    fc.assert(
      fc.property(bytes(16), bytes(16), message, (key, iv, data) => {
        const theirs = smCrypto.sm4.encrypt(Array.from(data), toHex(key), { mode: 'cbc', iv: toHex(iv) })
        expect(toHex(sm4CbcEncrypt(key, iv, data))).toBe(theirs)
      }),
      runs(500),
    )
  })

  it('SM4 in GCM', () => {
    fc.assert(
      fc.property(bytes(16), bytes(12), message, message, (key, iv, data, associatedData) => {
        const options = {
          mode: 'gcm',
          iv: toHex(iv),
          associatedData,
          padding: 'none',
          outputTag: true,
        } as const
        const { output, tag } = peerSm4.encrypt(data, toHex(key), options)
        expect(toHex(sm4GcmSeal(key, iv, data, associatedData))).toBe(`${output}${tag}`)
      }),
      runs(500),
    )
  })

  it('SM2 signatures, each side verifying the other', () => {
    fc.assert(
      fc.property(message, (data) => {
        const key = Sm2PrivateKey.generate()
        const [secret, point] = [toHex(key.exportBytes()), toHex(key.publicKey.bytes)]
        const ours = toHex(sm2Sign(key, data, { format: 'der' }))
        expect(peerSm2.doVerifySignature(data, ours, point, identity)).toBe(true)
        const theirs = peerSm2.doSignature(data, secret, identity)
        expect(sm2Verify(key.publicKey, data, hex(theirs), { format: 'der' })).toBe(true)
        expect(sm2Verify(key.publicKey, Uint8Array.of(...data, 0), hex(theirs), { format: 'der' })).toBe(
          false,
        )
      }),
      runs(30),
    )
  })

  it('SM2 encryption, each side opening the other’s', () => {
    fc.assert(
      fc.property(
        message.filter(({ length }) => length > 0),
        (data) => {
          const key = Sm2PrivateKey.generate()
          const [secret, point] = [toHex(key.exportBytes()), toHex(key.publicKey.bytes)]
          const ours = toHex(sm2Encrypt(key.publicKey, data)).slice(2)
          expect(peerSm2.doDecrypt(ours, secret, 1, { output: 'array' })).toEqual(data)
          const theirs = hex(`04${peerSm2.doEncrypt(data, point, 1)}`)
          // The peer leaves step A5 of GB/T 32918.4, 6.1 out: one short message in 256 goes out under a mask of zeros, as it
          // is, and 7.1, step B4 has the receiver refuse it.
          if (toHex(theirs.subarray(97)) === toHex(data)) expect(() => sm2Decrypt(key, theirs)).toThrow()
          else expect(sm2Decrypt(key, theirs)).toEqual(data)
        },
      ),
      runs(20),
    )
  })
})
