import { concatBytes } from '@anqu/encoding'
import { GmCryptoError, SecretBytes, type KeyBytes } from '@anqu/gm-crypto'
import { sm4 } from 'sm-crypto-v2'

export const SM4_GCM_TAG_LENGTH = 16

const lend = <T>(key: KeyBytes, use: (bytes: Uint8Array) => T): T =>
  key instanceof SecretBytes ? key.use(use) : use(key)
const form = { mode: 'gcm', output: 'array' } as const

export function sm4GcmSeal(
  key: KeyBytes,
  iv: Uint8Array,
  plaintext: Uint8Array,
  associatedData = new Uint8Array(0),
): Uint8Array {
  return lend(key, (bytes) => {
    const { output, tag } = sm4.encrypt(plaintext, bytes, { ...form, iv, associatedData, outputTag: true })
    if (tag === undefined) throw new Error('sm-crypto-v2 gave no tag')
    return concatBytes(output, tag)
  })
}

export function sm4GcmOpen(
  key: KeyBytes,
  iv: Uint8Array,
  sealed: Uint8Array,
  associatedData = new Uint8Array(0),
): Uint8Array {
  const end = sealed.length - SM4_GCM_TAG_LENGTH
  const [ciphertext, tag] = [sealed.subarray(0, end), sealed.subarray(end)]
  try {
    // A copy: it answers with a view, and callers may move the buffer.
    return lend(key, (bytes) =>
      Uint8Array.from(sm4.decrypt(ciphertext, bytes, { ...form, iv, associatedData, tag })),
    )
  } catch (error) {
    throw new GmCryptoError('gm.decrypt-failed', `decryption failed: ${String(error)}`)
  }
}
