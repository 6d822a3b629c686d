import {
  derBits,
  derNull,
  derOid,
  derRaw,
  DerReader,
  derSequence,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { createSign, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { parseCertificate, type Certificate, type ForeignSignature } from '../index.ts'
import type { Party } from './test-chain.ts'

/** A certificate of ours under another key and signature: its signed part is taken apart and put together anew. */
export function resigned(party: Party, keys: Keys | 'its own', by: Keys): Certificate {
  const tbs = DerReader.over(party.certificate.tbs, 'tbs').sequence('tbs')
  const parts: DerValue[] = []
  while (!tbs.done) parts.push(derRaw(tbs.any('field').raw))
  parts[2] = by.algorithm
  if (keys !== 'its own') parts[6] = derRaw(keys.publicKey.export({ format: 'der', type: 'spki' }))
  const signed = encodeDer(derSequence(...parts))
  const signature = createSign(by.hash).update(signed).sign(by.privateKey)
  return parseCertificate(encodeDer(derSequence(derRaw(signed), by.algorithm, derBits(signature))))
}

export interface Keys {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  readonly hash: string
  readonly algorithm: DerValue
}

export const ecdsa = (namedCurve: string, hash: string, last: number): Keys => ({
  ...generateKeyPairSync('ec', { namedCurve }),
  hash,
  algorithm: derSequence(derOid(`1.2.840.10045.4.3.${last}`)),
})
export const rsa = (modulusLength: number, hash: string, last: number): Keys => ({
  ...generateKeyPairSync('rsa', { modulusLength }),
  hash,
  algorithm: derSequence(derOid(`1.2.840.113549.1.1.${last}`), derNull()),
})

export const nodeVerifier = ({ hash, publicKey, message, signature }: ForeignSignature): boolean =>
  createVerify(hash)
    .update(message)
    .verify({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }, signature)
