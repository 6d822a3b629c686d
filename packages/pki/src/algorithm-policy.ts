import {
  bytesToHex,
  DerReader,
  derExplicit,
  derNull,
  derOid,
  derSequence,
  derUnsigned,
  encodeDer,
  hexToBytes,
  ParseError,
} from '@anqu/encoding'
import { isSm2WithSm3, sm2PublicKeyOf, type AlgorithmIdentifier, type PublicKeyInfo } from './algorithm.ts'
import { OID_EC_PUBLIC_KEY, OID_SM2_CURVE, OID_SM2_WITH_SM3, OID_SM3 } from './oids.ts'
import { PkiError } from './pki-error.ts'

/**
 * Keys beside SM2 that may sign during a transition, each only when the policy names it. RSA means 3,072 bits or more. The
 * hash is SHA-256, SHA-384 or SHA-512. There is no name for MD5, SHA-1, DES, shorter RSA or other curves, so that nobody can
 * ask for them.
 */
export const transitionalAlgorithms = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-3072'] as const

export type TransitionalAlgorithm = (typeof transitionalAlgorithms)[number]

/** A signature of another kind than SM2, as a platform's own cryptography needs it. */
export interface ForeignSignature {
  readonly scheme: 'ECDSA' | 'RSASSA-PKCS1-v1_5' | 'RSA-PSS'
  readonly hash: 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** For ECDSA. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521'
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  /** DER of r and s for ECDSA. For RSA-PSS the salt is as long as the hash. */
  readonly signature: Uint8Array
}

/** sm2-with-sm3 always holds (B-7.3.2.2-2); what is named here holds beside it. */
export interface AlgorithmPolicy<Answer extends boolean | Promise<boolean> = boolean> {
  readonly transitional: readonly TransitionalAlgorithm[]
  /** Whether the signature is right; from node:crypto, or `webCryptoVerifier`. */
  readonly verify: (signature: ForeignSignature) => Answer
}

type Named = Pick<AlgorithmPolicy, 'transitional'>

const HASHES = ['SHA-256', 'SHA-384', 'SHA-512'] as const
type Hash = (typeof HASHES)[number]

const hashOids = { 'SHA-256': 1, 'SHA-384': 2, 'SHA-512': 3 } as const
const hashLengths = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 } as const
const RSA_KEY = '1.2.840.113549.1.1.1'
const RSA_PSS = '1.2.840.113549.1.1.10'
const MIN_RSA_BITS = 3072
const MAX_RSA_BITS = 16_384

interface Curve {
  readonly name: TransitionalAlgorithm
  readonly curve: 'P-256' | 'P-384' | 'P-521'
  readonly length: number
}

const curves: ReadonlyMap<string, Curve> = new Map<string, Curve>([
  ['1.2.840.10045.3.1.7', { name: 'ecdsa-p256', curve: 'P-256', length: 32 }],
  ['1.3.132.0.34', { name: 'ecdsa-p384', curve: 'P-384', length: 48 }],
  ['1.3.132.0.35', { name: 'ecdsa-p521', curve: 'P-521', length: 66 }],
])

/** RFC 4055 section 3.1: one parameter set for each hash, the same hash in the mask, the salt as long as the hash. */
function pssParameters(hash: Hash): string {
  const digest = derSequence(derOid(`2.16.840.1.101.3.4.2.${hashOids[hash]}`), derNull())
  const mask = derSequence(derOid('1.2.840.113549.1.1.8'), digest)
  const salt = derUnsigned(hashLengths[hash])
  return bytesToHex(
    encodeDer(derSequence(derExplicit(0, digest), derExplicit(1, mask), derExplicit(2, salt))),
  )
}

interface Scheme {
  readonly oid: string
  readonly scheme: ForeignSignature['scheme']
  readonly hash: Hash
  /** Hexadecimal DER of the parameters, `absent` where there are none. */
  readonly parameters: string
}

const schemes: readonly Scheme[] = HASHES.flatMap((hash): Scheme[] => [
  { oid: `1.2.840.10045.4.3.${hashOids[hash] + 1}`, scheme: 'ECDSA', hash, parameters: 'absent' },
  { oid: `1.2.840.113549.1.1.${hashOids[hash] + 10}`, scheme: 'RSASSA-PKCS1-v1_5', hash, parameters: '0500' },
  { oid: RSA_PSS, scheme: 'RSA-PSS', hash, parameters: pssParameters(hash) },
])

function schemeOf({ oid, parameters }: AlgorithmIdentifier): Scheme | undefined {
  const found = parameters ? bytesToHex(parameters) : 'absent'
  return schemes.find((scheme) => scheme.oid === oid && scheme.parameters === found)
}

/** PkiError when a policy names what is not a transitional algorithm: asking for a forbidden one is a mistake, not a wish. */
export function checkAlgorithmPolicy(policy: Named | undefined): void {
  for (const name of policy?.transitional ?? [])
    if (!transitionalAlgorithms.includes(name))
      throw new PkiError('algorithm', `${String(name)} is no algorithm that a policy may allow (B-7.3.2.1-3)`)
}

