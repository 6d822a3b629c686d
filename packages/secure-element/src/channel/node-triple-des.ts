import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { BlockCipher } from './block-cipher.ts'

/** Triple DES with two keys in CBC, by OpenSSL: for SCP02 alone. */
export const nodeTripleDes: BlockCipher = {
  name: 'TDES',
  keyLength: 16,
  async encrypt(key, iv, blocks) {
    const cipher = createCipheriv('des-ede-cbc', key, iv).setAutoPadding(false)
    return new Uint8Array(Buffer.concat([cipher.update(blocks), cipher.final()]))
  },
  async decrypt(key, iv, blocks) {
    const cipher = createDecipheriv('des-ede-cbc', key, iv).setAutoPadding(false)
    return new Uint8Array(Buffer.concat([cipher.update(blocks), cipher.final()]))
  },
}
