import {
  FileType,
  type CardFile,
  type Change,
  type FileTypeByte,
  type NonVolatileMemory,
} from './non-volatile-memory.ts'

/** An applet's own corner of card memory: paths of one applet never reach another's. */
export class AppletMemory {
  readonly #memory: NonVolatileMemory
  readonly #prefix: string
  /** Looking up a short path here costs a command less than putting the long one together. */
  #own: { readonly revision: object; readonly files: ReadonlyMap<string, CardFile> } | undefined

  constructor(memory: NonVolatileMemory, prefix: string) {
    this.#memory = memory
    this.#prefix = `${prefix}/`
  }

  get(path: string): Uint8Array | undefined {
    return this.#files().get(path)?.bytes
  }

  type(path: string): FileTypeByte | undefined {
    return this.#files().get(path)?.type
  }

  /** See `NonVolatileMemory.revision`. */
  get revision(): object {
    return this.#memory.revision
  }

  /** Whether any file's path starts with `prefix`. */
  has(prefix: string): boolean {
    return this.#memory.has(this.#prefix + prefix)
  }

  paths(prefix: string): string[] {
    return this.#memory.paths(this.#prefix + prefix).map((path) => path.slice(this.#prefix.length))
  }

  get free(): number {
    return this.#memory.free
  }

  /** All or nothing; see `NonVolatileMemory.commit`. */
  async commit(changes: readonly Change[]): Promise<void> {
    await this.#memory.commit(changes.map((change) => this.own(change)))
  }

  /** @throws CardStorageError 'released' when a newer holder has the card; every commit finds that out too. */
  confirm(): Promise<void> {
    return this.#memory.confirm()
  }

  /** A change of this corner as the whole memory sees it, for a commit that spans several corners. */
  own(change: Change): Change {
    return { ...change, path: this.#prefix + change.path }
  }

  #files(): ReadonlyMap<string, CardFile> {
    const { revision } = this.#memory
    if (this.#own?.revision !== revision) this.#own = { revision, files: this.#memory.under(this.#prefix) }
    return this.#own.files
  }
}

/** A change that writes a file. */
export function put(path: string, bytes: Uint8Array, type: FileTypeByte = FileType.working): Change {
  return { kind: 'put', path, file: { type, bytes } }
}

/** A change that removes a file. */
export function remove(path: string): Change {
  return { kind: 'delete', path }
}
