/** Identifier octets (X.690 section 8.1.2). Only the low-tag-number form is used by the structures we read. */
export const DER_BOOLEAN = 0x01
export const DER_INTEGER = 0x02
export const DER_BIT_STRING = 0x03
export const DER_OCTET_STRING = 0x04
export const DER_NULL = 0x05
export const DER_OID = 0x06
export const DER_ENUMERATED = 0x0a
export const DER_UTF8_STRING = 0x0c
export const DER_PRINTABLE_STRING = 0x13
export const DER_TELETEX_STRING = 0x14
export const DER_IA5_STRING = 0x16
export const DER_UTC_TIME = 0x17
export const DER_GENERALIZED_TIME = 0x18
export const DER_BMP_STRING = 0x1e
export const DER_SEQUENCE = 0x30
export const DER_SET = 0x31

/** The identifier octet of a context-specific tag 0..30. */
export function derContextTag(number: number, form: 'primitive' | 'constructed'): number {
  if (!Number.isInteger(number) || number < 0 || number > 30)
    throw new RangeError(`not a low tag number: ${number}`)
  return (form === 'constructed' ? 0xa0 : 0x80) | number
}
