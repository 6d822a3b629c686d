import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
} from 'node:crypto'
import { exportPkcs8, type Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Contender } from './measure.ts'

// The platform's own implementation as a contender. The page's build puts no-native.ts in the place of this file.

const name = 'Node native'

/** Signs without an identity, as OpenSSL does, which saves it one hash. */
export function nativeSm2(
  key: Sm2PrivateKey,
  message: Uint8Array,
): { sign: Contender[]; verify: Contender[] } {
  const secret = createPrivateKey({ key: Buffer.from(exportPkcs8(key)), format: 'der', type: 'pkcs8' })
  const open = createPublicKey(secret)
  const signature = createSign('sm3').update(message).sign(secret)
  const verify = (): boolean => createVerify('sm3').update(message).verify(open, signature)
  if (!verify()) throw new Error(`${name} does not verify`)
  return {
    sign: [{ name, run: () => createSign('sm3').update(message).sign(secret) }],
    verify: [{ name, run: verify }],
  }
}

export const nativeSm3 = (data: Uint8Array): Contender[] => [
  { name, run: () => createHash('sm3').update(data).digest() },
]

export const nativeCounter = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Contender[] => [
  {
    name,
    run: () => {
      const cipher = createCipheriv('sm4-ctr', key, iv)
      return [cipher.update(data), cipher.final()]
    },
  },
]
