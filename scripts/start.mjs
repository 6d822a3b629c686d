// The only script that must run on a fresh clone and on an old Node: it imports the rest once that is settled.
import { requireNode } from './node-version.mjs'

requireNode()

async function main() {
  const { installIfNeeded } = await import('./install.mjs')
  await installIfNeeded()
  const { buildIfStale } = await import('./build/build.mjs')
  await buildIfStale()
  // In this same process, so that a signal to `npm start` reaches the starter itself.
  const { main: start } = await import('../apps/starter/dist/main.js')
  await start(process.argv.slice(2))
}

import('./progress.mjs').then(({ runScript }) => runScript(main))
