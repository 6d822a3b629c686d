import { derOctets, type DerReader, type DerValue } from '@anqu/encoding'
import { extensionToDer } from '../certificate/extension-to-der.ts'
import { OID_OCSP_NONCE } from '../oids.ts'

/** RFC 9654 section 2.1: at least 1 and at most 128 bytes. */
const MAX_NONCE = 128

export function nonceExtension(nonce: Uint8Array): DerValue {
  if (nonce.length < 1 || nonce.length > MAX_NONCE)
    throw new RangeError(`a nonce has 1 to ${MAX_NONCE} bytes`)
  return extensionToDer(OID_OCSP_NONCE, 'plain', derOctets(nonce))
}

/** The nonce among the extensions; ParseError on a critical extension that is not known (RFC 6960 section 4.4). */
export function readOcspExtensions(list: DerReader): { readonly nonce?: Uint8Array } {
  let nonce: Uint8Array | undefined
  const seen = new Set<string>()
  while (!list.done) {
    const extension = list.sequence('extension')
    const oid = extension.oid('extnID')
    if (seen.has(oid)) extension.fail('extnID', `${oid} once`)
    seen.add(oid)
    const critical = extension.peek() === 0x01 && extension.boolean('critical')
    const value = extension.enter(extension.element(0x04, 'extnValue'), 'extnValue')
    extension.end()
    if (oid === OID_OCSP_NONCE) {
      nonce = value.octets('nonce')
      value.end()
      if (nonce.length < 1 || nonce.length > MAX_NONCE) value.fail('nonce', `1 to ${MAX_NONCE} bytes`)
    } else if (critical) list.fail('extension', `no critical ${oid}`)
  }
  return nonce ? { nonce } : {}
}
