import { requireNode } from './node-version.mjs'

requireNode()

async function main() {
  const { buildIfStale } = await import('./build/build.mjs')
  await buildIfStale()
}

import('./progress.mjs').then(({ runScript }) => runScript(main))
