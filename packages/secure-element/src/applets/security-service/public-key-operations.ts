import { ByteReader, ByteWriter } from '@anqu/encoding'
import {
  GmCryptoError,
  Sm2PublicKey,
  sm2Decrypt,
  sm2Encrypt,
  sm2Verify,
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  type Sm2PrivateKey,
} from '@anqu/gm-crypto'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import type { CardRandom } from '../../runtime/card-random.ts'

/* What needs no right, because no private key of the card takes part; and the one step of an envelope where one does. */

const NOTHING = new Uint8Array(0)
const PUBLIC_KEY_LENGTH = 65
const SIGNATURE_LENGTH = 64
const BLOCK = 16

/** public key (65) ‖ signature (64) ‖ message. */
export function verifySignature(data: Uint8Array): Uint8Array {
  const reader = new ByteReader(data, 'VERIFY SIGNATURE')
  const key = reader.bytes(PUBLIC_KEY_LENGTH)
  const signature = reader.bytes(SIGNATURE_LENGTH)
  const publicKey = refusing(() => Sm2PublicKey.fromBytes(key))
  requireStatus(sm2Verify(publicKey, reader.rest(), signature), StatusWord.verificationFailed)
  return NOTHING
}

/** public key (65) ‖ plaintext → 04‖C1‖C3‖C2. */
export function encrypt(data: Uint8Array): Uint8Array {
  const reader = new ByteReader(data, 'ENCIPHER')
  const key = reader.bytes(PUBLIC_KEY_LENGTH)
  const plaintext = reader.rest()
  requireStatus(plaintext.length > 0, StatusWord.wrongLength)
  return sm2Encrypt(
    refusing(() => Sm2PublicKey.fromBytes(key)),
    plaintext,
  )
}

/** public key (65) ‖ content → LV SM4 key as 04‖C1‖C3‖C2, IV (16), SM4-CBC ciphertext. Key and IV come from the card. */
export function sealEnvelope(data: Uint8Array, random: CardRandom): Uint8Array {
  const reader = new ByteReader(data, 'SEAL ENVELOPE')
  const bytes = reader.bytes(PUBLIC_KEY_LENGTH)
  const receiver = refusing(() => Sm2PublicKey.fromBytes(bytes))
  const key = random.bytes(BLOCK)
  const iv = random.bytes(BLOCK)
  const sealed = sm4CbcEncrypt(key, iv, reader.rest())
  const encryptedKey = sm2Encrypt(receiver, key)
  key.fill(0)
  return new ByteWriter().vector8(encryptedKey).bytes(iv).bytes(sealed).finish()
}

/** What `sealEnvelope` answers, opened with the receiver's private key. One answer for whatever is wrong with it. */
export function openEnvelope(envelope: Uint8Array, privateKey: Sm2PrivateKey): Uint8Array {
  const reader = new ByteReader(envelope, 'OPEN ENVELOPE')
  const encryptedKey = reader.vector8()
  const iv = reader.bytes(BLOCK)
  const key = decrypt(encryptedKey, privateKey)
  try {
    requireStatus(key.length === BLOCK, StatusWord.wrongData)
    return refusing(() => sm4CbcDecrypt(key, iv, reader.rest()))
  } finally {
    key.fill(0)
  }
}

export function decrypt(ciphertext: Uint8Array, privateKey: Sm2PrivateKey): Uint8Array {
  return refusing(() => sm2Decrypt(privateKey, ciphertext))
}

/** One status for whatever the cryptography refuses, so that the answer tells nothing about why. */
function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof GmCryptoError) throw new StatusError(StatusWord.wrongData)
    throw error
  }
}
