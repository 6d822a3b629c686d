import { derSequence, derUnsigned } from '@anqu/encoding'
import type { Certificate } from '../certificate/certificate.ts'
import type { CmsFailure } from './cms-failure.ts'
import {
  decryptContent,
  encryptContent,
  envelopeVersion,
  readEncryptedContent,
  readRecipients,
  type EncryptedContent,
  type Recipient,
  type RecipientInfo,
} from './content-encryption.ts'
import { encodeContentInfo, enterContentInfo, type CmsFamily } from './content-types.ts'

export interface EnvelopedDataRequest {
  readonly family: CmsFamily
  readonly content: Uint8Array
  /** Not checked here: `sealDigitalEnvelope` does (B-7.3.3.3-3). */
  readonly recipients: readonly Certificate[]
}

export interface EnvelopedData {
  readonly family: CmsFamily
  readonly recipients: readonly RecipientInfo[]
  readonly content: EncryptedContent
}

/**
 * DER of an encrypted message (GM/T 0010, RFC 5652 section 6): SM4-CBC under a key that SM2 carries to each recipient.
 * Nothing tells who wrote it, and a change of the ciphertext may go unnoticed.
 */
export function encodeEnvelopedData({ family, content, recipients }: EnvelopedDataRequest): Uint8Array {
  const { recipientInfos, encryptedContentInfo } = encryptContent(family, content, recipients)
  const version = derUnsigned(envelopeVersion[family])
  return encodeContentInfo(
    family,
    'envelopedData',
    derSequence(version, recipientInfos, encryptedContentInfo),
  )
}

export function parseEnvelopedData(der: Uint8Array): EnvelopedData {
  const { family, body } = enterContentInfo(der, 'envelopedData')
  body.small('version', 1)
  const recipients = readRecipients(body)
  const content = readEncryptedContent(body, family)
  body.end()
  return { family, recipients, content }
}

/** ParseError when the message cannot be read. */
export function openEnvelopedData(
  message: Uint8Array,
  recipient: Recipient,
): { readonly ok: true; readonly content: Uint8Array } | CmsFailure {
  return decryptContent(parseEnvelopedData(message), recipient)
}
