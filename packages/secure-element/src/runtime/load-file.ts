import { ByteReader, ByteWriter, utf8ToBytes } from '@anqu/encoding'
import { requireStatus, StatusWord } from '../apdu/status-word.ts'
import { isAid } from './applet-registry.ts'

/**
 * The data block of a load file. Applications of this card are part of its build, so a package carries no code: it says
 * which of the build's modules it brings to this card, in which version, and is signed for that.
 */
export interface LoadFile {
  readonly version: number
  /** Identifiers of the executable modules. */
  readonly modules: readonly Uint8Array[]
}

const MAGIC = utf8ToBytes('ANQUPKG1')
const MOST_MODULES = 16

export function encodeLoadFile({ version, modules }: LoadFile): Uint8Array {
  const writer = new ByteWriter().bytes(MAGIC).u32(version).u8(modules.length)
  for (const aid of modules) writer.vector8(aid)
  return writer.finish()
}

/** @throws StatusError 6A80, ParseError for anything else. */
export function parseLoadFile(bytes: Uint8Array): LoadFile {
  const reader = new ByteReader(bytes, 'load file')
  const magic = reader.bytes(MAGIC.length)
  requireStatus(
    magic.every((byte, at) => byte === MAGIC[at]),
    StatusWord.wrongData,
  )
  const version = reader.u32()
  const count = reader.u8()
  requireStatus(count >= 1 && count <= MOST_MODULES, StatusWord.wrongData)
  const modules = Array.from({ length: count }, () => reader.vector8(16).slice())
  reader.end()
  requireStatus(modules.every(isAid), StatusWord.wrongData)
  return { version, modules }
}
