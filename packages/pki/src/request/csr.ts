import {
  DER_SEQUENCE,
  DerReader,
  derConstructed,
  derContextTag,
  derSequence,
  derUnsigned,
  encodeDer,
} from '@anqu/encoding'
import type { Sm2PublicKey } from '@anqu/gm-crypto'
import {
  isSm2WithSm3,
  publicKeyInfoToDer,
  readAlgorithm,
  readPublicKeyInfo,
  signedToDer,
  sm2PublicKeyOf,
  verifyDerSignature,
  type AlgorithmIdentifier,
  type PublicKeyInfo,
} from '../algorithm.ts'
import { nameToDer, readName, type Name } from '../name/name.ts'
import type { Signer } from '../signer.ts'

/** A certification request for a key of any kind (PKCS#10, RFC 2986). Byte strings are views into `raw`. */
export interface CsrContent {
  readonly raw: Uint8Array
  /** The signed part. */
  readonly info: Uint8Array
  readonly subject: Name
  readonly publicKeyInfo: PublicKeyInfo
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  /** Object identifiers of the attributes; their content is not followed, the issuer's profile decides extensions. */
  readonly attributes: readonly string[]
}

export interface Csr extends CsrContent {
  readonly publicKey: Sm2PublicKey
}

const ATTRIBUTES = derContextTag(0, 'constructed')

/** DER of a request signed by its own key. The key may live elsewhere, so that signing may take its time. */
export async function createCsr(request: {
  readonly key: Signer
  readonly subject: Name
}): Promise<Uint8Array> {
  const info = encodeDer(
    derSequence(
      derUnsigned(0),
      nameToDer(request.subject),
      publicKeyInfoToDer(request.key.publicKey),
      // RFC 2986 section 4.1: attributes are not optional, the set may be empty.
      derConstructed(ATTRIBUTES, []),
    ),
  )
  return encodeDer(await signedToDer(info, request.key))
}

/** ParseError on malformed input, PkiError when the key is not an SM2 key. Does not check the signature. */
export function parseCsr(der: Uint8Array): Csr {
  const content = readCsr(der)
  return { ...content, publicKey: sm2PublicKeyOf(content.publicKeyInfo) }
}

/** ParseError on malformed input; says nothing about key or signature. For issuers in a transition. */
export function readCsr(der: Uint8Array): CsrContent {
  const outer = DerReader.over(der, 'csr', { maxLength: 64 * 1024 })
  const request = outer.sequence('request')
  outer.end()
  const element = request.element(DER_SEQUENCE, 'info')
  const signatureAlgorithm = readAlgorithm(request, 'signatureAlgorithm')
  const signature = request.bitBytes('signature')
  request.end()

  const info = request.enter(element, 'info')
  info.small('version', 0)
  const subject = readName(info, 'subject')
  const publicKeyInfo = readPublicKeyInfo(info, 'publicKey')
  const attributes = readAttributes(info)
  info.end()
  return { raw: der, info: element.raw, subject, publicKeyInfo, signatureAlgorithm, signature, attributes }
}

function readAttributes(info: DerReader): string[] {
  const reader = info.constructed(ATTRIBUTES, 'attributes')
  const types: string[] = []
  while (!reader.done) {
    const attribute = reader.sequence('attribute')
    types.push(attribute.oid('type'))
    attribute.setOf('values')
    attribute.end()
  }
  return types
}

/** Proof of possession: whether the request is signed with sm2-with-sm3 by the key it names. */
export function verifyCsr(csr: Csr): boolean {
  return isSm2WithSm3(csr.signatureAlgorithm) && verifyDerSignature(csr.publicKey, csr.info, csr.signature)
}
