import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { mustRun, step } from './progress.mjs'
import { root } from './workspace.mjs'

const stampFile = path.join(root, 'node_modules/.anqu-installed')
const readText = (file) => readFileSync(path.join(root, file), 'utf8')
const lockHash = () => createHash('sha256').update(readText('package-lock.json')).digest('hex')

/** Whether this very lock was installed by us. */
function isStamped() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash()
}

/** Whether somebody ran npm by hand since, and node_modules holds every version that the lock names. */
function holdsTheLock() {
  const installed = JSON.parse(readText('node_modules/.package-lock.json')).packages
  return Object.entries(JSON.parse(readText('package-lock.json')).packages).every(([name, entry]) => {
    if (!/(?:^|\/)node_modules\//.test(name)) return true
    const there = installed[name]
    // Packages for other platforms may be absent.
    if (there === undefined) return entry.optional === true || entry.peer === true
    return there.version === entry.version && (!entry.link || there.resolved === entry.resolved)
  })
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes its own list of what it installed as its last act,
 * so an interrupted installation counts as missing.
 */
function isInstalled() {
  if (!existsSync(path.join(root, 'node_modules/.package-lock.json'))) return false
  return isStamped() || holdsTheLock()
}

/** Installs the locked dependencies when they are missing or the lock has changed. */
export async function installIfNeeded() {
  if (isInstalled()) return
  await step('Installing the locked dependencies (npm ci)', () =>
    mustRun('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { show: true }),
  )
  writeFileSync(stampFile, lockHash())
}
