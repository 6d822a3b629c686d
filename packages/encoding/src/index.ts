export { base64ToBytes, base64UrlToBytes, bytesToBase64, bytesToBase64Url } from './base64.ts'
export { encodeBerTlv, findBerTlv, parseBerTlv, type BerTlv, type BerTlvOptions } from './ber-tlv.ts'
export { ByteReader } from './byte-reader.ts'
export { ByteWriter } from './byte-writer.ts'
export { compareBytes, concatBytes, equalBytes } from './bytes.ts'
export type { DerElement } from './der/der-element.ts'
export { contentToOid, oidToContent } from './der/der-oid.ts'
export { DerReader, type DerBits, type DerLimits } from './der/der-reader.ts'
export * from './der/der-tags.ts'
export {
  derBits,
  derBoolean,
  derConstructed,
  derExplicit,
  derGeneralizedTime,
  derIa5,
  derImplicit,
  derNamedBits,
  derNull,
  derOctets,
  derOid,
  derPrimitive,
  derPrintable,
  derRaw,
  derSequence,
  derSetOf,
  derTime,
  derUnsigned,
  derUtf8,
  encodeDer,
  type DerValue,
} from './der/der-writer.ts'
export { bytesToHex, hexToBytes } from './hex.ts'
export { ParseError } from './parse-error.ts'
export { encodePem, parsePem, pemToBytes, type PemBlock } from './pem.ts'
export { bytesToUtf8, utf8ToBytes } from './utf8.ts'
