// Runs C2SP x509-limbo, re-keyed to SM2, from a file: `npm run suite:limbo -- ../shared/suites/x509-limbo-sm2.json`. Lists every
// case; those that do not apply are skipped, each with its reason.
import { requireNode } from './node-version.mjs'

requireNode()

async function main() {
  const { existsSync } = await import('node:fs')
  const { resolve } = await import('node:path')
  const { run, StepFailed } = await import('./progress.mjs')
  const [file = ''] = process.argv.slice(2)
  if (!existsSync(file)) throw new StepFailed(`no file of cases: ${file || 'none named'}`)
  const args = ['scripts/test.mjs', '--reporter=verbose', 'packages/pki/src/path/x509-limbo.test.ts']
  const env = { ANQU_LIMBO_SUITE: resolve(file), ANQU_LIMBO_LIST: 'all' }
  const { code } = await run(process.execPath, args, { show: true, env })
  process.exitCode = code
}

import('./progress.mjs').then(({ runScript }) => runScript(main))
