import {
  derBits,
  derOctets,
  derOid,
  DerReader,
  derRaw,
  derSequence,
  encodeDer,
  equalBytes,
} from '@anqu/encoding'
import {
  GmCryptoError,
  randomBytes,
  sm2Decrypt,
  sm2Encrypt,
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  Sm2PrivateKey,
  type Sm2PublicKey,
} from '@anqu/gm-crypto'
import { PkiError } from '../pki-error.ts'
import { OID_SM4_CBC, readSm4Cbc } from './content-encryption.ts'

/**
 * SM2EnvelopedKey (GM/T 0009): an encryption key pair made elsewhere, on its way to the owner of a signing key. The private
 * key is under SM4 in CBC mode; ECB, which others use here, is neither written nor read.
 */
export interface EnvelopedKey {
  readonly iv: Uint8Array
  /** SM2Cipher of the SM4 key, DER. */
  readonly encryptedKey: Uint8Array
  /** Uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array
  readonly encryptedPrivateKey: Uint8Array
}

export function buildEnvelopedKey(key: Sm2PrivateKey, recipient: Sm2PublicKey): Uint8Array {
  const symmetric = randomBytes(16)
  const iv = randomBytes(16)
  const scalar = key.exportBytes()
  try {
    return encodeDer(
      derSequence(
        derSequence(derOid(OID_SM4_CBC), derOctets(iv)),
        derRaw(sm2Encrypt(recipient, symmetric, { format: 'der' })),
        derBits(key.publicKey.bytes),
        derBits(sm4CbcEncrypt(symmetric, iv, scalar)),
      ),
    )
  } finally {
    symmetric.fill(0)
    scalar.fill(0)
  }
}

export function parseEnvelopedKey(der: Uint8Array): EnvelopedKey {
  const outer = DerReader.over(der, 'envelopedKey', { maxLength: 4096 })
  const fields = outer.sequence('value')
  outer.end()
  const iv = readSm4Cbc(fields, 'symAlgID')
  const encryptedKey = fields.element(0x30, 'symEncryptedKey').raw
  const publicKey = fields.bitBytes('Sm2PublicKey')
  const encryptedPrivateKey = fields.bitBytes('Sm2EncryptedPrivateKey')
  fields.end()
  if (publicKey.length !== 65) fields.fail('Sm2PublicKey', 'an uncompressed point')
  return { iv, encryptedKey, publicKey, encryptedPrivateKey }
}

/** PkiError, the same for every cause, when it is for somebody else, was changed, or holds a key that is not the named one. */
export function openEnvelopedKey(der: Uint8Array, recipient: Sm2PrivateKey): Sm2PrivateKey {
  const { iv, encryptedKey, publicKey, encryptedPrivateKey } = parseEnvelopedKey(der)
  try {
    const symmetric = sm2Decrypt(recipient, encryptedKey, { format: 'der' })
    if (symmetric.length === 16) {
      const scalar = sm4CbcDecrypt(symmetric, iv, encryptedPrivateKey)
      const key = Sm2PrivateKey.fromBytes(scalar)
      symmetric.fill(0)
      scalar.fill(0)
      if (equalBytes(key.publicKey.bytes, publicKey)) return key
      key.wipe()
    }
  } catch (error) {
    if (!(error instanceof GmCryptoError)) throw error
  }
  throw new PkiError('content', 'the enveloped key cannot be opened (GM/T 0009)')
}
