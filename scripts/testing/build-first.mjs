import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// A test of one workspace is started from that workspace's folder.
const cwd = fileURLToPath(new URL('../..', import.meta.url))

/** For the `globalSetup` of tests that start the built processes: what they start is what stands in the sources. */
export default function setup() {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd, stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed; see above')
}
