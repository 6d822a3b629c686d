// Runs the tests and ends with one line that counts them. `npm test -- packages/pki` runs a part; `--kind faults` runs one of
// the kinds that start the whole system (journeys, faults, interop, system).
import { requireNode } from './node-version.mjs'

requireNode()

function parse(args) {
  const at = args.indexOf('--kind')
  if (at === -1) return { kind: 'suite', rest: args }
  return { kind: args[at + 1] ?? 'suite', rest: [...args.slice(0, at), ...args.slice(at + 2)] }
}

async function main() {
  const { mkdtempSync, readFileSync, rmSync } = await import('node:fs')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const { installIfNeeded } = await import('./install.mjs')
  const { nodeTool, run } = await import('./progress.mjs')
  await installIfNeeded()

  const { kind, rest } = parse(process.argv.slice(2))
  const folder = mkdtempSync(join(tmpdir(), 'anqu-counts-'))
  const file = join(folder, 'counts.json')
  const [node, vitest] = nodeTool('vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/testing/count-reporter.mjs']
  const args = [vitest, 'run', '--project', kind, ...reporters, ...rest]
  const { code } = await run(node, args, { show: true, env: { ANQU_TEST_COUNTS: file } })
  let counts = { passed: 0, failed: 0, skipped: 0 }
  try {
    counts = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // The run ended before it could count; the exit code below says so.
  }
  rmSync(folder, { recursive: true, force: true })
  // Whatever made vitest fail must not be hidden by a count of zero.
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

import('./progress.mjs').then(({ runScript }) => runScript(main))
