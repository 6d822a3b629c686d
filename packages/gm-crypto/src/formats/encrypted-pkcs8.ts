import { GmCryptoError } from '../errors.ts'
import { type KeyBytes, withKey } from '../keys/secret-bytes.ts'
import { randomBytes } from '../random.ts'
import type { Sm2PrivateKey } from '../sm2/private-key.ts'
import { pbkdf2Sm3 } from '../sm3/key-derivation.ts'
import { sm4CbcDecrypt, sm4CbcEncrypt } from '../sm4/cbc.ts'
import { aesCbcDecrypt, aesCbcEncrypt } from './aes-cbc.ts'
import { der, derOid, DerReader, derSmall, tags } from './der.ts'
import { exportPkcs8, importPkcs8 } from './key-formats.ts'
import { oids } from './oids.ts'
import { pbkdf2Sha256 } from './sha256.ts'

/**
 * How the key is protected: PBKDF2 with HMAC-SM3 and SM4-CBC; the same with HMAC-SHA-256, which OpenSSL 3 can read; or
 * PBKDF2 with HMAC-SHA-256 and AES-256-CBC for software without SM4.
 */
export type Pkcs8Protection = 'sm3-sm4' | 'sha256-sm4' | 'sha256-aes256'

export interface EncryptedPkcs8Options {
  /** `sm3-sm4` unless given. */
  readonly protection?: Pkcs8Protection
  /** PBKDF2 rounds, 100,000 unless given; at least 1,000. */
  readonly iterations?: number
}

const saltLength = 16
const defaultIterations = 100_000
const fewestIterations = 1000

/** For a password that is a random key of 16 bytes or more: what cannot be guessed needs no stretching. */
export const randomPassword: EncryptedPkcs8Options = { iterations: fewestIterations }
// A file from outside decides how long PBKDF2 runs; this bound keeps that below a few seconds.
const mostIterations = 10_000_000
const mostSaltBytes = 1024

type Hash = 'sm3' | 'sha256'
interface Cipher {
  readonly oid: string
  readonly keyLength: 16 | 32
  readonly encrypt: (key: Uint8Array, iv: Uint8Array, data: Uint8Array) => Uint8Array
  readonly decrypt: (key: Uint8Array, iv: Uint8Array, data: Uint8Array) => Uint8Array
}

const sm4: Cipher = { oid: oids.sm4Cbc, keyLength: 16, encrypt: sm4CbcEncrypt, decrypt: sm4CbcDecrypt }
const aes128: Cipher = { oid: oids.aes128Cbc, keyLength: 16, encrypt: aesCbcEncrypt, decrypt: aesCbcDecrypt }
const aes256: Cipher = { oid: oids.aes256Cbc, keyLength: 32, encrypt: aesCbcEncrypt, decrypt: aesCbcDecrypt }
const hashOids: Record<Hash, string> = { sm3: oids.hmacSm3, sha256: oids.hmacSha256 }
const protections: Record<Pkcs8Protection, { hash: Hash; cipher: Cipher }> = {
  'sm3-sm4': { hash: 'sm3', cipher: sm4 },
  'sha256-sm4': { hash: 'sha256', cipher: sm4 },
  'sha256-aes256': { hash: 'sha256', cipher: aes256 },
}

/** All that says how a key is protected, but the password. */
interface Protection {
  readonly hash: Hash
  readonly cipher: Cipher
  readonly salt: Uint8Array
  readonly iterations: number
  readonly iv: Uint8Array
}

function deriveKey({ hash, cipher, salt, iterations }: Protection, password: KeyBytes): Uint8Array {
  if (hash === 'sm3') return pbkdf2Sm3(password, salt, iterations, cipher.keyLength)
  return withKey(password, (bytes) => pbkdf2Sha256(bytes, salt, iterations, cipher.keyLength))
}

/**
 * EncryptedPrivateKeyInfo with PBES2 (RFC 8018; GM/T 0091 for SM3 and SM4). `password` is bytes; encode text as UTF-8.
 * The call computes PBKDF2 at once: a tenth of a second or so.
 */
