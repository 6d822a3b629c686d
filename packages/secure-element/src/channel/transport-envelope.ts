import { ByteReader, ByteWriter, bytesToHex, equalBytes, ParseError, utf8ToBytes } from '@anqu/encoding'
import { sm2Decrypt, sm2Encrypt, type Sm2PrivateKey, type Sm2PublicKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import type { CommandApdu } from '../apdu/command.ts'
import { encodeKeySet, parseKeySet, type KeySet } from './key-set.ts'

/** Proprietary instruction of the issuer security domain. */
export const INS_HAND_OVER = 0x5c
/** Key version of the keys a card is born with. */
export const TRANSPORT_VERSION = 0x01
/** First bytes of what a card hands over, so that it is mistaken for nothing else. */
const MAGIC = utf8ToBytes('ANQUTKEY1')
const CARD_ID_LENGTH = 10

/** Asks a new card for its transport keys, under the TSM's certificate (leaf first), which must lead to the root it knows. */
export function handOverTransportKeys(chain: readonly Certificate[]): CommandApdu {
  const writer = new ByteWriter().u8(chain.length)
  for (const certificate of chain) writer.vector16(certificate.raw)
  return { cla: 0x80, ins: INS_HAND_OVER, p1: 0, p2: 0, data: writer.finish(), ne: 65_536 }
}

/** magic ‖ diversification data ‖ version ‖ type ‖ ENC ‖ MAC ‖ DEK under `recipient`: 04 ‖ C1 ‖ C3 ‖ C2. */
export function sealTransportKeys(recipient: Sm2PublicKey, cardId: Uint8Array, keySet: KeySet): Uint8Array {
  const plain = new ByteWriter()
    .bytes(MAGIC)
    .bytes(cardId)
    .u8(keySet.version)
    .bytes(encodeKeySet(keySet))
    .finish()
  try {
    return sm2Encrypt(recipient, plain)
  } finally {
    plain.fill(0)
  }
}

/** @throws GmCryptoError when it is not for this key, ParseError when it holds something else. */
export function openTransportKeys(
  key: Sm2PrivateKey,
  sealed: Uint8Array,
): { readonly cardId: string; readonly keySet: KeySet } {
  const plain = sm2Decrypt(key, sealed)
  const reader = new ByteReader(plain, 'transport keys')
  const magic = reader.bytes(MAGIC.length)
  if (!equalBytes(magic, MAGIC)) throw new ParseError('transport keys', 0, 'what a card hands over')
  const cardId = bytesToHex(reader.bytes(CARD_ID_LENGTH))
  const keySet = parseKeySet(reader.u8(), reader.rest())
  plain.fill(0)
  return { cardId, keySet }
}
