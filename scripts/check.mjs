// Everything that can be told from the sources without running them. `npm run check -- lint types` runs some of it.
import { requireNode } from './node-version.mjs'

requireNode()

async function toolCheck(script, args) {
  const { nodeTool, run } = await import('./progress.mjs')
  const [node, tool] = nodeTool(script)
  const { code, output } = await run(node, [tool, ...args], { env: { NO_COLOR: '1' } })
  return { problems: code === 0 ? [] : [output.trim()], figures: '' }
}

async function bundleSizes() {
  const { buildIfStale } = await import('./build/build.mjs')
  await buildIfStale()
  const { code, output } = await (
    await import('./progress.mjs')
  ).run(process.execPath, ['node_modules/size-limit/bin.js'])
  return { problems: code === 0 ? [] : [output.trim()], figures: output.replace(/\s+/g, ' ').trim() }
}

/** The crypto engine is what its source makes, branches on no secret, and no number in it outgrows its limbs. */
async function engine() {
  const { run } = await import('./progress.mjs')
  const problems = []
  const scripts = [
    'build-wasm.mjs --check',
    'inspect-constant-time.mjs',
    'prove-bounds.mjs',
    'check-bounds.mjs',
  ]
  for (const line of scripts) {
    const [script, ...rest] = line.split(' ')
    const { code, output } = await run(process.execPath, [`packages/gm-crypto/scripts/${script}`, ...rest])
    if (code !== 0) problems.push(output.trim())
  }
  return { problems, figures: '' }
}

const checks = {
  format: () => toolCheck('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  lint: () => toolCheck('oxlint/bin/oxlint', ['--deny-warnings']),
  types: () => toolCheck('typescript-native/bin/tsc', ['-p', 'tsconfig.check.json']),
  architecture: async () => (await import('./checks/architecture.mjs')).checkArchitecture(),
  unused: () => toolCheck('knip/bin/knip.js', ['--no-progress']),
  lengths: async () => (await import('./checks/file-lengths.mjs')).checkFileLengths(),
  words: async () => (await import('./checks/forbidden-words.mjs')).checkForbiddenWords(),
  engine,
  sizes: bundleSizes,
}

async function runCheck(name) {
  const startedAt = performance.now()
  const { problems, figures } = await checks[name]()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s) ${figures}\n`)
  for (const problem of problems) process.stdout.write(`${problem.replace(/^/gm, '    ')}\n`)
  return problems.length === 0
}

async function main() {
  const { installIfNeeded } = await import('./install.mjs')
  const { StepFailed } = await import('./progress.mjs')
  await installIfNeeded()
  const asked = process.argv.slice(2)
  const names = asked.length === 0 ? Object.keys(checks) : asked
  for (const name of names)
    if (!(name in checks))
      throw new StepFailed(`no check ${name}; there are ${Object.keys(checks).join(', ')}`)
  let passed = 0
  for (const name of names) if (await runCheck(name)) passed += 1
  process.stdout.write(`${passed} passed, ${names.length - passed} failed\n`)
  if (passed < names.length) process.exitCode = 1
}

import('./progress.mjs').then(({ runScript }) => runScript(main))
