import { ByteReader, concatBytes, equalBytes } from '@anqu/encoding'
import type { CommandApdu } from '../../apdu/command.ts'
import { requireStatus, StatusWord } from '../../apdu/status-word.ts'
import type { BlockCipher } from '../../channel/block-cipher.ts'
import { cipherOfType, isClientVersion } from '../../channel/key-set.ts'
import type { SessionView } from '../../channel/secure-channel.ts'
import { keyCheckValue } from '../../channel/session-keys.ts'
import type { AccessControl } from '../../runtime/access-control.ts'
import type { StoredChannelKeys } from './channel-keys.ts'
import { PUBLISHER_VERSION } from './publisher-key.ts'

/** P2 of PUT KEY: all three keys of a set at once, starting with identifier 1. */
const ALL_KEYS = 0x81
const LAST_VERSION = 0x7f

/** new version ‖ 3 × {type, length, key length, key under the DEK, 03, check value}; answers version ‖ check values. */
export async function putKey(
  { p1, p2, data }: CommandApdu,
  keys: StoredChannelKeys,
  session: SessionView,
): Promise<Uint8Array> {
  requireStatus(p2 === ALL_KEYS && p1 <= LAST_VERSION, StatusWord.wrongParameters)
  requireStatus(p1 === 0 || keys.has(p1), StatusWord.referencedDataNotFound)
  const reader = new ByteReader(data, 'PUT KEY')
  const version = reader.u8()
  requireStatus(version >= 1 && version <= LAST_VERSION, StatusWord.wrongData)
  requireStatus(version !== PUBLISHER_VERSION, StatusWord.conditionsNotSatisfied)
  // Adding under a version that exists would delete keys by adding (B-7.2-9).
  requireStatus(version === p1 || !keys.has(version), StatusWord.conditionsNotSatisfied)
  // The issuer's keys are never replaced by a client's, nor the other way round.
  const sameHolder = p1 === 0 || isClientVersion(p1) === isClientVersion(version)
  requireStatus(sameHolder, StatusWord.conditionsNotSatisfied)
  const { otherCiphers } = keys
  const [encryption, mac, wrappedData] = [
    await readKey(reader, session, otherCiphers),
    await readKey(reader, session, otherCiphers),
    await readKey(reader, session, otherCiphers),
  ]
  reader.end()
  const { cipher } = encryption
  requireStatus(mac.cipher === cipher && wrappedData.cipher === cipher, StatusWord.wrongData)
  // A client reaches applications over full protection only, which triple DES does not give (B-7.5.10.2-2).
  requireStatus(cipher.name !== 'TDES' || !isClientVersion(version), StatusWord.conditionsNotSatisfied)
  await keys.store(
    { version, cipher, keys: { encryption: encryption.key, mac: mac.key, data: wrappedData.key } },
    p1,
  )
  return concatBytes(Uint8Array.of(version), encryption.check, mac.check, wrappedData.check)
}

/**
 * DELETE [key] with D2, the version. A client instance bound to it is released in the same step.
 * @throws StatusError 6A88 without such keys, 6985 for the issuer's last ones.
 */
export async function deleteKeySet(
  version: number | undefined,
  keys: StoredChannelKeys,
  access: AccessControl,
): Promise<void> {
  requireStatus(version !== undefined && keys.has(version), StatusWord.referencedDataNotFound)
  const issuers = keys.versions.filter((candidate) => !isClientVersion(candidate))
  // Nobody could ever manage this card again.
  requireStatus(isClientVersion(version) || issuers.length > 1, StatusWord.conditionsNotSatisfied)
  await keys.commit(access.release(version))
}

async function readKey(reader: ByteReader, session: SessionView, others: readonly BlockCipher[]) {
  const cipher = cipherOfType(reader.u8(), others)
  requireStatus(session.carriesKeysOf(cipher), StatusWord.conditionsNotSatisfied)
  const field = new ByteReader(reader.vector8(), 'key')
  requireStatus(field.u8() === cipher.keyLength, StatusWord.wrongData)
  const wrapped = field.rest()
  requireStatus(wrapped.length === cipher.keyLength, StatusWord.wrongData)
  const key = await session.unwrapKey(wrapped)
  const check = await keyCheckValue(cipher, key)
  requireStatus(equalBytes(check, reader.vector8()), StatusWord.wrongData)
  return { cipher, key, check }
}
