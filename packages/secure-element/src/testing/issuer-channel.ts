import { concatBytes, hexToBytes } from '@anqu/encoding'
import { encodeCommand, type CommandApdu } from '../apdu/command.ts'
import { SM4, type BlockCipher } from '../channel/block-cipher.ts'
import { keyType, type KeySet } from '../channel/key-set.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { keyCheckValue } from '../channel/session-keys.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { raw } from './test-card.ts'

/** A key set whose bytes follow each other from `fill` on. */
export function keySet(cipher: BlockCipher = SM4, version = 0x30, fill = 0x40): KeySet {
  const key = (offset: number) => Uint8Array.from({ length: 16 }, (_, at) => (fill + offset + at) & 0xff)
  return { version, cipher, keys: { encryption: key(0), mac: key(16), data: key(32) } }
}

/** PUT KEY of `fresh` in a session opened with `under`; `replaced` 0 adds. */
export async function putKey(under: KeySet, fresh: KeySet, replaced = 0): Promise<CommandApdu> {
  const fields = await Promise.all(
    [fresh.keys.encryption, fresh.keys.mac, fresh.keys.data].map(async (key) => {
      const wrapped = await under.cipher.encrypt(under.keys.data, new Uint8Array(16), key)
      const check = await keyCheckValue(fresh.cipher, key)
      return concatBytes(Uint8Array.of(keyType(fresh.cipher), 17, 16), wrapped, Uint8Array.of(3), check)
    }),
  )
  const data = concatBytes(Uint8Array.of(fresh.version), ...fields)
  return { cla: 0x80, ins: 0xd8, p1: replaced, p2: 0x81, data, ne: 256 }
}

/** A session with the issuer's domain; answers the status words. */
export async function manage(
  card: CardConnection,
  keys: KeySet,
  ...commands: readonly CommandApdu[]
): Promise<string[]> {
  const secured = securedConnection(card, keys)
  await secured.transmit(hexToBytes('00a4040008a00000015100000000'))
  const words = []
  for (const command of commands) words.push((await raw(secured, encodeCommand(command))).sw)
  return words
}
