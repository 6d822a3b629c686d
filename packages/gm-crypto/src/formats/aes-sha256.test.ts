import { createCipheriv, createHash, pbkdf2Sync } from 'node:crypto'
import { expect, it } from 'vitest'
import { randomBytes } from '../random.ts'
import { toHex } from '../testing.ts'
import { aesCbcDecrypt, aesCbcEncrypt } from './aes-cbc.ts'
import { pbkdf2Sha256, sha256 } from './sha256.ts'

it('SHA-256 and PBKDF2 over it equal Node for lengths around every block boundary', () => {
  for (let length = 0; length < 200; length++) {
    const data = randomBytes(length)
    expect(toHex(sha256(data))).toBe(createHash('sha256').update(data).digest('hex'))
  }
  for (const length of [0, 1, 63, 64, 65, 100]) {
    const [password, salt] = [randomBytes(length), randomBytes(16)]
    const expected = pbkdf2Sync(password, salt, 20, 48, 'sha256').toString('hex')
    expect(toHex(pbkdf2Sha256(password, salt, 20, 48))).toBe(expected)
  }
})

it('AES-CBC equals Node for both key lengths and every padding', () => {
  for (const keyLength of [16, 32]) {
    for (let length = 0; length <= 48; length++) {
      const [key, iv, data] = [randomBytes(keyLength), randomBytes(16), randomBytes(length)]
      const cipher = createCipheriv(`aes-${keyLength * 8}-cbc`, key, iv)
      const expected = Buffer.concat([cipher.update(data), cipher.final()])
      expect(toHex(aesCbcEncrypt(key, iv, data))).toBe(expected.toString('hex'))
      expect(toHex(aesCbcDecrypt(key, iv, expected))).toBe(toHex(data))
    }
  }
})
