import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { listFiles, root } from '../workspace.mjs'

// The compiler makes these itself, or nobody reads them at run time.
const notAsset = /\.(?:tsx?|md)$|\/vectors\//
const compiled = /\.(?:js|d\.ts|map|tsbuildinfo)$/

const isSame = (from, to) => existsSync(to) && readFileSync(from).equals(readFileSync(to))

function copyNew(folder, assets) {
  let copied = 0
  for (const asset of assets) {
    const from = path.join(root, folder, 'src', asset)
    const to = path.join(root, folder, 'dist', asset)
    if (isSame(from, to)) continue
    mkdirSync(path.dirname(to), { recursive: true })
    copyFileSync(from, to)
    copied += 1
  }
  return copied
}

// A migration that was renamed must not be applied under both names.
function removeGone(folder, assets) {
  const dist = path.join(root, folder, 'dist')
  if (!existsSync(dist)) return
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || compiled.test(entry.name)) continue
    const file = path.join(entry.parentPath, entry.name)
    if (!assets.has(path.relative(dist, file).split(path.sep).join('/'))) rmSync(file)
  }
}

/** Makes dist hold what the compiler leaves behind in src (SQL, styles, pictures). Answers how many files were copied. */
export function copyAssets(workspaces) {
  let copied = 0
  for (const { folder } of workspaces) {
    const source = `${folder}/src`
    const names = listFiles(source).filter((file) => !notAsset.test(file))
    const assets = new Set(names.map((file) => path.posix.relative(source, file)))
    copied += copyNew(folder, assets)
    removeGone(folder, assets)
  }
  return copied
}
