import { hexToBytes } from '@anqu/encoding'
import { sql, uuidv7 } from '@anqu/platform'
import { SecureElement, securedConnection } from '@anqu/secure-element'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  campaignAnswer,
  campaignsAnswer,
  cardAnswer,
  cardsAnswer,
  countAnswer,
  packageAnswer,
  paths,
  recordsAnswer,
  recordsVerifyAnswer,
} from './api/index.ts'
import { securityService } from './packages/packages.ts'
import { Phone, signedPackage, tsmWorld, type TsmWorld } from './testing/tsm-world.ts'

let world: TsmWorld
beforeAll(async () => {
  world = await tsmWorld()
})
afterAll(() => world.close())

const cardOf = async (phone: Phone) => {
  const query = { cursor: null, limit: 10, holder: phone.holder }
  const [card] = (await world.call(paths.cards, query, cardsAnswer)).cards
  if (card === undefined) throw new Error('no card')
  return card
}

const order = (cardId: string, change: object) =>
  world.call(
    paths.cardOrder,
    { cardId, reason: 'test', requester: 'anna', approver: null, correlationId: uuidv7(), ...change },
    cardAnswer,
  )

const nextPackage = (version: number) => signedPackage(world, version)

test('a lock acts at the next contact and holds against another provisioning; unlocking takes two people', async () => {
  const phone = new Phone(world)
  await phone.run()
  const { cardId } = await cardOf(phone)
  await order(cardId, { order: 'lock' })
  const served = await phone.run('serve')
  expect(served.answer.result).toMatchObject({ applicationState: 'locked' })
  const again = await phone.run('provision')
  expect(again.answer.result).toMatchObject({ applicationState: 'locked', clientKeys: null })
  await expect(order(cardId, { order: 'unlock' })).rejects.toMatchObject({ code: 'second-person' })
  await expect(order(cardId, { order: 'unlock', approver: 'anna' })).rejects.toMatchObject({
    code: 'second-person',
  })
  await order(cardId, { order: 'unlock', approver: 'bo' })
  expect((await phone.run('serve')).answer.result).toMatchObject({ applicationState: 'usable' })
  // Nothing waits any more: the card is not even spoken to.
  expect((await phone.run('serve')).answer).toMatchObject({ stage: 'done', result: null })
})

test('a lost card is locked for whoever has it, and emptied for the holder who binds it again', async () => {
  const phone = new Phone(world)
  const first = await phone.run()
  if (first.keySet === undefined) throw new Error('no keys')
  const before = new SecureElement(securedConnection(phone.powerUp(), first.keySet))
  await before.setPin('2468135')
  const lost = { holder: phone.holder, instance: phone.instance, reason: 'lost', correlationId: uuidv7() }
  expect(await world.call(paths.cardLost, lost, countAnswer)).toEqual({ count: 1 })
  expect((await phone.run('serve')).answer.result).toMatchObject({ applicationState: 'locked' })
  await expect(before.status()).rejects.toMatchObject({ code: 'se.locked' })
  const again = await phone.run()
  if (again.keySet === undefined) throw new Error('no keys')
  const after = new SecureElement(securedConnection(phone.powerUp(), again.keySet))
  expect(await after.status()).toMatchObject({ pinSet: false, containers: 0 })
})

test('a newer binding releases the older one: its keys open nothing any more', async () => {
  const phone = new Phone(world)
  const first = await phone.run()
  const second = await phone.run()
  if (first.keySet === undefined || second.keySet === undefined) throw new Error('no keys')
  expect(second.keySet.version).not.toBe(first.keySet.version)
  await expect(
    new SecureElement(securedConnection(phone.powerUp(), first.keySet)).status(),
  ).rejects.toMatchObject({ code: 'se.unreachable' })
  expect(await new SecureElement(securedConnection(phone.powerUp(), second.keySet)).status()).toMatchObject({
    pinSet: false,
  })
})

