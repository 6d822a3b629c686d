import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const start = (args: string[], environment: Record<string, string> = {}) =>
  spawnSync(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })

test('a bad flag is refused by name before anything is started', () => {
  const { status, stderr } = start(['--colour', 'blue'])
  expect(status).toBe(2)
  expect(stderr).toContain("Unknown option '--colour'")
})

test('a bad environment variable is refused by name, and its value is not repeated', () => {
  const { status, stderr } = start([], { ANQU_DATABASE_URL: 'mysql://user:secret@host' })
  expect(status).toBe(2)
  expect(stderr).toContain('ANQU_DATABASE_URL: must start with postgres://')
  expect(stderr).not.toContain('secret')
})

test('a host that others can reach is refused without TLS', () => {
  const { status, stderr } = start(['--host', '0.0.0.0'])
  expect(status).toBe(2)
  expect(stderr).toContain('ANQU_HOST: 0.0.0.0 is not a loopback address, so TLS is required')
})

test('the help tells every flag in both languages', () => {
  const { status, stdout } = start(['--help'])
  expect(status).toBe(0)
  expect(stdout).toContain('--data-dir')
  expect(stdout).toContain('数据目录')
})
