import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs a TypeScript module of the sources as a process of its own, for tests that kill one. The module sees `process.argv[2]`
 * and on, and has an IPC channel. Needs vite, which every test run has.
 */
export function runSource(
  module: URL,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  return fork(
    fileURLToPath(new URL('./run-source.loader.mjs', import.meta.url)),
    [fileURLToPath(module), ...args],
    {
      env,
      execArgv: [], // a test runner's own conditions would change how the module finds its packages
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
}
