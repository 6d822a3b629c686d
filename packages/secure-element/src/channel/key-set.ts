import { ByteReader, ByteWriter, ParseError } from '@anqu/encoding'
import { SM4, type BlockCipher } from './block-cipher.ts'
import type { ChannelKeys } from './session-keys.ts'

/** A card's channel keys under their version number (01–7F). */
export interface KeySet {
  readonly version: number
  readonly cipher: BlockCipher
  readonly keys: ChannelKeys
}

/** Key type bytes as in GlobalPlatform table 11-16; that table knows no SM4, so its byte is our own. */
const KEY_TYPE = { AES: 0x88, SM4: 0x8e, TDES: 0x80 } as const
const KEY_LENGTH = 16

/**
 * Versions of client instances. Keys of such a version have no right by themselves: only what the rules allow the client
 * they are bound to. All other versions are the issuer's. So keys a client was given never become the issuer's, whatever
 * connection is lost on the way.
 */
export const CLIENT_VERSIONS = { first: 0x40, last: 0x6f } as const

export function isClientVersion(version: number): boolean {
  return version >= CLIENT_VERSIONS.first && version <= CLIENT_VERSIONS.last
}

export function keyType(cipher: BlockCipher): number {
  return KEY_TYPE[cipher.name]
}

/** SM4, or one of `others`: what a card's profile names (B-7.2-16). @throws ParseError for a type of no such cipher. */
export function cipherOfType(type: number, others: readonly BlockCipher[] = []): BlockCipher {
  const cipher = [SM4, ...others].find((known) => keyType(known) === type)
  if (cipher === undefined) throw new ParseError('key', 0, 'a key of a cipher that this card knows')
  return cipher
}

/** Whether stored keys are of SM4 or one of `others`. */
export function isSetOf(bytes: Uint8Array, others: readonly BlockCipher[]): boolean {
  return [SM4, ...others].some((known) => keyType(known) === bytes[0])
}

/** type ‖ ENC ‖ MAC ‖ DEK. */
export function encodeKeySet({ cipher, keys }: KeySet): Uint8Array {
  return new ByteWriter(64)
    .u8(keyType(cipher))
    .bytes(keys.encryption)
    .bytes(keys.mac)
    .bytes(keys.data)
    .finish()
}

/** @throws ParseError as `cipherOfType`. */
export function parseKeySet(version: number, bytes: Uint8Array, others: readonly BlockCipher[] = []): KeySet {
  const reader = new ByteReader(bytes, 'key set')
  const cipher = cipherOfType(reader.u8(), others)
  const [encryption, mac, data] = [
    reader.bytes(KEY_LENGTH),
    reader.bytes(KEY_LENGTH),
    reader.bytes(KEY_LENGTH),
  ]
  reader.end()
  return { version, cipher, keys: { encryption: encryption.slice(), mac: mac.slice(), data: data.slice() } }
}
