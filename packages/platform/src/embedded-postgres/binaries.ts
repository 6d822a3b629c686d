import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** Where the server's programs are. */
export interface Binaries {
  readonly root: string
  readonly postgres: string
  readonly initdb: string
}

const packagesByPlatform: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
}

function hasGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined // typed as object by Node
  return report?.header?.glibcVersionRuntime !== undefined
}

// The package leaves its library links to an install script, which npm does not run everywhere.
function linkLibraries(root: string): void {
  const list = path.join(root, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[] // written by the package's publisher
  for (const { source, target } of links) {
    const link = path.join(root, '..', target)
    if (existsSync(link)) continue
    const to = path.relative(path.dirname(link), path.join(root, '..', source))
    try {
      symlinkSync(to, link)
    } catch (error) {
      if (existsSync(link)) continue // another process was faster
      throw new EmbeddedPostgresError('failed', `a library link cannot be made: ${String(error)}`)
    }
  }
}

export function binariesUnder(root: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return {
    root,
    postgres: path.join(root, 'bin', `postgres${suffix}`),
    initdb: path.join(root, 'bin', `initdb${suffix}`),
  }
}

/**
 * Finds the programs of this platform and makes them ready to run.
 * @throws {EmbeddedPostgresError} `unsupported`, naming the setting for a server of one's own
 */
export function findBinaries(urlSetting: string): Binaries {
  const key = `${process.platform}-${process.arch}`
  const name = packagesByPlatform[key]
  const instead = `set ${urlSetting} to the URL of a PostgreSQL server instead`
  if (name === undefined)
    throw new EmbeddedPostgresError('unsupported', `no embedded PostgreSQL for ${key}; ${instead}`)
  if (process.platform === 'linux' && !hasGlibc())
    throw new EmbeddedPostgresError('unsupported', `the embedded PostgreSQL needs glibc; ${instead}`)
  const root = findPackage(name)
  if (root === undefined)
    throw new EmbeddedPostgresError(
      'unsupported',
      `the package @embedded-postgres/${name} is not installed; ${instead}`,
    )
  linkLibraries(root)
  return binariesUnder(root)
}

function findPackage(name: string): string | undefined {
  try {
    // Resolved from embedded-postgres, whose optional dependency it is; it may be nested there.
    const fromHere = createRequire(import.meta.url)
    const fromParent = createRequire(fromHere.resolve('embedded-postgres'))
    const main = fromParent.resolve(`@embedded-postgres/${name}`)
    return path.join(path.dirname(main), '..', 'native')
  } catch {
    return undefined
  }
}
