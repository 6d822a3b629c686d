import { GmCryptoError } from '../errors.ts'
import type { KeyBytes } from '../keys/secret-bytes.ts'
import { randomBytes } from '../random.ts'
import type { Sm2PrivateKey } from '../sm2/private-key.ts'
import { pbkdf2Sm3 } from '../sm3/key-derivation.ts'
import { sm4CbcDecrypt, sm4CbcEncrypt } from '../sm4/cbc.ts'
import { der, derOid, DerReader, derSmall, tags } from './der.ts'
import { exportPkcs8, importPkcs8 } from './key-formats.ts'
import { oids } from './oids.ts'

export interface EncryptedPkcs8Options {
  /** PBKDF2 rounds, 100,000 unless given; at least 1,000. */
  readonly iterations?: number
}

const saltLength = 16
const defaultIterations = 100_000
const fewestIterations = 1000
// A file from outside decides how long PBKDF2 runs; this bound keeps that below a few seconds.
const mostIterations = 10_000_000

/**
 * EncryptedPrivateKeyInfo with PBES2: PBKDF2 with HMAC-SM3 and SM4-CBC (RFC 8018, GM/T 0091). `password` is bytes;
 * encode text as UTF-8.
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
  const [salt, iv] = [randomBytes(saltLength), randomBytes(16)]
  const wrappingKey = pbkdf2Sm3(password, salt, iterations, 16)
  const plaintext = exportPkcs8(key)
  const ciphertext = sm4CbcEncrypt(wrappingKey, iv, plaintext)
  plaintext.fill(0)
  wrappingKey.fill(0)
  const prf = der(tags.sequence, derOid(oids.hmacSm3), der(tags.null))
  const kdf = der(tags.sequence, der(tags.octets, salt), derSmall(iterations), prf)
  const scheme = der(tags.sequence, derOid(oids.sm4Cbc), der(tags.octets, iv))
  const parameters = der(tags.sequence, der(tags.sequence, derOid(oids.pbkdf2), kdf), scheme)
  const algorithm = der(tags.sequence, derOid(oids.pbes2), parameters)
  return der(tags.sequence, algorithm, der(tags.octets, ciphertext))
}

interface Protection {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
}

function readProtection(encoded: Uint8Array): Protection {
  const outer = new DerReader(encoded)
  const body = outer.sequence()
  outer.end()
  const algorithm = body.sequence()
  algorithm.expectOid(oids.pbes2)
  const parameters = algorithm.sequence()
  algorithm.end()
  const derivation = parameters.sequence()
  derivation.expectOid(oids.pbkdf2)
  const kdf = derivation.sequence()
  derivation.end()
  const salt = kdf.read(tags.octets)
  const iterations = kdf.small()
  if (kdf.peek() === tags.integer && kdf.small() !== 16)
    throw new GmCryptoError('gm.unsupported', 'unknown key length')
  const prf = kdf.sequence()
  kdf.end()
  prf.expectOid(oids.hmacSm3)
  prf.expectNull()
  prf.end()
  const scheme = parameters.sequence()
  parameters.end()
  scheme.expectOid(oids.sm4Cbc)
  const iv = scheme.read(tags.octets)
  scheme.end()
  const ciphertext = body.read(tags.octets)
  body.end()
  if (iterations < 1 || iterations > mostIterations || iv.length !== 16) {
    throw new GmCryptoError('gm.unsupported', 'the protection of this key is out of bounds')
  }
  return { salt, iterations, iv, ciphertext }
}

/**
 * Reads EncryptedPrivateKeyInfo. Throws `gm.malformed` for its form, `gm.unsupported` for its bounds and
 * `gm.decrypt-failed` for a wrong password or changed bytes.
 */
export function importEncryptedPkcs8(encoded: Uint8Array, password: KeyBytes): Sm2PrivateKey {
  const { salt, iterations, iv, ciphertext } = readProtection(encoded)
  const wrappingKey = pbkdf2Sm3(password, salt, iterations, 16)
  const plaintext = sm4CbcDecrypt(wrappingKey, iv, ciphertext)
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
