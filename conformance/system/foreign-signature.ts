import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  derBits,
  derNull,
  derOid,
  derRaw,
  DerReader,
  derSequence,
  derUnsigned,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { encodeName, parseCertificate, type Certificate, type Name } from '@anqu/pki'

/** A key of another kind than SM2, and what it signs with. */
export type ForeignKeys = {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  readonly hash: string
  readonly algorithm: DerValue
}

export const ecdsaKeys = (namedCurve: string): ForeignKeys => ({
  ...generateKeyPairSync('ec', { namedCurve }),
  hash: 'SHA256',
  algorithm: derSequence(derOid('1.2.840.10045.4.3.2')),
})

export const rsaKeys = (modulusLength: number, hash: 'SHA256' | 'SHA1' = 'SHA256'): ForeignKeys => ({
  ...generateKeyPairSync('rsa', { modulusLength }),
  hash,
  algorithm: derSequence(derOid(`1.2.840.113549.1.1.${hash === 'SHA1' ? 5 : 11}`), derNull()),
})

const spkiOf = ({ publicKey }: ForeignKeys): DerValue =>
  derRaw(publicKey.export({ format: 'der', type: 'spki' }))

function signed(body: DerValue, keys: ForeignKeys): Uint8Array {
  const tbs = encodeDer(body)
  const signature = createSign(keys.hash).update(tbs).sign(keys.privateKey)
  return encodeDer(derSequence(derRaw(tbs), keys.algorithm, derBits(signature)))
}

/** The certificate with these keys in it, signed by them: what stands in it is taken apart and put together anew. */
export function underForeignKeys(certificate: Certificate, keys: ForeignKeys): Certificate {
  const fields = DerReader.over(certificate.tbs, 'tbs').sequence('tbs')
  const parts: DerValue[] = []
  while (!fields.done) parts.push(derRaw(fields.any('field').raw))
  parts[2] = keys.algorithm
  parts[6] = spkiOf(keys)
  return parseCertificate(signed(derSequence(...parts), keys))
}

/** A PKCS#10 request for a foreign key, signed by it. */
export function foreignCsr(subject: Name, keys: ForeignKeys): Uint8Array {
  const attributes = derRaw(Uint8Array.of(0xa0, 0x00))
  return signed(derSequence(derUnsigned(0), derRaw(encodeName(subject)), spkiOf(keys), attributes), keys)
}
