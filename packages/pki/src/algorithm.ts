import { Sm2PublicKey, sm2SignatureToDer, sm2Verify } from '@anqu/gm-crypto'
import { DerReader, derBits, derOid, derRaw, derSequence, type DerValue } from '@anqu/encoding'
import { OID_EC_PUBLIC_KEY, OID_SM2_CURVE, OID_SM2_WITH_SM3 } from './oids.ts'
import { PkiError } from './pki-error.ts'
import type { Signer } from './signer.ts'

/** sm2-with-sm3 has no parameters (GM/T 0015; RFC 8998 section 3.2.1). */
export function sm2SignatureAlgorithm(): DerValue {
  return derSequence(derOid(OID_SM2_WITH_SM3))
}

export interface AlgorithmIdentifier {
  readonly oid: string
  /** DER of the parameters, undefined when absent. */
  readonly parameters: Uint8Array | undefined
  readonly raw: Uint8Array
}

export function readAlgorithm(reader: DerReader, field: string): AlgorithmIdentifier {
  const element = reader.element(0x30, field)
  const inner = reader.enter(element, field)
  const oid = inner.oid('algorithm')
  const parameters = inner.done ? undefined : inner.any('parameters').raw
  inner.end()
  return { oid, parameters, raw: element.raw }
}

/** B-7.3.2.2-2: the only signature algorithm accepted; NULL parameters, which some old issuers write, are refused too. */
export function isSm2WithSm3(algorithm: AlgorithmIdentifier): boolean {
  return algorithm.oid === OID_SM2_WITH_SM3 && algorithm.parameters === undefined
}

export interface PublicKeyInfo {
  readonly algorithm: string
  /** Curve of an elliptic-curve key. */
  readonly curve: string | undefined
  /** Content of the BIT STRING. */
  readonly bytes: Uint8Array
  readonly raw: Uint8Array
}

export function readPublicKeyInfo(reader: DerReader, field: string): PublicKeyInfo {
  const element = reader.element(0x30, field)
  const inner = reader.enter(element, field)
  const algorithm = readAlgorithm(inner, 'algorithm')
  const bytes = inner.bitBytes('key')
  inner.end()
  let curve: string | undefined
  if (algorithm.oid === OID_EC_PUBLIC_KEY && algorithm.parameters) {
    const parameters = DerReader.over(algorithm.parameters, `${field}.parameters`)
    curve = parameters.peek() === 0x06 ? parameters.oid('curve') : undefined
  }
  return { algorithm: algorithm.oid, curve, bytes, raw: element.raw }
}

/** PkiError unless the key is an uncompressed point on the SM2 curve (RFC 5480 section 2.2). */
export function sm2PublicKeyOf(info: PublicKeyInfo): Sm2PublicKey {
  if (info.algorithm !== OID_EC_PUBLIC_KEY || info.curve !== OID_SM2_CURVE) {
    throw new PkiError('algorithm', `the public key is ${info.algorithm}, not SM2 (B-7.3.2.2-2)`)
  }
  if (info.bytes.length !== 65)
    throw new PkiError('public-key', 'the public key is not an uncompressed point')
  try {
    return Sm2PublicKey.fromBytes(info.bytes)
  } catch {
    throw new PkiError('public-key', 'the public key is not a point of the SM2 curve')
  }
}

export function publicKeyInfoToDer(publicKey: Sm2PublicKey | PublicKeyInfo): DerValue {
  if ('raw' in publicKey) return derRaw(publicKey.raw)
  return derSequence(derSequence(derOid(OID_EC_PUBLIC_KEY), derOid(OID_SM2_CURVE)), derBits(publicKey.bytes))
}

/** A signed part with its algorithm and signature, as certificates, requests, lists and answers hold them. */
export async function signedParts(tbs: Uint8Array, signer: Signer): Promise<DerValue[]> {
  const signature = sm2SignatureToDer(await signer.sign(tbs))
  return [derRaw(tbs), sm2SignatureAlgorithm(), derBits(signature)]
}

export async function signedToDer(tbs: Uint8Array, signer: Signer): Promise<DerValue> {
  return derSequence(...(await signedParts(tbs, signer)))
}

/** Whether a DER signature over `message` is from this key, with the default user ID (GM/T 0009 section 10). */
export function verifyDerSignature(
  publicKey: Sm2PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return sm2Verify(publicKey, message, signature, { format: 'der' })
}
