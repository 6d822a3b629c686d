import { ByteReader, ByteWriter, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { requireStatus, StatusWord } from '../apdu/status-word.ts'
import { isAid } from './applet-registry.ts'

/**
 * The data block of a load file. Applications of this card are part of its build, so a package carries no code: it says
 * which of the build's modules it brings to this card, under which identifier and name and in which version. The publisher's
 * signature is over all of it, so that nobody can load it as something else.
 */
export interface LoadFile {
  /** Identifier of the package, 5 to 16 bytes: INSTALL [for load] must name the same. */
  readonly aid: Uint8Array
  /** What people see, 1 to 255 bytes of UTF-8. */
  readonly name: string
  readonly version: number
  /** Identifiers of the executable modules. */
  readonly modules: readonly Uint8Array[]
}

const MAGIC = utf8ToBytes('ANQUPKG2')
const MOST_MODULES = 16

export function encodeLoadFile({ aid: packageAid, name, version, modules }: LoadFile): Uint8Array {
  const writer = new ByteWriter().bytes(MAGIC).vector8(packageAid).vector8(utf8ToBytes(name))
  writer.u32(version).u8(modules.length)
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
  const aid = reader.vector8(16).slice()
  const name = bytesToUtf8(reader.vector8())
  const version = reader.u32()
  const count = reader.u8()
  requireStatus(count >= 1 && count <= MOST_MODULES, StatusWord.wrongData)
  const modules = Array.from({ length: count }, () => reader.vector8(16).slice())
  reader.end()
  requireStatus([aid, ...modules].every(isAid) && name !== '', StatusWord.wrongData)
  return { aid, name, version, modules }
}
