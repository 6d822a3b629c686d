import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, sm4GcmOpen, sm4GcmSeal, type SecretBytes } from '@anqu/gm-crypto'

const nonceLength = 12

/** nonce ‖ ciphertext ‖ tag under SM4-GCM; the context is authenticated, so a value cannot be moved elsewhere. */
export function sealValue(key: SecretBytes, context: string, value: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceLength)
  return concatBytes(nonce, sm4GcmSeal(key, nonce, value, utf8ToBytes(context)))
}

/** @throws GmCryptoError when key, context or bytes do not fit. */
export function openValue(key: SecretBytes, context: string, sealed: Uint8Array): Uint8Array {
  return sm4GcmOpen(key, sealed.subarray(0, nonceLength), sealed.subarray(nonceLength), utf8ToBytes(context))
}
