import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { mustRun, step } from './progress.mjs'
import { root } from './workspace.mjs'

const readLock = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes its own list of what it installed as its last act,
 * so an interrupted installation counts as missing. Packages for other platforms may be absent.
 */
export function isInstalled() {
  if (!existsSync(path.join(root, 'node_modules/.package-lock.json'))) return false
  const installed = readLock('node_modules/.package-lock.json')
  return Object.entries(readLock('package-lock.json')).every(([name, entry]) => {
    const isPackage = name.startsWith('node_modules/') || name.includes('/node_modules/')
    if (!isPackage) return true
    const there = installed[name]
    if (there === undefined) return entry.optional === true || entry.peer === true
    return (
      there.version === entry.version && there.resolved === (entry.link ? entry.resolved : there.resolved)
    )
  })
}

/** Installs the locked dependencies when they are missing or the lock has changed. */
export async function installIfNeeded() {
  if (isInstalled()) return
  await step('Installing the locked dependencies (npm ci)', () =>
    mustRun('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { show: true }),
  )
}
