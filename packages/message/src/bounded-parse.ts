import { ByteReader, ParseError } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import { MessageError } from './errors.ts'
import { PROTOCOL_VERSION, PUBLIC_KEY_BYTES } from './limits.ts'

/**
 * Runs a parser over the whole of `bytes`: version and type first, nothing left over at the end. Whatever is wrong
 * becomes `message.malformed`; the place goes to the log only.
 */
export function parseMessage<T>(
  bytes: Uint8Array,
  expected: { type: number; name: string; maxBytes: number },
  read: (reader: ByteReader) => T,
): T {
  if (bytes.length > expected.maxBytes)
    throw new MessageError('message.malformed', `${expected.name} is longer than ${expected.maxBytes} bytes`)
  const reader = new ByteReader(bytes, expected.name)
  try {
    if (reader.u8() !== PROTOCOL_VERSION)
      throw new MessageError('message.malformed', `${expected.name} of an unknown version`)
    if (reader.u8() !== expected.type) throw new MessageError('message.malformed', `not a ${expected.name}`)
    const value = read(reader)
    reader.end()
    return value
  } catch (error) {
    if (error instanceof ParseError) throw new MessageError('message.malformed', error.message)
    throw error
  }
}

/** An uncompressed point, checked to lie on the curve. */
export function readPublicKey(reader: ByteReader, name: string): Sm2PublicKey {
  const bytes = reader.bytes(PUBLIC_KEY_BYTES)
  try {
    return Sm2PublicKey.fromBytes(bytes)
  } catch {
    throw new MessageError('message.malformed', `${name} is not a point of the curve`)
  }
}
