import { constantTimeEqual } from '../bytes.ts'
import { GmCryptoError } from '../errors.ts'
import { Sm2PrivateKey } from '../sm2/private-key.ts'
import { Sm2PublicKey } from '../sm2/public-key.ts'
import { der, derBits, derOid, DerReader, derSmall, tags } from './der.ts'
import { oids } from './oids.ts'

const parametersTag = 0xa0
const publicKeyTag = 0xa1

function algorithm(): Uint8Array {
  return der(tags.sequence, derOid(oids.ecPublicKey), derOid(oids.sm2Curve))
}

function expectAlgorithm(reader: DerReader): void {
  const inner = reader.sequence()
  inner.expectOid(oids.ecPublicKey)
  inner.expectOid(oids.sm2Curve)
  inner.end()
}

/** SubjectPublicKeyInfo of a public key (RFC 5480), uncompressed: 91 bytes of DER. */
export function exportSpki(key: Sm2PublicKey): Uint8Array<ArrayBuffer> {
  return der(tags.sequence, algorithm(), derBits(key.bytes))
}

/** Reads SubjectPublicKeyInfo. Throws `gm.malformed` or `gm.invalid-public-key`. */
export function importSpki(encoded: Uint8Array): Sm2PublicKey {
  const outer = new DerReader(encoded)
  const inner = outer.sequence()
  outer.end()
  expectAlgorithm(inner)
  const bytes = inner.bits()
  inner.end()
  return Sm2PublicKey.fromBytes(bytes)
}

function ecPrivateKey(key: Sm2PrivateKey, ...parameters: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const scalar = key.exportBytes()
  const publicKey = der(publicKeyTag, derBits(key.publicKey.bytes))
  const out = der(tags.sequence, derSmall(1), der(tags.octets, scalar), ...parameters, publicKey)
  scalar.fill(0)
  return out
}

/** ECPrivateKey with curve and public key (SEC 1, C.4; RFC 5915). */
export function exportSec1(key: Sm2PrivateKey): Uint8Array<ArrayBuffer> {
  return ecPrivateKey(key, der(parametersTag, derOid(oids.sm2Curve)))
}

function readEcPrivateKey(encoded: Uint8Array, curve: 'curve required' | 'curve known'): Sm2PrivateKey {
  const outer = new DerReader(encoded)
  const inner = outer.sequence()
  outer.end()
  if (inner.small() !== 1) throw new GmCryptoError('gm.malformed', 'unknown version of the private key')
  const key = Sm2PrivateKey.fromBytes(inner.read(tags.octets))
  if (inner.peek() === parametersTag || curve === 'curve required') {
    const parameters = new DerReader(inner.read(parametersTag))
    parameters.expectOid(oids.sm2Curve)
    parameters.end()
  }
  if (inner.peek() === publicKeyTag) {
    const field = new DerReader(inner.read(publicKeyTag))
    const stated = Sm2PublicKey.fromBytes(field.bits())
    field.end()
    // A public key that does not belong to the private one is an attack (or a mix-up), never to be repaired silently.
    if (!constantTimeEqual(stated.bytes, key.publicKey.bytes)) {
      throw new GmCryptoError('gm.invalid-private-key', 'the public key does not belong to the private key')
    }
  }
  inner.end()
  return key
}

/** Reads ECPrivateKey with its curve. Throws `gm.malformed`, `gm.invalid-private-key` or `gm.invalid-public-key`. */
export function importSec1(encoded: Uint8Array): Sm2PrivateKey {
  return readEcPrivateKey(encoded, 'curve required')
}

/** PrivateKeyInfo, not encrypted (PKCS#8, RFC 5208; GM/T 0009). The caller answers for erasing it. */
export function exportPkcs8(key: Sm2PrivateKey): Uint8Array<ArrayBuffer> {
  const inner = ecPrivateKey(key)
  const out = der(tags.sequence, derSmall(0), algorithm(), der(tags.octets, inner))
  inner.fill(0)
  return out
}

/** Reads PrivateKeyInfo without attributes. Throws as `importSec1` does. */
export function importPkcs8(encoded: Uint8Array): Sm2PrivateKey {
  const outer = new DerReader(encoded)
  const inner = outer.sequence()
  outer.end()
  if (inner.small() !== 0) throw new GmCryptoError('gm.malformed', 'unknown version of the private key')
  expectAlgorithm(inner)
  const key = readEcPrivateKey(inner.read(tags.octets), 'curve known')
  inner.end()
  return key
}
