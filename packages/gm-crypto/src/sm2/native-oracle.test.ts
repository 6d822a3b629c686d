import { createPrivateKey, createPublicKey, createSign, createVerify } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { exportPkcs8, randomBytes, sm2Identity, Sm2PrivateKey, sm2Sign, sm2Verify } from '../index.ts'
import { engineNames, testOn } from '../testing.ts'

// Node's Sign and Verify give SM2 signatures when Z is fed before the message, on every supported OpenSSL.
const count = 60 * Number(process.env['GM_CRYPTO_CASES'] ?? 1)

describe.each(engineNames)('against OpenSSL on the %s engine:', (name) => {
  beforeAll(() => testOn(name))

  it('each side verifies what the other signs, and refuses a changed message', () => {
    for (let i = 0; i < count; i++) {
      const key = Sm2PrivateKey.generate()
      const native = createPrivateKey({ key: Buffer.from(exportPkcs8(key)), format: 'der', type: 'pkcs8' })
      const [message, z] = [randomBytes(i * 7), sm2Identity(key.publicKey)]
      const ours = sm2Sign(key, message, { format: 'der' })
      const verify = (data: Uint8Array) =>
        createVerify('sm3').update(z).update(data).verify(createPublicKey(native), ours)
      expect(verify(message)).toBe(true)
      expect(verify(Uint8Array.from([...message, 0]))).toBe(false)
      const theirs = createSign('sm3').update(z).update(message).sign(native)
      expect(sm2Verify(key.publicKey, message, theirs, { format: 'der' })).toBe(true)
      expect(sm2Verify(key.publicKey, Uint8Array.from([...message, 0]), theirs, { format: 'der' })).toBe(
        false,
      )
    }
  })
})
