import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type System } from './index.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'anqu-whole-'))
const dataDir = path.join(folder, 'data')
let system: System

beforeAll(async () => {
  system = await startSystem({ dataDir, ports: 'free' })
})
afterAll(async () => {
  await system.stop()
  rmSync(folder, { recursive: true, force: true })
})

const get = (name: string, at = '') => fetch(`${system.addresses[name] ?? ''}${at}`)
const trustAnchors = async () => (await get('app', '/trust-anchors')).text()

test.each(['app', 'console', 'smsInbox'])('%s is a page that a person can open', async (name) => {
  const response = await get(name)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/html')
})

test('the API is described', async () => {
  const document = (await (await get('app', '/openapi.json')).json()) as { openapi: string } // checked below
  expect(document.openapi).toMatch(/^3\./)
  expect(await (await get('apiDocs')).text()).toContain('POST /api/v1/operations/confirm')
})

test('three demo accounts are told', () => {
  expect(system.demoAccounts).toHaveLength(3)
})

test('a killed channel server serves again under the same address', async () => {
  const address = system.addresses['app']
  await system.kill('channel')
  await expect(get('app', '/healthz')).rejects.toThrow()
  await system.restart('channel')
  expect(system.addresses['app']).toBe(address)
  expect((await get('app', '/healthz')).status).toBe(200)
})

test('a second start keeps keys and data, and is ready within ten seconds', async () => {
  const before = await trustAnchors()
  await system.stop()
  const startedAt = performance.now()
  system = await startSystem({ dataDir, ports: 'free' })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect(await trustAnchors()).toBe(before)
})
