import {
  bytesToHex,
  derBits,
  derNull,
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
  Sm2PrivateKey,
  type Sm2PublicKey,
} from '@anqu/gm-crypto'
import { PkiError } from '../pki-error.ts'
import { readAlgorithm } from '../algorithm.ts'
import { sm4CbcVector } from './content-encryption.ts'
import { sm4DecryptBlocks, sm4EncryptBlocks } from './sm4-single-blocks.ts'

/** GM/T 0006 */
const OID_SM4 = '1.2.156.10197.1.104'
const OID_SM4_ECB = '1.2.156.10197.1.104.1'
const CANNOT_OPEN = 'the enveloped key cannot be opened (GM/T 0009)'

/**
 * SM2EnvelopedKey (GM/T 0009 clause 7.4): an encryption key pair made elsewhere, on its way to the owner of a signing key.
 * The private key is written under SM4 in ECB mode, as the standard asks and others read it; CBC is read too.
 */
export interface EnvelopedKey {
  /** Of CBC; undefined for ECB. */
  readonly iv: Uint8Array | undefined
  /** SM2Cipher of the SM4 key, DER. */
  readonly encryptedKey: Uint8Array
  /** Uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array
  readonly encryptedPrivateKey: Uint8Array
}

export function buildEnvelopedKey(key: Sm2PrivateKey, recipient: Sm2PublicKey): Uint8Array {
  const symmetric = randomBytes(16)
  const scalar = key.exportBytes()
  try {
    return encodeDer(
      derSequence(
        derSequence(derOid(OID_SM4_ECB), derNull()),
        derRaw(sm2Encrypt(recipient, symmetric, { format: 'der' })),
        derBits(key.publicKey.bytes),
        derBits(sm4EncryptBlocks(symmetric, scalar)),
      ),
    )
  } finally {
    symmetric.fill(0)
    scalar.fill(0)
  }
}

/** GM/T 0006 knows SM4 with its mode and without; without one it is ECB here. */
function readMode(fields: DerReader): Uint8Array | undefined {
  const algorithm = readAlgorithm(fields, 'symAlgID')
  if (algorithm.oid !== OID_SM4 && algorithm.oid !== OID_SM4_ECB)
    return sm4CbcVector(algorithm, (expected) => fields.fail('symAlgID', expected))
  const { parameters } = algorithm
  if (parameters && bytesToHex(parameters) !== '0500') fields.fail('symAlgID', 'no parameters')
  return undefined
}

export function parseEnvelopedKey(der: Uint8Array): EnvelopedKey {
  const outer = DerReader.over(der, 'envelopedKey', { maxLength: 4096 })
  const fields = outer.sequence('value')
  outer.end()
  const iv = readMode(fields)
  const encryptedKey = fields.element(0x30, 'symEncryptedKey').raw
  const publicKey = fields.bitBytes('Sm2PublicKey')
  const encryptedPrivateKey = fields.bitBytes('Sm2EncryptedPrivateKey')
  fields.end()
  if (publicKey.length !== 65) fields.fail('Sm2PublicKey', 'an uncompressed point')
  // The standard leaves open whether ECB is padded: two blocks, or three with a padding of one.
  if (![32, 48].includes(encryptedPrivateKey.length)) fields.fail('Sm2EncryptedPrivateKey', '32 or 48 bytes')
  return { iv, encryptedKey, publicKey, encryptedPrivateKey }
}

function decryptScalar({ iv, encryptedPrivateKey }: EnvelopedKey, key: Uint8Array): Uint8Array {
  if (iv) return sm4CbcDecrypt(key, iv, encryptedPrivateKey)
  const padded = sm4DecryptBlocks(key, encryptedPrivateKey)
  const scalar = padded.slice(0, 32)
  const wrong = padded.subarray(32).some((byte) => byte !== 16)
  padded.fill(0)
  if (wrong) throw new PkiError('content', CANNOT_OPEN)
  return scalar
}

/** PkiError, the same for every cause, when it is for somebody else, was changed, or holds a key that is not the named one. */
export function openEnvelopedKey(der: Uint8Array, recipient: Sm2PrivateKey): Sm2PrivateKey {
  const parsed = parseEnvelopedKey(der)
  try {
    const symmetric = sm2Decrypt(recipient, parsed.encryptedKey, { format: 'der' })
    if (symmetric.length === 16) {
      const scalar = decryptScalar(parsed, symmetric)
      const key = Sm2PrivateKey.fromBytes(scalar)
      symmetric.fill(0)
      scalar.fill(0)
      if (equalBytes(key.publicKey.bytes, parsed.publicKey)) return key
      key.wipe()
    }
  } catch (error) {
    if (!(error instanceof GmCryptoError)) throw error
  }
  throw new PkiError('content', CANNOT_OPEN)
}
