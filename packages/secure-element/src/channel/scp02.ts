import { concatBytes } from '@anqu/encoding'
import type { BlockCipher } from './block-cipher.ts'
import type { ChannelKeys } from './session-keys.ts'

/*
 * What both sides of SCP02 compute (GlobalPlatform Card Specification 2.3.1, appendices B.1 and E). It is here for card
 * managers that know nothing newer: triple DES is no approved algorithm, so only a card whose profile names SCP02 speaks it.
 */

/**
 * i: 15 is explicit initiation, C-MAC on the modified command, ICV encryption, three keys; 55 besides says that the card's
 * challenge comes from the known algorithm (table E-1).
 */
export type Scp02Parameter = 0x15 | 0x55

export const DES_BLOCK = 8
export const ZERO_ICV = new Uint8Array(DES_BLOCK)
export const CARD_CHALLENGE_LENGTH = 6

export interface Scp02Keys {
  readonly encryption: Uint8Array
  readonly mac: Uint8Array
  readonly data: Uint8Array
}

export interface Challenges {
  readonly host: Uint8Array
  /** Two bytes. */
  readonly sequence: Uint8Array
  /** Six bytes. */
  readonly card: Uint8Array
}

/** Derivation constants (table E-2; §E.4.1). */
const DERIVE = { mac: 0x01, data: 0x81, encryption: 0x82 } as const

export async function deriveScp02Keys(
  tdes: BlockCipher,
  keys: ChannelKeys,
  sequence: Uint8Array,
): Promise<Scp02Keys> {
  const derive = (key: Uint8Array, constant: number): Promise<Uint8Array> =>
    tdes.encrypt(key, ZERO_ICV, concatBytes(Uint8Array.of(0x01, constant), sequence, new Uint8Array(12)))
  return {
    encryption: await derive(keys.encryption, DERIVE.encryption),
    mac: await derive(keys.mac, DERIVE.mac),
    data: await derive(keys.data, DERIVE.data),
  }
}

/** The proof of one side that it holds the keys: the last block of triple DES over both challenges (§E.4.2). */
export async function scp02Cryptogram(
  tdes: BlockCipher,
  encryption: Uint8Array,
  side: 'card' | 'host',
  { host, sequence, card }: Challenges,
): Promise<Uint8Array> {
  const parts = side === 'card' ? [host, sequence, card] : [sequence, card, host]
  const sealed = await tdes.encrypt(encryption, ZERO_ICV, padded(concatBytes(...parts)))
  return sealed.slice(-DES_BLOCK)
}

/** Single DES in CBC, triple DES for the last block (§B.1.2.2). Triple DES under the same key twice is single DES. */
export async function retailMac(
  tdes: BlockCipher,
  key: Uint8Array,
  icv: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  const blocks = padded(message)
  const before = blocks.subarray(0, -DES_BLOCK)
  const chained =
    before.length === 0 ? icv : (await tdes.encrypt(singleKey(key), icv, before)).slice(-DES_BLOCK)
  return tdes.encrypt(key, chained, blocks.subarray(-DES_BLOCK))
}

/** ICV encryption: single DES of the MAC before (§E.3.4). */
export function encryptIcv(tdes: BlockCipher, key: Uint8Array, mac: Uint8Array): Promise<Uint8Array> {
  return tdes.encrypt(singleKey(key), ZERO_ICV, mac)
}

/** The challenge of a card with i = 55: a MAC over its security domain's identifier under the session's MAC key. */
export async function predictedChallenge(
  tdes: BlockCipher,
  mac: Uint8Array,
  aid: Uint8Array,
): Promise<Uint8Array> {
  return (await retailMac(tdes, mac, ZERO_ICV, aid)).slice(0, CARD_CHALLENGE_LENGTH)
}

/** 80 00 … up to whole blocks, at least one byte of it. */
export function padded(data: Uint8Array): Uint8Array {
  const blocks = new Uint8Array((Math.floor(data.length / DES_BLOCK) + 1) * DES_BLOCK)
  blocks.set(data)
  blocks[data.length] = 0x80
  return blocks
}

/** Keys travel in ECB (§E.4.7.1, B.1.1.2): each block by itself. */
export async function unwrapScp02Key(
  tdes: BlockCipher,
  data: Uint8Array,
  wrapped: Uint8Array,
): Promise<Uint8Array> {
  return eachBlock(wrapped, (block) => tdes.decrypt(data, ZERO_ICV, block))
}

export async function wrapScp02Key(
  tdes: BlockCipher,
  data: Uint8Array,
  key: Uint8Array,
): Promise<Uint8Array> {
  return eachBlock(key, (block) => tdes.encrypt(data, ZERO_ICV, block))
}

async function eachBlock(
  bytes: Uint8Array,
  work: (block: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += DES_BLOCK)
    blocks.push(await work(bytes.subarray(at, at + DES_BLOCK)))
  return concatBytes(...blocks)
}

function singleKey(key: Uint8Array): Uint8Array {
  const first = key.subarray(0, DES_BLOCK)
  return concatBytes(first, first)
}
