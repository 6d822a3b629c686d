// Runs the property tests with 25 times their usual number of cases: more than 100,000 in all, some minutes.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--root',
    root,
    '--project',
    'suite',
    '--testTimeout',
    '1800000',
    'packages/gm-crypto',
  ],
  { stdio: 'inherit', env: { ...process.env, GM_CRYPTO_CASES: process.env.GM_CRYPTO_CASES ?? '25' } },
)
process.exit(status ?? 1)
