import { ByteWriter, concatBytes } from '@anqu/encoding'
import type { BlockCipher } from './block-cipher.ts'
import { cmac } from './cmac.ts'

/** A card's static keys of one key version, and what they are for. */
export interface ChannelKeys {
  readonly encryption: Uint8Array
  readonly mac: Uint8Array
  /** Wraps keys that are put onto the card. */
  readonly data: Uint8Array
}

export interface SessionKeys {
  readonly encryption: Uint8Array
  readonly mac: Uint8Array
  readonly responseMac: Uint8Array
}

/** Derivation constants of GlobalPlatform Amendment D, table 4-1. */
const DERIVE = {
  cardCryptogram: 0x00,
  hostCryptogram: 0x01,
  challenge: 0x02,
  encryption: 0x04,
  mac: 0x06,
  responseMac: 0x07,
}
const CRYPTOGRAM_LENGTH = 8

/** Key derivation in counter mode with CMAC (Amendment D §4.1.5; NIST SP 800-108). Up to one block: the counter is 1. */
async function derive(
  cipher: BlockCipher,
  key: Uint8Array,
  purpose: { constant: number; length: number; context: Uint8Array },
): Promise<Uint8Array> {
  const { constant, length, context } = purpose
  const data = new ByteWriter()
    .bytes(new Uint8Array(11))
    .u8(constant)
    .u8(0)
    .u16(length * 8)
    .u8(1)
    .bytes(context)
    .finish()
  return (await cmac(cipher, key, data)).slice(0, length)
}

/** Session keys from both challenges: fresh for every session (B-7.5.10.2-3). */
export async function deriveSessionKeys(
  cipher: BlockCipher,
  keys: ChannelKeys,
  context: Uint8Array,
): Promise<SessionKeys> {
  const length = cipher.keyLength
  return {
    encryption: await derive(cipher, keys.encryption, { constant: DERIVE.encryption, length, context }),
    mac: await derive(cipher, keys.mac, { constant: DERIVE.mac, length, context }),
    responseMac: await derive(cipher, keys.mac, { constant: DERIVE.responseMac, length, context }),
  }
}

/** The proof of one side that it holds the keys; `mac` is the session's MAC key. */
export function deriveCryptogram(
  cipher: BlockCipher,
  mac: Uint8Array,
  side: 'card' | 'host',
  context: Uint8Array,
): Promise<Uint8Array> {
  const constant = side === 'card' ? DERIVE.cardCryptogram : DERIVE.hostCryptogram
  return derive(cipher, mac, { constant, length: CRYPTOGRAM_LENGTH, context })
}

/** The card's challenge where it is derived from its sequence counter instead of drawn (i bit 5, Amendment D §6.2.2.1). */
export function deriveCardChallenge(
  cipher: BlockCipher,
  encryptionKey: Uint8Array,
  sequence: Uint8Array,
  aid: Uint8Array,
): Promise<Uint8Array> {
  return derive(cipher, encryptionKey, {
    constant: DERIVE.challenge,
    length: CRYPTOGRAM_LENGTH,
    context: concatBytes(sequence, aid),
  })
}

/** Key check value: a block of 01 encrypted (Amendment D §7.1.1.2 for AES), for triple DES one of 00; the first three bytes. */
export async function keyCheckValue(cipher: BlockCipher, key: Uint8Array): Promise<Uint8Array> {
  if (cipher.name === 'TDES')
    return (await cipher.encrypt(key, new Uint8Array(8), new Uint8Array(8))).slice(0, 3)
  return (await cipher.encrypt(key, new Uint8Array(16), new Uint8Array(16).fill(0x01))).slice(0, 3)
}
