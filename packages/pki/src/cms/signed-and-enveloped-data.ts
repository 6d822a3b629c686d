import { derSequence, derSetOf, derUnsigned } from '@anqu/encoding'
import type { Certificate } from '../certificate/certificate.ts'
import {
  decryptContent,
  encryptContent,
  readEncryptedContent,
  readRecipients,
  type EncryptedContent,
  type Recipient,
  type RecipientInfo,
} from './content-encryption.ts'
import { encodeContentInfo, enterContentInfo, type CmsFamily } from './content-types.ts'
import {
  attachmentsToDer,
  readDigestAlgorithms,
  readSignatures,
  signerInfosToDer,
  type SignedDataRequest,
  type Signatures,
} from './signed-data.ts'
import { digestAlgorithmToDer } from './signer-info.ts'
import { verifySignatures, type SignedDataVerdict, type SignerTrust } from './verify-signed-data.ts'

export interface SignedAndEnvelopedRequest extends Omit<SignedDataRequest, 'placement'> {
  /** Not checked here: `sealDigitalEnvelope` does (B-7.3.3.3-3). */
  readonly recipients: readonly Certificate[]
}

export interface SignedAndEnvelopedData extends Signatures {
  readonly family: CmsFamily
  readonly recipients: readonly RecipientInfo[]
  readonly content: EncryptedContent
}

/**
 * DER of a message that is signed and encrypted (GM/T 0010, RFC 2315 section 11). The signatures are over the content and
 * stand beside the ciphertext as they are, as the implementations of GM/T 0010 do it: they are not encrypted once more.
 */
export async function encodeSignedAndEnvelopedData(request: SignedAndEnvelopedRequest): Promise<Uint8Array> {
  const { family, content, recipients } = request
  const signed = { ...request, placement: 'detached' } as const
  const signerInfos = await signerInfosToDer(signed)
  const { recipientInfos, encryptedContentInfo } = encryptContent(family, content, recipients)
  const body = derSequence(
    derUnsigned(1),
    recipientInfos,
    derSetOf(digestAlgorithmToDer()),
    encryptedContentInfo,
    ...attachmentsToDer(signed),
    signerInfos,
  )
  return encodeContentInfo(family, 'signedAndEnvelopedData', body)
}

export function parseSignedAndEnvelopedData(der: Uint8Array): SignedAndEnvelopedData {
  const { family, body } = enterContentInfo(der, 'signedAndEnvelopedData')
  if (body.small('version', 1) !== 1) body.fail('version', 'version 1')
  const recipients = readRecipients(body)
  readDigestAlgorithms(body)
  const content = readEncryptedContent(body, family)
  return { family, recipients, content, ...readSignatures(body) }
}

/** Decrypts, and returns the content only when every signature over it holds. ParseError when it cannot be read. */
export function openSignedAndEnvelopedData(
  message: Uint8Array,
  recipient: Recipient,
  trust: SignerTrust,
): SignedDataVerdict {
  const parsed = parseSignedAndEnvelopedData(message)
  const opened = decryptContent(parsed, recipient)
  return opened.ok ? verifySignatures(parsed.family, parsed, { content: opened.content, trust }) : opened
}
