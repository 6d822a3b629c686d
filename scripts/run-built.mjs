// Builds what is stale and runs one built program in this process: `node scripts/run-built.mjs bench/dist/main.js …`.
import { requireNode } from './node-version.mjs'

requireNode()

async function main() {
  const { existsSync } = await import('node:fs')
  const { join } = await import('node:path')
  const { pathToFileURL } = await import('node:url')
  const { installIfNeeded } = await import('./install.mjs')
  const { StepFailed } = await import('./progress.mjs')
  const { root } = await import('./workspace.mjs')
  await installIfNeeded()
  const { buildIfStale } = await import('./build/build.mjs')
  await buildIfStale()
  const [entry = '', ...rest] = process.argv.slice(2)
  const file = join(root, entry)
  if (!existsSync(file)) throw new StepFailed(`there is no ${entry}`)
  process.argv = [process.execPath, file, ...rest]
  await import(pathToFileURL(file).href)
}

import('./progress.mjs').then(({ runScript }) => runScript(main))
