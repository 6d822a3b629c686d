import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { provisionCard, serveCard } from '@anqu/client'
import { staffDecideMasterKey, staffProposeMasterKey } from '@anqu/contract'
import { startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import { sql } from '@anqu/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Commands of one whole provisioning; the kill comes after each of the first so many. */
const mostCommands = 24

let dataDir: string
let system: LiveSystem
let stop: () => Promise<void>
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-kill-tsm-'))
  ;({ system, stop } = await startLiveSystem(dataDir))
})
afterAll(async () => {
  await stop()
  await rm(dataDir, { recursive: true })
})

test('kill -9 of the TSM after any command of an installation leaves no half-installed card, and the binding goes on', async () => {
  let kills = 0
  for (let at = 1; at <= mostCommands; at += 3) {
    const customer = await system.fixtures.freshLoggedIn()
    const { app, person } = customer
    const { bindingId } = await customer.beginBinding()
    const client = { ...app.client, call: app.call.bind(app) }
    const sent = { count: 0 }
    const attempt = system.disturbed(
      {
        async card(_command, proceed) {
          sent.count += 1
          if (sent.count === at) await system.kill('tsm')
          return proceed()
        },
      },
      () => provisionCard(client, app.card, bindingId).catch(() => undefined),
    )
    const result = await attempt
    if (sent.count < at) break
    kills += 1
    await system.restart('tsm')
    if (result === undefined) await customer.provision(bindingId)
    await app.element.setPin(person.pin)
    expect(await app.element.status(), `killed after command ${at}`).toMatchObject({ pinSet: true })
  }
  process.stdout.write(`kill test of the TSM: ${kills} kills\n`)
  expect(kills).toBeGreaterThan(4)
  const [half] = await system.database.rows<{ count: bigint }>(
    'anqu_tsm',
    sql`select count(*) as count from card where state <> 'personalised' or package_aid is null`,
  )
  expect(half?.count).toBe(0n)
})

test('kill -9 of the TSM after any command of a change to a new master key loses no card', async () => {
  const customer = await system.fixtures.freshReady()
  const { app, person } = customer
  const client = { ...app.client, call: app.call.bind(app) }
  const [one, other] = [await system.newStaff('operator'), await system.newStaff('administrator')]
  await one.login()
  await other.login()
  let kills = 0
  for (let at = 1; at <= mostCommands; at += 2) {
    const { renewal } = await one.call(staffProposeMasterKey, { reason: '演练更换主密钥' })
    const decision = { renewalId: renewal?.renewalId ?? '', decision: 'approve' } as const
    const newest = (await other.call(staffDecideMasterKey, decision)).keys[0]?.version ?? 0
    const sent = { count: 0 }
    await system.disturbed(
      {
        async card(_command, proceed) {
          sent.count += 1
          if (sent.count === at) await system.kill('tsm')
          return proceed()
        },
      },
      () => serveCard(client, app.card).catch(() => undefined),
    )
    if (sent.count >= at) {
      kills += 1
      await system.restart('tsm')
      await app.card.reset()
      await serveCard(client, app.card)
    }
    await app.element.verifyPin(person.pin)
    const [row] = await system.database.rows<{ count: bigint }>(
      'anqu_tsm',
      sql`select count(*) as count from card where key_version = ${newest}`,
    )
    expect(row?.count, `killed after command ${at}`).toBe(1n)
    if (sent.count < at) break
  }
  process.stdout.write(`kill test of a new master key: ${kills} kills\n`)
  expect(kills).toBeGreaterThan(3)
})
