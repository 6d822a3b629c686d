import { utf8ToBytes, concatBytes } from '@anqu/encoding'
import { randomBytes, sm4GcmOpen, sm4GcmSeal, type SecretBytes } from '@anqu/gm-crypto'

const nonceLength = 12

/** nonce ‖ ciphertext ‖ tag under SM4-GCM; the context is authenticated, so a value cannot be moved elsewhere. */
export function sealBox(key: SecretBytes, context: string, value: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceLength)
  return concatBytes(nonce, sm4GcmSeal(key, nonce, value, utf8ToBytes(context)))
}

/** Throws GmCryptoError when key, context or bytes do not fit. */
export function openBox(key: SecretBytes, context: string, box: Uint8Array): Uint8Array {
  return sm4GcmOpen(key, box.subarray(0, nonceLength), box.subarray(nonceLength), utf8ToBytes(context))
}
