import { beforeAll, describe, expect, it } from 'vitest'
import { engine } from '../engine/current.ts'
import {
  GmCryptoError,
  sm2Decrypt,
  sm2Digest,
  sm2Encrypt,
  sm2Exchange,
  sm2Identity,
  Sm2PrivateKey,
  Sm2PublicKey,
  sm2Sign,
  sm2SignatureFromDer,
  sm2SignatureToDer,
  sm2SignDigest,
  sm2Verifier,
  sm2Verify,
  sm2VerifyDigest,
} from '../index.ts'
import { engineNames, hex, toHex, utf8, testOn } from '../testing.ts'
import * as standard from '../vectors/gbt-32918-5.ts'
import { materialOf } from './private-key.ts'

const order = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'
const orderPlus = (by: bigint) => hex((BigInt(`0x${order}`) + by).toString(16).padStart(64, '0'))

describe.each(engineNames)('on the %s engine:', (name) => {
  beforeAll(() => testOn(name))

  describe('GB/T 32918.5 worked examples', () => {
    const { signature: example } = standard
    const key = Sm2PrivateKey.fromBytes(hex(example.d))

    it('gives the public key, Z and e of the signature example', () => {
      expect(toHex(key.publicKey.bytes)).toBe(example.publicKey)
      expect(toHex(sm2Identity(key.publicKey, example.id))).toBe(example.z)
      expect(toHex(sm2Digest(key.publicKey, utf8(example.message)))).toBe(example.e)
    })

    it('gives r and s of the signature example for its nonce, and verifies them', () => {
      const raw = engine().signWithNonce({
        digest: hex(example.e),
        ...materialOf(key),
        nonce: hex(example.k),
      })
      expect(raw && toHex(raw)).toBe(example.r + example.s)
      expect(sm2Verify(key.publicKey, utf8(example.message), hex(example.r + example.s))).toBe(true)
    })

    it('agrees on the key and both confirmations of the exchange example', () => {
      const { exchange } = standard
      const [a, b, ra, rb] = [exchange.dA, exchange.dB, exchange.rA, exchange.rB].map((d) =>
        Sm2PrivateKey.fromBytes(hex(d)),
      )
      if (!a || !b || !ra || !rb) throw new Error('incomplete example')
      const initiator = sm2Exchange({ role: 'initiator', self: a, peer: b.publicKey, ephemeral: ra })
      const responder = sm2Exchange({ role: 'responder', self: b, peer: a.publicKey, ephemeral: rb })
      const atA = initiator.agree(responder.ephemeralPublic, exchange.keyBytes)
      const atB = responder.agree(initiator.ephemeralPublic, exchange.keyBytes)
      expect(toHex(atA.key)).toBe(exchange.key)
      expect(toHex(atB.key)).toBe(exchange.key)
      expect(toHex(atB.confirmSend)).toBe(exchange.s1)
      expect(toHex(atA.confirmExpect)).toBe(exchange.s1)
      expect(toHex(atA.confirmSend)).toBe(exchange.sA)
      expect(toHex(atB.confirmExpect)).toBe(exchange.sA)
    })

    it('decrypts the encryption example', () => {
      const { encryption } = standard
      const own = Sm2PrivateKey.fromBytes(hex(encryption.d))
      const ciphertext = hex(encryption.c1 + encryption.c3 + encryption.c2)
      expect(new TextDecoder().decode(sm2Decrypt(own, ciphertext))).toBe(encryption.message)
    })
  })

  describe('signatures', () => {
    const key = Sm2PrivateKey.generate()
    const message = utf8('premium 128.00')
    const raw = sm2Sign(key, message)

    it('verify with the signer and identifier, in both formats, and through a prepared table', () => {
      const der = sm2Sign(key, message, { format: 'der', id: 'branch-01' })
      expect(sm2Verify(key.publicKey, message, raw)).toBe(true)
      expect(sm2Verify(key.publicKey, message, der, { format: 'der', id: 'branch-01' })).toBe(true)
      expect(sm2Verify(key.publicKey, message, der, { format: 'der' })).toBe(false)
      expect(sm2Verifier(key.publicKey)(message, raw)).toBe(true)
      expect(sm2Verifier(key.publicKey)(utf8('premium 1.00'), raw)).toBe(false)
      expect(sm2Verify(Sm2PrivateKey.generate().publicKey, message, raw)).toBe(false)
    })

    it('never repeat a nonce for the same message', () => {
      expect(toHex(sm2Sign(key, message))).not.toBe(toHex(raw))
    })

    it('are refused when r or s is 0, n, n+1 or 2²⁵⁶−1, or s is enlarged by n', () => {
      const bad = [hex('00'.repeat(32)), orderPlus(0n), orderPlus(1n), hex('ff'.repeat(32))]
      const digest = sm2Digest(key.publicKey, message)
      for (const value of bad) {
        const wrongR = Uint8Array.from([...value, ...raw.slice(32)])
        const wrongS = Uint8Array.from([...raw.slice(0, 32), ...value])
        for (const signature of [wrongR, wrongS]) {
          expect(sm2VerifyDigest(key.publicKey, digest, signature)).toBe(false)
          expect(
            sm2VerifyDigest(key.publicKey, digest, sm2SignatureToDer(signature), { format: 'der' }),
          ).toBe(false)
          expect(sm2Verifier(key.publicKey)(message, signature)).toBe(false)
        }
      }
    })

    it('are refused when s + n still fits into 32 bytes and is sent in place of s', () => {
      // s + n fits only for s < 2²²⁴; a signature with so small an s cannot be found by trying, so one is constructed:
      // for any r and s, e = r − x(s·G + (r+s)·P) makes them verify.
      const small = hex('00'.repeat(31) + '05')
      const r = hex('00'.repeat(31) + '07')
      const t = hex('00'.repeat(31) + '0c')
      const other = engine().multiply(t, key.publicKey.bytes.slice(1))
      const sum = engine().combine(other, small, engine().multiplyBase(hex('00'.repeat(31) + '01')))
      const x = BigInt(`0x${toHex(sum?.slice(0, 32) ?? new Uint8Array())}`)
      const n = BigInt(`0x${order}`)
      const e = hex(((((7n - x) % n) + n) % n).toString(16).padStart(64, '0'))
      expect(sm2VerifyDigest(key.publicKey, e, Uint8Array.from([...r, ...small]))).toBe(true)
      expect(sm2VerifyDigest(key.publicKey, e, Uint8Array.from([...r, ...orderPlus(5n)]))).toBe(false)
      expect(sm2VerifyDigest(key.publicKey, e, Uint8Array.from([...orderPlus(7n), ...small]))).toBe(false)
    })

    it('are refused when r + s = n (t = 0)', () => {
      const s = hex('00'.repeat(31) + '01')
      expect(
        sm2VerifyDigest(key.publicKey, new Uint8Array(32), Uint8Array.from([...orderPlus(-1n), ...s])),
      ).toBe(false)
    })

    it('are refused with a wrong length, non-canonical DER or trailing bytes', () => {
      const der = sm2SignatureToDer(raw)
      const accepts = (bytes: Uint8Array) => sm2Verify(key.publicKey, message, bytes, { format: 'der' })
      expect(accepts(der)).toBe(true)
      expect(accepts(Uint8Array.from([...der, 0]))).toBe(false)
      expect(accepts(der.slice(0, -1))).toBe(false)
      expect(accepts(Uint8Array.from([0x30, 0x81, der.length - 2, ...der.slice(2)]))).toBe(false)
      const [r, s] = [raw.slice(0, 32), raw.slice(32)]
      const integer = (bytes: Uint8Array) => [2, bytes.length, ...bytes]
      const wide = [...integer(Uint8Array.from([0, 0, ...r])), ...integer(Uint8Array.from([0, ...s]))]
      expect(accepts(Uint8Array.from([0x30, wide.length, ...wide]))).toBe(false)
      expect(() => sm2SignatureFromDer(Uint8Array.from([0x30, 3, 2, 1, 0x80]))).toThrow(GmCryptoError)
      expect(sm2Verify(key.publicKey, message, raw.slice(1))).toBe(false)
      expect(sm2Verify(key.publicKey, message, new Uint8Array(0))).toBe(false)
    })

    it('need a digest of 32 bytes', () => {
      expect(() => sm2SignDigest(key, new Uint8Array(31))).toThrow(GmCryptoError)
      expect(() => sm2VerifyDigest(key.publicKey, new Uint8Array(33), raw)).toThrow(GmCryptoError)
    })
  })

  describe('keys', () => {
    it('private: 1 … n−2 are taken, 0, n−1 and above are refused', () => {
      expect(toHex(Sm2PrivateKey.fromBytes(orderPlus(-2n)).exportBytes())).toBe(toHex(orderPlus(-2n)))
      for (const bad of [
        new Uint8Array(32),
        orderPlus(-1n),
        orderPlus(0n),
        hex('ff'.repeat(32)),
        new Uint8Array(31),
      ]) {
        expect(() => Sm2PrivateKey.fromBytes(bad)).toThrow(GmCryptoError)
      }
    })

    it('signs from its signing form as it did before, and refuses a form of another length', () => {
      const key = Sm2PrivateKey.generate()
      const opened = Sm2PrivateKey.fromSigningForm(key.exportSigningForm())
      const message = utf8('message')
      expect(sm2Verify(key.publicKey, message, sm2Sign(opened, message))).toBe(true)
      expect(opened.publicKey.equals(key.publicKey)).toBe(true)
      expect(() => Sm2PrivateKey.fromSigningForm(key.exportBytes())).toThrow(GmCryptoError)
    })

    it('private: print [secret] in every form and refuse use once wiped', async () => {
      const key = Sm2PrivateKey.generate()
      const { inspect } = await import('node:util')
      expect([String(key), JSON.stringify(key), inspect(key)]).toEqual(['[secret]', '"[secret]"', '[secret]'])
      key.wipe()
      expect(() => sm2Sign(key, utf8('x'))).toThrow(GmCryptoError)
      expect(() => key.exportBytes()).toThrow(GmCryptoError)
    })

    it('public: compressed and uncompressed forms give the same key', () => {
      for (let i = 0; i < 8; i++) {
        const key = Sm2PrivateKey.generate().publicKey
        expect(Sm2PublicKey.fromBytes(key.compressed()).equals(key)).toBe(true)
        expect(toHex(Sm2PublicKey.fromBytes(key.bytes).bytes)).toBe(toHex(key.bytes))
      }
    })

    it('public: infinity, (0,0), off-curve points, coordinates at or above p and other forms are refused', () => {
      const good = Sm2PrivateKey.generate().publicKey.bytes
      const off = Uint8Array.from(good)
      off[64] = (off[64] ?? 0) ^ 1
      const p = 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff'
      const hybrid = Uint8Array.from([6 | ((good[64] ?? 0) & 1), ...good.slice(1)])
      const bad = [
        new Uint8Array(1),
        new Uint8Array(0),
        new Uint8Array(65),
        Uint8Array.of(4, ...new Uint8Array(64)),
        off,
        hybrid,
        good.slice(0, 64),
        Uint8Array.from([...good, 0]),
        hex(`04${p}${p}`),
        hex(`02${p}`),
        hex(`03${'ff'.repeat(32)}`),
      ]
      for (const bytes of bad) expect(() => Sm2PublicKey.fromBytes(bytes)).toThrow(GmCryptoError)
    })
  })

  describe('encryption', () => {
    const key = Sm2PrivateKey.generate()

    it('round trips every length from 1 to 100 bytes in both formats', () => {
      for (let length = 1; length <= 100; length += 9) {
        const plaintext = Uint8Array.from({ length }, (_, i) => i * 7)
        for (const format of ['raw', 'der'] as const) {
          const ciphertext = sm2Encrypt(key.publicKey, plaintext, { format })
          expect(toHex(sm2Decrypt(key, ciphertext, { format }))).toBe(toHex(plaintext))
        }
      }
    })

    it('refuses every single changed byte, truncation and extension with one and the same error', () => {
      const ciphertext = sm2Encrypt(key.publicKey, utf8('session key'))
      const errors = new Set<string>()
      const attempt = (bytes: Uint8Array) => {
        try {
          sm2Decrypt(key, bytes)
          errors.add('accepted')
        } catch (error) {
          errors.add(error instanceof GmCryptoError ? `${error.code} ${error.message}` : String(error))
        }
      }
      for (let i = 0; i < ciphertext.length; i++)
        attempt(ciphertext.map((byte, at) => (at === i ? byte ^ 1 : byte)))
      for (const length of [0, 1, 65, 97, ciphertext.length - 1]) attempt(ciphertext.slice(0, length))
      attempt(Uint8Array.from([...ciphertext, 0]))
      expect([...errors]).toEqual(['gm.decrypt-failed decryption failed'])
    })

    it('refuses an empty plaintext', () => {
      expect(() => sm2Encrypt(key.publicKey, new Uint8Array(0))).toThrow(GmCryptoError)
    })
  })
})
