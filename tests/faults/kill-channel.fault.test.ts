import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { staffAuditVerify } from '@anqu/contract'
import { startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { disagreements } from './books.ts'
import { finalState, tryToPay, type Attempts } from './payment-load.ts'

const kills = 20
const customers = 3

let dataDir: string
let system: LiveSystem
let stop: () => Promise<void>
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-kill-'))
  ;({ system, stop } = await startLiveSystem(dataDir))
})
afterAll(async () => {
  await stop()
  await rm(dataDir, { recursive: true })
})

test('kill -9 of the channel server at 20 random moments loses, doubles and halves nothing, and the audit chain verifies', async () => {
  const all: Attempts[] = []
  for (let index = 0; index < customers; index += 1)
    all.push({ customer: await system.fixtures.freshReady(), operations: new Set(), paid: 0 })
  const stopped = { yes: false }
  const load = all.map(async (attempts) => {
    while (!stopped.yes) await tryToPay(attempts)
  })
  const seed = Math.floor(system.clock.nowMs()) % 2 ** 31
  let state = seed
  // A small generator of its own, so that the moments of a failing run can be had again from the printed seed.
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
  for (let kill = 0; kill < kills; kill += 1) {
    await system.pause(300 + random() * 1_500)
    await system.kill('channel')
    await system.restart('channel')
  }
  stopped.yes = true
  await Promise.all(load)
  const paid = all.reduce((sum, attempts) => sum + attempts.paid, 0)
  const known = all.reduce((sum, attempts) => sum + attempts.operations.size, 0)
  process.stdout.write(
    `kill test: seed ${seed}, ${kills} kills, ${known} orders confirmed, ${paid} answered done\n`,
  )
  expect(known).toBeGreaterThan(kills / 2)

  for (const { customer, operations } of all) {
    await customer.login()
    for (const operationId of operations) {
      const operation = await finalState(system, customer, operationId, 60_000)
      expect(['done', 'refused', 'reversed', 'challenged'], operationId).toContain(operation.state)
    }
  }
  expect(await disagreements(system), `seed ${seed}`).toEqual([])
  const auditor = await system.fixtures.auditor()
  expect(await auditor.call(staffAuditVerify, {})).toMatchObject({ intact: true, pending: 0 })
})
