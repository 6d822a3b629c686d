import { GmCryptoError, SecretBytes, sm4CbcDecrypt, sm4CbcEncrypt } from '@anqu/gm-crypto'
import { SkfError } from './skf-error.ts'

/** SGD_SMS4_CBC of GM/T 0006. */
export const SGD_SMS4_CBC = 0x00000402
export const SESSION_KEY_LENGTH = 16
const IV_LENGTH = 16

/** A session key of a digital envelope, in this process until SKF_CloseHandle. */
export interface KeyHandle {
  readonly kind: 'key'
  readonly key: SecretBytes
}

/** Wipes `bytes`. @throws SkfError INDATALENERR for a key of another length. */
export function keyHandle(bytes: Uint8Array): KeyHandle {
  try {
    if (bytes.length !== SESSION_KEY_LENGTH) throw new SkfError('INDATALENERR')
    return { kind: 'key', key: SecretBytes.from(bytes) }
  } finally {
    bytes.fill(0)
  }
}

/** @throws SkfError NOTSUPPORTYETERR for anything but SM4 in CBC. */
export function requireSm4Cbc(algorithm: number): void {
  if (algorithm !== SGD_SMS4_CBC)
    throw new SkfError('NOTSUPPORTYETERR', { reason: 'session keys are for SM4 in CBC' })
}

/** SM4-CBC with padding. @throws SkfError INVALIDPARAMERR for the IV's length, INVALIDHANDLEERR for a closed key. */
export function encryptWith({ key }: KeyHandle, iv: Uint8Array, data: Uint8Array): Uint8Array {
  return withKey(iv, () => sm4CbcEncrypt(key, iv, data))
}

/** @throws SkfError as `encryptWith`, INDATAERR for what was not encrypted so. */
export function decryptWith({ key }: KeyHandle, iv: Uint8Array, data: Uint8Array): Uint8Array {
  return withKey(iv, () => sm4CbcDecrypt(key, iv, data))
}

function withKey(iv: Uint8Array, work: () => Uint8Array): Uint8Array {
  if (iv.length !== IV_LENGTH) throw new SkfError('INVALIDPARAMERR')
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof GmCryptoError)) throw cause
    throw new SkfError(cause.code === 'gm.wiped' ? 'INVALIDHANDLEERR' : 'INDATAERR', { cause })
  }
}
