import { bytesToHex, equalBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { parseLoadFile, type LoadFile } from './load-file.ts'
import { FileType, type Change, type NonVolatileMemory } from './non-volatile-memory.ts'

const LOAD_FILES = 'card/load-file/'

const pathOf = (aid: Uint8Array): string => LOAD_FILES + bytesToHex(aid)

/** The load files in card memory, as they were signed. */
export class LoadedPackages {
  readonly #memory: NonVolatileMemory

  constructor(memory: NonVolatileMemory) {
    this.#memory = memory
  }

  list(): LoadFile[] {
    return this.#all().map((bytes) => parseLoadFile(bytes))
  }

  get(aid: Uint8Array): LoadFile | undefined {
    const bytes = this.#memory.get(pathOf(aid))?.bytes
    return bytes === undefined ? undefined : parseLoadFile(bytes)
  }

  put({ aid }: LoadFile, bytes: Uint8Array): Change {
    return { kind: 'put', path: pathOf(aid), file: { type: FileType.working, bytes } }
  }

  removal(aid: Uint8Array): Change {
    return { kind: 'delete', path: pathOf(aid) }
  }

  /** SM3 of the load file that brought a module; none for a module that the card was made with. */
  hashFor(module: Uint8Array): Uint8Array | undefined {
    const brings = (bytes: Uint8Array): boolean =>
      parseLoadFile(bytes).modules.some((known) => equalBytes(known, module))
    const bytes = this.#all().find(brings)
    return bytes === undefined ? undefined : sm3(bytes)
  }

  #all(): Uint8Array[] {
    return this.#memory.paths(LOAD_FILES).flatMap((path) => this.#memory.get(path)?.bytes ?? [])
  }
}
