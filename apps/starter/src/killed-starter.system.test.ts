import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isAlive } from '@anqu/platform/embedded-postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'

const built = fileURLToPath(new URL('../dist/testing/run-tiny.js', import.meta.url))
let folder = ''
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'anqu-killed-'))
})
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

type Started = { child: ChildProcess; pid: number; tiny: string; said: string[] }

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

/** Resolves with the addresses, or rejects with what the starter said when it refused. */
function start(mode = 'serve'): Promise<Started> {
  const child = spawn(process.execPath, [built, path.join(folder, 'data'), mode], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const said: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{'))
        resolve({ child, said, ...(JSON.parse(line) as { pid: number; tiny: string }) }) // printed by run-tiny
      else said.push(line)
    })
    child.once('close', () => reject(new Error(errors)))
  })
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
}

test('after kill -9 of the starter no program of it is left', async () => {
  const { child, pid } = await start()
  await end(child, 'SIGKILL')
  await untilGone(pid)
  expect(isAlive(pid)).toBe(false)
})

test('after kill -9 of the starter the next start works at once, twenty times over', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { child, tiny } = await start()
    expect((await fetch(tiny)).status).toBe(200)
    await end(child, 'SIGKILL')
  }
  const last = await start()
  expect((await fetch(last.tiny)).status).toBe(200)
})

test('a second start beside a running one is refused by the name of the folder, and disturbs nothing', async () => {
  const first = await start()
  await expect(start()).rejects.toThrow(`the data folder ${path.join(folder, 'data')} is in use by process`)
  expect((await fetch(first.tiny)).status).toBe(200)
})

test('SIGTERM ends everything in order', async () => {
  const { child, pid } = await start()
  await end(child, 'SIGTERM')
  expect(child.exitCode).toBe(0)
  expect(isAlive(pid)).toBe(false)
})
