import { spawnSync } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { binariesUnder, type Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** How programs of the server are run: PostgreSQL refuses to run as root. */
export interface Runner {
  readonly kind: 'direct' | 'user-namespace' | 'nobody'
  readonly binaries: Binaries
  /** Words to put before a short-lived program. */
  readonly wrap: readonly string[]
  /** Words to put before the server: as above, and it ends when this process dies, also by kill -9. */
  readonly wrapServer: readonly string[]
}

const nobody = 65_534
const namespaceWords = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`]
const nobodyWords = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
const deathWords = ['--pdeathsig', 'SIGINT']

function works(words: readonly string[]): boolean {
  const [program = '', ...rest] = [...words, 'true']
  return spawnSync(program, rest, { stdio: 'ignore' }).status === 0
}

function reachable(folder: string): boolean {
  const [program = '', ...rest] = [...nobodyWords, 'test', '-x', folder]
  return spawnSync(program, rest, { stdio: 'ignore' }).status === 0
}

/** As another user: that user must own the data and reach the programs, which often lie under a closed home. */
function asNobody(binaries: Binaries, dataDir: string): Runner {
  chownSync(dataDir, nobody, nobody)
  if (!reachable(dataDir))
    throw new EmbeddedPostgresError(
      'folder-unreachable',
      `PostgreSQL cannot run as root and its data folder ${dataDir} lies under a closed folder; choose one that user nobody can reach`,
    )
  let own = binaries
  if (!reachable(binaries.postgres)) {
    const copy = path.join(dataDir, 'programs')
    if (!existsSync(copy)) {
      mkdirSync(copy, { mode: 0o755 })
      cpSync(binaries.root, copy, { recursive: true, verbatimSymlinks: true })
    }
    own = binariesUnder(copy)
  }
  const death = works(['setpriv', ...deathWords]) ? deathWords : []
  return { kind: 'nobody', binaries: own, wrap: nobodyWords, wrapServer: [...nobodyWords, ...death] }
}

function usualKind(): Runner['kind'] {
  const isRoot = process.getuid?.() === 0
  if (!isRoot && hasName()) return 'direct'
  if (works(namespaceWords)) return 'user-namespace'
  return isRoot ? 'nobody' : 'direct'
}

/** PostgreSQL also refuses a user without a name, as containers often run under; inside a namespace we have one. */
function hasName(): boolean {
  try {
    userInfo()
    return true
  } catch {
    return false
  }
}

/**
 * Picks the way to run: as ourselves when that is not root; as root inside a user namespace, where the files stay ours and a
 * closed home is no obstacle; or, where namespaces are barred, as the user nobody.
 */
export function chooseRunner(binaries: Binaries, dataDir: string, force?: Runner['kind']): Runner {
  const death =
    process.platform === 'linux' && works(['setpriv', ...deathWords]) ? ['setpriv', ...deathWords] : []
  const kind = force ?? usualKind()
  if (kind === 'direct') return { kind, binaries, wrap: [], wrapServer: death }
  if (kind === 'user-namespace')
    return { kind, binaries, wrap: namespaceWords, wrapServer: [...namespaceWords, ...death] }
  return asNobody(binaries, dataDir)
}

/** The user and group that must own the server's files, or undefined for our own. */
export const ownerFor = (runner: Runner): number | undefined =>
  runner.kind === 'nobody' ? nobody : undefined
