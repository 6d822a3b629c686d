import {
  DER_SEQUENCE,
  derContextTag,
  derExplicit,
  derOid,
  DerReader,
  derSequence,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'

/** GM/T 0010 has object identifiers of its own for the content types of PKCS#7 (RFC 2315); the structures are the same. */
export type CmsFamily = 'gm' | 'pkcs7'

const numbers = { data: 1, signedData: 2, envelopedData: 3, signedAndEnvelopedData: 4 } as const
export type ContentType = keyof typeof numbers

const arcs = { gm: '1.2.156.10197.6.1.4.2', pkcs7: '1.2.840.113549.1.7' } as const
const FAMILIES = ['gm', 'pkcs7'] as const

export function contentTypeOid(family: CmsFamily, type: ContentType): string {
  return `${arcs[family]}.${numbers[type]}`
}

/** Longest message read, bytes. */
export const MAX_CMS_BYTES = 64 * 1024 * 1024

const EXPLICIT_0 = derContextTag(0, 'constructed')

export function encodeContentInfo(family: CmsFamily, type: ContentType, body: DerValue): Uint8Array {
  return encodeDer(derSequence(derOid(contentTypeOid(family, type)), derExplicit(0, body)))
}

/** Reads the outer shell of a message of this type, in either family. ParseError on any other. */
export function enterContentInfo(der: Uint8Array, type: ContentType): { family: CmsFamily; body: DerReader } {
  const outer = DerReader.over(der, 'cms', { maxLength: MAX_CMS_BYTES })
  const info = outer.sequence('contentInfo')
  outer.end()
  const oid = info.oid('contentType')
  const family = FAMILIES.find((found) => contentTypeOid(found, type) === oid)
  if (!family) return info.fail('contentType', `the type ${type}`)
  const content = info.constructed(EXPLICIT_0, 'content')
  info.end()
  const element = content.element(DER_SEQUENCE, type)
  content.end()
  return { family, body: content.enter(element, type) }
}
