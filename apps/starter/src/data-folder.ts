import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { randomBytes } from '@anqu/gm-crypto'
import { lockFolder } from '@anqu/platform/embedded-postgres'

/** The folder that holds everything of one installation: keys, database, logs. Nobody else may look into it. */
export interface DataFolder {
  readonly path: string
  /** A folder below it, mode 0700. */
  folder(name: string): string
  /** A random secret that stays the same from start to start. */
  secret(name: string): string
  /** Lets another start use the folder. */
  release(): void
}

function privateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  return folder
}

function writeWhole(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/**
 * Opens the folder for this process, or makes it.
 * @throws {EmbeddedPostgresError} `folder-in-use`, naming the folder, when another start holds it
 */
export function openDataFolder(dataDir: string): DataFolder {
  const root = privateFolder(path.resolve(dataDir))
  const lock = lockFolder(root)
  const folder = (name: string): string => privateFolder(path.join(root, name))
  return {
    path: root,
    folder,
    secret: (name) => {
      const file = path.join(folder('passwords'), name)
      if (!existsSync(file)) writeWhole(file, Buffer.from(randomBytes(24)).toString('base64url'))
      return readFileSync(file, 'utf8').trim()
    },
    release: lock.release,
  }
}
