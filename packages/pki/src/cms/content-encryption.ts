import {
  DER_OCTET_STRING,
  derContextTag,
  derImplicit,
  derOctets,
  derOid,
  DerReader,
  derSequence,
  derSetOf,
  derUnsigned,
  type DerValue,
} from '@anqu/encoding'
import {
  GmCryptoError,
  randomBytes,
  sm2Decrypt,
  sm2Encrypt,
  sm4CbcDecrypt,
  sm4CbcEncrypt,
  type Sm2PrivateKey,
} from '@anqu/gm-crypto'
import { readAlgorithm, type AlgorithmIdentifier } from '../algorithm.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { PkiError } from '../pki-error.ts'
import {
  readReference,
  referenceToDer,
  refersTo,
  type CertificateReference,
} from './certificate-reference.ts'
import { cmsFailure, type CmsFailure } from './cms-failure.ts'
import { contentTypeOid, type CmsFamily } from './content-types.ts'
import { readMany } from './read-many.ts'

/** GM/T 0006: SM2 encryption, SM4 in CBC mode. */
const OID_SM2_ENCRYPT = '1.2.156.10197.1.301.3'
const OID_SM4_CBC = '1.2.156.10197.1.104.2'
const SM4_KEY_BYTES = 16
const IV_BYTES = 16
const MAX_RECIPIENTS = 64

/** GM/T 0010 numbers all structures 1, PKCS#7 (RFC 2315 section 10) numbers these 0. */
export const envelopeVersion = { gm: 1, pkcs7: 0 } as const

export interface RecipientInfo {
  readonly reference: CertificateReference
  /** SM2Cipher of the content key, DER (GM/T 0009). */
  readonly encryptedKey: Uint8Array
}

export interface EncryptedContent {
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
}

/** One key and one random vector for each message; the key leaves only inside the recipients' ciphertexts. */
export function encryptContent(
  family: CmsFamily,
  content: Uint8Array,
  recipients: readonly Certificate[],
): { readonly recipientInfos: DerValue; readonly encryptedContentInfo: DerValue } {
  if (recipients.length === 0 || recipients.length > MAX_RECIPIENTS)
    throw new PkiError('content', `a message has 1 to ${MAX_RECIPIENTS} recipients`)
  const key = randomBytes(SM4_KEY_BYTES)
  try {
    const recipientInfos = derSetOf(...recipients.map((recipient) => recipientToDer(family, recipient, key)))
    const iv = randomBytes(IV_BYTES)
    const encryptedContentInfo = derSequence(
      derOid(contentTypeOid(family, 'data')),
      derSequence(derOid(OID_SM4_CBC), derOctets(iv)),
      derImplicit(0, derOctets(sm4CbcEncrypt(key, iv, content))),
    )
    return { recipientInfos, encryptedContentInfo }
  } finally {
    key.fill(0)
  }
}

function recipientToDer(family: CmsFamily, recipient: Certificate, key: Uint8Array): DerValue {
  return derSequence(
    derUnsigned(envelopeVersion[family]),
    referenceToDer(recipient),
    derSequence(derOid(OID_SM2_ENCRYPT)),
    derOctets(sm2Encrypt(recipient.publicKey, key, { format: 'der' })),
  )
}

function readRecipient(list: DerReader): RecipientInfo {
  const fields = list.sequence('recipientInfo')
  fields.small('version', 1)
  const reference = readReference(fields)
  const algorithm = readAlgorithm(fields, 'keyEncryptionAlgorithm')
  // B-7.3.3.3-2: recipients of other algorithms may not be mixed in.
  if (algorithm.oid !== OID_SM2_ENCRYPT) fields.fail('keyEncryptionAlgorithm', 'SM2 encryption')
  const encryptedKey = fields.octets('encryptedKey', DER_OCTET_STRING)
  fields.end()
  return { reference, encryptedKey }
}

export function readRecipients(body: DerReader): RecipientInfo[] {
  const list = body.setOf('recipientInfos')
  if (list.done) list.fail('recipientInfo', 'at least one recipient')
  return readMany(list, MAX_RECIPIENTS, readRecipient)
}

/** The vector of an SM4-CBC identifier; `fail` throws what is expected in its place. */
export function sm4CbcVector(
  { oid, parameters }: AlgorithmIdentifier,
  fail: (expected: string) => never,
): Uint8Array {
  if (oid !== OID_SM4_CBC || !parameters) return fail('SM4 in CBC mode')
  const reader = DerReader.over(parameters, 'cms.iv')
  const iv = reader.octets('iv')
  reader.end()
  return iv.length === IV_BYTES ? iv : fail(`a vector of ${IV_BYTES} bytes`)
}

export function readEncryptedContent(body: DerReader, family: CmsFamily): EncryptedContent {
  const info = body.sequence('encryptedContentInfo')
  if (info.oid('contentType') !== contentTypeOid(family, 'data'))
    info.fail('contentType', 'the type data of the same family')
  const field = 'contentEncryptionAlgorithm'
  const iv = sm4CbcVector(readAlgorithm(info, field), (expected) => info.fail(field, expected))
  const ciphertext = info.octets('encryptedContent', derContextTag(0, 'primitive'))
  info.end()
  return { iv, ciphertext }
}

/** Whose key opens a message: the private key lies where this function is called. */
export interface Recipient {
  readonly certificate: Certificate
  readonly key: Sm2PrivateKey
}

/**
 * The content, or one refusal whatever was wrong with keys and padding: telling them apart would let a stranger decrypt by
 * asking (RFC 3218).
 */
export function decryptContent(
  {
    recipients,
    content,
  }: { readonly recipients: readonly RecipientInfo[]; readonly content: EncryptedContent },
  { certificate, key }: Recipient,
): { readonly ok: true; readonly content: Uint8Array } | CmsFailure {
  const mine = recipients.find(({ reference }) => refersTo(reference, certificate))
  if (!mine) return cmsFailure('recipient', 'the message is not for this certificate', certificate)
  try {
    const contentKey = sm2Decrypt(key, mine.encryptedKey, { format: 'der' })
    try {
      if (contentKey.length === SM4_KEY_BYTES)
        return { ok: true, content: sm4CbcDecrypt(contentKey, content.iv, content.ciphertext) }
    } finally {
      contentKey.fill(0)
    }
  } catch (error) {
    if (!(error instanceof GmCryptoError && error.code === 'gm.decrypt-failed')) throw error
  }
  return cmsFailure('decryption', 'the message cannot be opened', certificate)
}
