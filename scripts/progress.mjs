import { spawn } from 'node:child_process'
import { root } from './workspace.mjs'

const seconds = (fromMs) => `${((performance.now() - fromMs) / 1000).toFixed(1)} s`

/** Says what runs, keeps saying so while it takes long, and says how long it took. */
export async function step(title, work) {
  const startedAt = performance.now()
  process.stdout.write(`${title} …\n`)
  const reminder = setInterval(() => process.stdout.write(`  ${title}: ${seconds(startedAt)}\n`), 10_000)
  try {
    const result = await work()
    process.stdout.write(`  done in ${seconds(startedAt)}\n`)
    return result
  } finally {
    clearInterval(reminder)
  }
}

/**
 * Runs a program at the root of the project and answers its exit code and output. Output is also shown while it runs when
 * `show` is true.
 */
export function run(program, args, { show = false, env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? 1, signal, output }))
  })
}

/** Runs a program and fails with what it printed when it fails. */
export async function mustRun(program, args, options = {}) {
  const { code, output } = await run(program, args, options)
  if (code !== 0) throw new StepFailed(`${program} ${args.join(' ')} ended with ${code}\n${output}`.trimEnd())
}

/** A failure whose message says everything; nobody needs our stack. */
export class StepFailed extends Error {}

/** Runs the main function of a script; a failed step prints its message and ends the process with 1. */
export function runScript(main) {
  main().catch((error) => {
    process.stderr.write(`\n${error instanceof StepFailed ? error.message : error.stack}\n`)
    process.exit(1)
  })
}

/** Node runs this tool's script, without the wrapper that differs between systems. */
export const nodeTool = (script) => [process.execPath, `node_modules/${script}`]