test('a campaign brings a version to its cards, keeps what they hold, and starts on two people’s word only', async () => {
  const phone = new Phone(world)
  const { keySet } = await phone.run()
  if (keySet === undefined) throw new Error('no keys')
  const element = () => new SecureElement(securedConnection(phone.powerUp(), keySet))
  await element().setPin('2468135')
  const { cardId } = await cardOf(phone)
  await world.call(paths.packageRegister, await nextPackage(20), packageAnswer)
  const release = { aid: securityService, version: 20, state: 'active', actor: 'bo' }
  const proposal = {
    name: 'v20',
    packageAid: securityService,
    packageVersion: 20,
    cards: [cardId],
    requester: 'anna',
  }
  await expect(world.call(paths.campaignPropose, proposal, campaignAnswer)).rejects.toMatchObject({
    code: 'no-package',
  })
  await world.call(paths.packageState, release, packageAnswer)
  const { campaign } = await world.call(paths.campaignPropose, proposal, campaignAnswer)
  expect(campaign).toMatchObject({ state: 'proposed', progress: { cards: 1, waiting: 1 } })
  const decide = (decision: string, actor: string) =>
    world.call(paths.campaignDecide, { campaignId: campaign.campaignId, decision, actor }, campaignAnswer)
  await expect(decide('approve', 'anna')).rejects.toMatchObject({ code: 'second-person' })
  expect((await phone.run('serve')).answer.result).toBeNull()
  await decide('approve', 'bo')
  await decide('pause', 'bo')
  expect((await phone.run('serve')).answer.result).toBeNull()
  await expect(decide('resume', 'bo')).rejects.toMatchObject({ code: 'second-person' })
  await decide('resume', 'anna')
  expect((await phone.run('serve')).answer.result).toMatchObject({ packageVersion: 20 })
  await element().verifyPin('2468135')
  const page = { cursor: null, limit: 5 }
  const { campaigns } = await world.call(paths.campaigns, page, campaignsAnswer)
  expect(campaigns[0]).toMatchObject({ state: 'finished', progress: { done: 1, waiting: 0 } })
})

test('what a card hands over is for the TSM alone: nobody else’s certificate is taken', async () => {
  const phone = new Phone(world)
  const { root } = world
  await phone.transmit(hexToBytes('00a4040000'))
  // The root itself is no certificate of a TSM, and neither is a publisher's.
  const length = root.length.toString(16).padStart(4, '0')
  const data = `01${length}${Buffer.from(root).toString('hex')}`
  const lc = (data.length / 2).toString(16).padStart(6, '0')
  const answer = await phone.transmit(hexToBytes(`805c0000${lc}${data}0000`))
  expect(Buffer.from(answer).toString('hex')).toBe('6982')
})

test('records of one correlation id are found in order, a report counts once, and any change breaks the chain', async () => {
  const phone = new Phone(world)
  const correlationId = uuidv7()
  await phone.run('provision', correlationId)
  const report = {
    reportId: uuidv7(),
    correlationId,
    step: 5,
    event: 'personalisation.requested',
    from: 'client',
    to: 'channel',
    outcome: 'success',
    detail: '',
    atMs: world.clock.nowMs(),
  }
  for (const count of [1, 0])
    expect(await world.call(paths.recordsReport, { reports: [report] }, countAnswer)).toEqual({ count })
  const query = { cursor: null, limit: 50, correlationId }
  const { records } = await world.call(paths.records, query, recordsAnswer)
  expect(records.flatMap(({ step }) => step ?? [])).toEqual([1, 2, 3, 4, 5])
  expect(await world.call(paths.recordsVerify, {}, recordsVerifyAnswer)).toMatchObject({
    brokenAtSequence: null,
  })
  const at = records[2]?.sequence ?? 0
  const { db } = world.database
  await db.execute(
    sql`update step_record set body = replace(body, 'success', 'failure') where sequence = ${at}`,
  )
  expect(await world.call(paths.recordsVerify, {}, recordsVerifyAnswer)).toMatchObject({
    brokenAtSequence: at,
  })
  await db.execute(
    sql`update step_record set body = replace(body, 'failure', 'success') where sequence = ${at}`,
  )
  await db.execute(sql`update step_record set step = 9 where sequence = ${at}`)
  expect(await world.call(paths.recordsVerify, {}, recordsVerifyAnswer)).toMatchObject({
    brokenAtSequence: at,
  })
})
