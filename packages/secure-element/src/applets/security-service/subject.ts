import { ByteReader, ByteWriter, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import type { Name } from '@anqu/pki'
import { requireStatus, StatusWord } from '../../apdu/status-word.ts'

const MOST_ATTRIBUTES = 16

/** A subject as it travels in CREATE REQUEST: for each attribute its type and its value, each after its own length. */
export function encodeSubject(subject: Name): Uint8Array {
  const writer = new ByteWriter()
  for (const { type, value } of subject) writer.vector8(utf8ToBytes(type)).vector8(utf8ToBytes(value))
  return writer.finish()
}

/** @throws StatusError 6A80 for no or too many attributes. Types and values are judged by the encoding of the name. */
export function parseSubject(reader: ByteReader): Name {
  const attributes: Name[number][] = []
  while (reader.remaining > 0) {
    requireStatus(attributes.length < MOST_ATTRIBUTES, StatusWord.wrongData)
    const type = bytesToUtf8(reader.vector8(32))
    const value = bytesToUtf8(reader.vector8())
    // '#' would announce ready-made DER: a subject is text here, whatever a customer is called.
    requireStatus(!value.startsWith('#'), StatusWord.wrongData)
    attributes.push({ type, value })
  }
  requireStatus(attributes.length > 0, StatusWord.wrongData)
  return attributes
}
