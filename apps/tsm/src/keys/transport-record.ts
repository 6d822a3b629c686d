import { concatBytes } from '@anqu/encoding'
import { SM4, type KeySet } from '@anqu/secure-element'
import type { CardKeys } from './card-keys.ts'

const context = (cardId: string): string => `transport:${cardId}`

/** Transport keys as the database keeps them until the card's first contact. */
export function sealTransport(keys: CardKeys, cardId: string, keySet: KeySet): Uint8Array {
  const { encryption, mac, data } = keySet.keys
  return keys.seal(context(cardId), concatBytes(Uint8Array.of(keySet.version), encryption, mac, data))
}

export function openTransport(keys: CardKeys, cardId: string, sealed: Uint8Array): KeySet {
  const bytes = keys.open(context(cardId), sealed)
  const part = (at: number): Uint8Array => bytes.slice(1 + 16 * at, 17 + 16 * at)
  return {
    version: bytes[0] ?? 0,
    cipher: SM4,
    keys: { encryption: part(0), mac: part(1), data: part(2) },
  }
}
