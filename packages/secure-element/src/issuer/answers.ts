import { bytesToHex, parseBerTlv, findBerTlv, ParseError } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import { PUBLISHER_TAG } from '../applets/issuer-security-domain/publisher-key.ts'

/** One entry of GET STATUS. */
export interface StatusEntry {
  /** Identifier, in hex. */
  readonly aid: string
  readonly state: number
  /** Of a load file; 0 of anything else. */
  readonly version: number
}

/** Entries of a GET STATUS answer. @throws ParseError */
export function parseStatusEntries(answer: Uint8Array): StatusEntry[] {
  return parseBerTlv(answer).map(({ tag, children = [] }) => {
    const aid = findBerTlv(children, 0x4f)?.value
    const state = findBerTlv(children, 0x9f70)?.value[0]
    if (tag !== 0xe3 || aid === undefined || state === undefined)
      throw new ParseError('GET STATUS', 0, 'an entry E3{4F, 9F70}')
    const version = findBerTlv(children, 0xce)?.value ?? new Uint8Array(0)
    return { aid: bytesToHex(aid), state, version: version.reduce((sum, byte) => sum * 256 + byte, 0) }
  })
}

/** Versions of the keys on a card, from GET DATA 00E0, each once. @throws ParseError */
export function parseKeyVersions(answer: Uint8Array): number[] {
  const [template] = parseBerTlv(answer)
  if (template?.tag !== 0xe0) throw new ParseError('key information', 0, 'a template E0')
  const versions = (template.children ?? []).map(({ value }) => value[1] ?? 0)
  return [...new Set(versions)].toSorted((a, b) => a - b)
}

/** The publisher's key on a card, from GET DATA DF21. @throws ParseError, GmCryptoError for what is no key. */
export function parsePublisherKey(answer: Uint8Array): Sm2PublicKey {
  const value = findBerTlv(parseBerTlv(answer), PUBLISHER_TAG)?.value
  if (value === undefined) throw new ParseError('publisher key', 0, 'an object DF21')
  return Sm2PublicKey.fromBytes(value)
}