export function exportEncryptedPkcs8(
  key: Sm2PrivateKey,
  password: KeyBytes,
  options: EncryptedPkcs8Options = {},
): Uint8Array<ArrayBuffer> {
  const iterations = options.iterations ?? defaultIterations
  if (!Number.isInteger(iterations) || iterations < fewestIterations || iterations > mostIterations) {
    throw new GmCryptoError('gm.argument', `iterations must be ${fewestIterations} to ${mostIterations}`)
  }
  const { hash, cipher } = protections[options.protection ?? 'sm3-sm4']
  const protection = { hash, cipher, salt: randomBytes(saltLength), iterations, iv: randomBytes(16) }
  const wrappingKey = deriveKey(protection, password)
  const plaintext = exportPkcs8(key)
  const ciphertext = cipher.encrypt(wrappingKey, protection.iv, plaintext)
  plaintext.fill(0)
  wrappingKey.fill(0)
  return der(tags.sequence, writeProtection(protection), der(tags.octets, ciphertext))
}

function writeProtection({ hash, cipher, salt, iterations, iv }: Protection): Uint8Array {
  const prf = der(tags.sequence, derOid(hashOids[hash]), der(tags.null))
  const kdf = der(tags.sequence, der(tags.octets, salt), derSmall(iterations), prf)
  const scheme = der(tags.sequence, derOid(cipher.oid), der(tags.octets, iv))
  const parameters = der(tags.sequence, der(tags.sequence, derOid(oids.pbkdf2), kdf), scheme)
  return der(tags.sequence, derOid(oids.pbes2), parameters)
}

function unsupported(): GmCryptoError {
  return new GmCryptoError('gm.unsupported', 'this protection of a private key is not supported')
}

// PBKDF2-params (RFC 8018, A.2). Without a pseudorandom function it would be SHA-1, which is refused.
function readDerivation(
  kdf: DerReader,
): Pick<Protection, 'hash' | 'salt' | 'iterations'> & { keyLength: number | undefined } {
  const salt = kdf.read(tags.octets)
  const iterations = kdf.small()
  const keyLength = kdf.peek() === tags.integer ? kdf.small() : undefined
  if (kdf.peek() !== tags.sequence) throw unsupported()
  const prf = kdf.sequence()
  kdf.end()
  const name = prf.oid()
  prf.expectNull()
  prf.end()
  if (iterations < 1 || iterations > mostIterations || salt.length > mostSaltBytes) throw unsupported()
  if (name === oids.hmacSm3) return { hash: 'sm3', salt, iterations, keyLength }
  if (name === oids.hmacSha256) return { hash: 'sha256', salt, iterations, keyLength }
  throw unsupported()
}

function readProtection(algorithm: DerReader): Protection {
  algorithm.expectOid(oids.pbes2)
  const parameters = algorithm.sequence()
  algorithm.end()
  const derivation = parameters.sequence()
  derivation.expectOid(oids.pbkdf2)
  const { keyLength, ...derived } = readDerivation(derivation.sequence())
  derivation.end()
  const scheme = parameters.sequence()
  parameters.end()
  const name = scheme.oid()
  const cipher = [sm4, aes128, aes256].find(({ oid }) => oid === name)
  const iv = scheme.read(tags.octets)
  scheme.end()
  if (cipher === undefined || iv.length !== 16 || (keyLength ?? cipher.keyLength) !== cipher.keyLength)
    throw unsupported()
  return { ...derived, cipher, iv }
}

/**
 * Reads EncryptedPrivateKeyInfo protected by PBKDF2 with HMAC-SM3 or HMAC-SHA-256 and SM4-, AES-128- or AES-256-CBC.
 * Throws `gm.malformed` for its form, `gm.unsupported` for other algorithms or bounds, and `gm.decrypt-failed` for a
 * wrong password or changed bytes.
 */
export function importEncryptedPkcs8(encoded: Uint8Array, password: KeyBytes): Sm2PrivateKey {
  const outer = new DerReader(encoded)
  const body = outer.sequence()
  outer.end()
  const protection = readProtection(body.sequence())
  const ciphertext = body.read(tags.octets)
  body.end()
  const wrappingKey = deriveKey(protection, password)
  const plaintext = protection.cipher.decrypt(wrappingKey, protection.iv, ciphertext)
  wrappingKey.fill(0)
  try {
    return importPkcs8(plaintext)
  } catch (error) {
    // A wrong password that happens to leave valid padding must look like any other wrong password.
    if (error instanceof GmCryptoError) throw new GmCryptoError('gm.decrypt-failed', 'decryption failed')
    throw error
  } finally {
    plaintext.fill(0)
  }
}
