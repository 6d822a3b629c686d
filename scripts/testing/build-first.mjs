import { spawnSync } from 'node:child_process'

/** For the `globalSetup` of tests that start the built processes: what they start is what stands in the sources. */
export default function setup() {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed; see above')
}
