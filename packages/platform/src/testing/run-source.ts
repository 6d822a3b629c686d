import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Runs a TypeScript module of the sources as a process of its own, for tests that kill one. The module sees `process.argv[2]`
 * and on, and has an IPC channel. Needs vite, which every test run has.
 */
export function runSource(
  module: URL,
  args: readonly string[],
  { env = process.env, user }: { readonly env?: NodeJS.ProcessEnv; readonly user?: number } = {},
): ChildProcess {
  const loader = fileURLToPath(new URL('./run-source.loader.mjs', import.meta.url))
  return fork(loader, [fileURLToPath(module), ...args], {
    env,
    ...(user === undefined ? {} : { uid: user, gid: user }),
    execArgv: [], // a test runner's own conditions would change how the module finds its packages
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}
