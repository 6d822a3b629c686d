import { readdirSync, readFileSync, existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the whole project. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

function foldersOf(pattern) {
  if (!pattern.endsWith('/*')) return [pattern]
  const parent = pattern.slice(0, -2)
  const names = readdirSync(path.join(root, parent), { withFileTypes: true })
  return names.filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`)
}

/** Every workspace: its name, its folder (relative, with forward slashes) and the workspaces that it depends on. */
export function listWorkspaces() {
  const folders = readJson(path.join(root, 'package.json')).workspaces.flatMap(foldersOf).toSorted()
  const packages = folders
    .filter((folder) => existsSync(path.join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readJson(path.join(root, folder, 'package.json')) }))
  const names = new Set(packages.map(({ manifest }) => manifest.name))
  return packages.map(({ folder, manifest }) => ({
    name: manifest.name,
    folder,
    uses: Object.keys(manifest.dependencies ?? {}).filter((name) => names.has(name)),
  }))
}

/** Those workspaces and everything that they use, directly or not. */
export function withUses(names, workspaces) {
  const found = new Set()
  const add = (name) => {
    if (found.has(name)) return
    found.add(name)
    for (const used of workspaces.find((workspace) => workspace.name === name)?.uses ?? []) add(used)
  }
  for (const name of names) add(name)
  return workspaces.filter((workspace) => found.has(workspace.name))
}

const skippedFolders = new Set(['node_modules', 'dist', 'data', 'reports', 'coverage'])

/** Every file below a folder, relative to the root, sorted; without what is made or installed. */
export function listFiles(folder) {
  const found = []
  const walk = (relative) => {
    for (const entry of readdirSync(path.join(root, relative), { withFileTypes: true })) {
      const child = `${relative}/${entry.name}`
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name) && !entry.name.startsWith('.')) walk(child)
      } else if (entry.isFile()) found.push(child)
    }
  }
  if (existsSync(path.join(root, folder))) walk(folder)
  return found.toSorted()
}