/** Why the policy does not allow this signature algorithm, undefined when it does. */
export function problemWithAlgorithm(algorithm: AlgorithmIdentifier, policy?: Named): string | undefined {
  if (isSm2WithSm3(algorithm)) return undefined
  const scheme = schemeOf(algorithm)
  const prefix = scheme?.scheme === 'ECDSA' ? 'ecdsa' : 'rsa'
  if (scheme && policy?.transitional.some((name) => name.startsWith(prefix))) return undefined
  return `the signature algorithm is ${algorithm.oid}`
}

/**
 * Why a signature that names these algorithms, by object identifier, is not to be computed; undefined for SM2 with SM3, the
 * only ones a holder signs with (B-7.3.2.3-2, B-7.3.2.3-3).
 */
export function problemWithNames(named: {
  readonly signatureAlgorithm: string
  readonly digestAlgorithm: string
}): string | undefined {
  if (named.signatureAlgorithm !== OID_SM2_WITH_SM3)
    return `the signature algorithm is ${named.signatureAlgorithm}`
  return named.digestAlgorithm === OID_SM3 ? undefined : `the digest algorithm is ${named.digestAlgorithm}`
}

/** Why the policy does not allow this key, undefined when it does. */
export function problemWithKey(key: PublicKeyInfo, policy?: Named): string | undefined {
  if (key.algorithm === OID_EC_PUBLIC_KEY && key.curve !== OID_SM2_CURVE) return problemWithCurve(key, policy)
  if (key.algorithm === RSA_KEY && policy?.transitional.includes('rsa-3072')) return problemWithRsaKey(key)
  try {
    sm2PublicKeyOf(key)
    return undefined
  } catch (error) {
    if (error instanceof PkiError) return error.message
    throw error
  }
}

/** The name a policy has for keys of this kind: `sm2`, a transitional one, or none at all. */
export function keyAlgorithmOf(key: PublicKeyInfo): 'sm2' | TransitionalAlgorithm | undefined {
  if (key.algorithm === RSA_KEY) return 'rsa-3072'
  if (key.algorithm !== OID_EC_PUBLIC_KEY) return undefined
  return key.curve === OID_SM2_CURVE ? 'sm2' : curves.get(key.curve ?? '')?.name
}

function problemWithCurve(key: PublicKeyInfo, policy?: Named): string | undefined {
  const curve = curves.get(key.curve ?? '')
  if (!curve || !policy?.transitional.includes(curve.name))
    return `the public key is on the curve ${key.curve ?? 'that has no name'}, not on that of SM2`
  return key.bytes.length === 1 + 2 * curve.length && key.bytes[0] === 4
    ? undefined
    : 'the public key is not an uncompressed point'
}

function problemWithRsaKey(key: PublicKeyInfo): string | undefined {
  try {
    const outer = DerReader.over(key.bytes, 'rsa')
    const fields = outer.sequence('key')
    const modulus = fields.unsignedBytes('modulus', MAX_RSA_BITS / 8)
    const exponent = fields.unsignedBytes('exponent', 8)
    fields.end()
    outer.end()
    const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
    if (bits < MIN_RSA_BITS) return `the RSA key has ${bits} bits, fewer than ${MIN_RSA_BITS}`
    const odd = ((exponent.at(-1) ?? 0) & 1) === 1
    return odd && exponent.length >= 3 ? undefined : 'the RSA exponent is below 65537 or even'
  } catch (error) {
    if (error instanceof ParseError) return 'the RSA key cannot be read'
    throw error
  }
}

/**
 * A signature algorithm as certificates write it, from its identifier and that of the digest; undefined when the two do not
 * belong together or when it is not a transitional one. RSA-PSS has parameters that no identifier tells.
 */
export function transitionalScheme(named: {
  readonly signatureAlgorithm: string
  readonly digestAlgorithm: string
}): AlgorithmIdentifier | undefined {
  const { signatureAlgorithm: oid, digestAlgorithm } = named
  const found = schemes.find((scheme) => scheme.oid === oid && scheme.scheme !== 'RSA-PSS')
  if (!found || digestAlgorithm !== `2.16.840.1.101.3.4.2.${hashOids[found.hash]}`) return undefined
  const parameters = found.parameters === 'absent' ? undefined : hexToBytes(found.parameters)
  return { oid, parameters, raw: encodeDer(derSequence(derOid(oid), ...(parameters ? [derNull()] : []))) }
}

/** The question a platform's cryptography must answer; undefined when key and algorithm do not belong together. */
export function foreignSignature(
  signed: {
    readonly algorithm: AlgorithmIdentifier
    readonly message: Uint8Array
    readonly signature: Uint8Array
  },
  key: PublicKeyInfo,
): ForeignSignature | undefined {
  const scheme = schemeOf(signed.algorithm)
  if (!scheme) return undefined
  const { message, signature } = signed
  const question = { scheme: scheme.scheme, hash: scheme.hash, publicKey: key.raw, message, signature }
  if (scheme.scheme !== 'ECDSA') return key.algorithm === RSA_KEY ? question : undefined
  const curve = key.algorithm === OID_EC_PUBLIC_KEY ? curves.get(key.curve ?? '') : undefined
  return curve ? { ...question, curve: curve.curve } : undefined
}
