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

async function twoStaff() {
  const staff = [await system.newStaff('operator'), await system.newStaff('administrator')] as const
  for (const member of staff) await member.login()
  return staff
}

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
  const [one, other] = await twoStaff()
  let kills = 0
  for (let at = 1; at <= mostCommands; at += 2) {
    const { renewal } = await one.call(staffProposeMasterKey, { reason: '演练更换主密钥', retires: null })
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

test('kill -9 of the TSM in the middle of retiring a master key leaves it whole or retired with its record', async () => {
  const [one, other] = await twoStaff()
  const renewed = async () => {
    const { renewal } = await one.call(staffProposeMasterKey, { reason: '演练更换主密钥', retires: null })
    return other.call(staffDecideMasterKey, { renewalId: renewal?.renewalId ?? '', decision: 'approve' })
  }
  const outcomes = new Set<string>()
  for (let delayMs = 0; delayMs <= 24; delayMs += 4) {
    await system.fixtures.freshReady()
    const { keys } = await renewed()
    const version = keys[1]?.version ?? 0
    // Reported lost, all that have it.
    await system.database.rows(
      'anqu_tsm',
      sql`update card set lost = true where key_version = ${version} or key_offered = ${version} returning card_id`,
    )
    const { renewal } = await one.call(staffProposeMasterKey, { reason: '演练销毁', retires: version })
    const renewalId = renewal?.renewalId ?? ''
    const decided = other.call(staffDecideMasterKey, { renewalId, decision: 'approve' }).then(
      () => 'answered',
      () => 'cut',
    )
    await system.pause(delayMs)
    await system.kill('tsm')
    await decided
    await system.restart('tsm')
    const [state] = await system.database.rows<{ retired: boolean; recorded: bigint; decided: boolean }>(
      'anqu_tsm',
      sql`select m.wrapped is null as retired,
        (select count(*) from record_pending where body like ${`%${renewalId}%`}) +
          (select count(*) from step_record where correlation_id = ${renewalId}) as recorded,
        (select state = 'approved' from key_renewal where renewal_id = ${renewalId}) as decided
        from master_key m where version = ${version}`,
    )
    expect([true, false]).toContain(state?.retired)
    expect(state, `killed after ${delayMs} ms`).toEqual(
      state?.retired
        ? { retired: true, recorded: 1n, decided: true }
        : { retired: false, recorded: 0n, decided: false },
    )
    outcomes.add(String(state?.retired))
    if (state?.retired === false) await other.call(staffDecideMasterKey, { renewalId, decision: 'approve' })
  }
  process.stdout.write(`kill test of retiring: retired at the kill ${[...outcomes].join(', ')}
`)
})
