import { hexToBytes } from '@anqu/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  campaignAnswer,
  campaignFailuresAnswer,
  campaignsAnswer,
  cardsAnswer,
  packageAnswer,
  paths,
} from '../api/index.ts'
import { securityService } from '../packages/packages.ts'
import { Cut, Phone, signedPackage, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'

/** No card of the build has it. */
const refusedByCards = { module: hexToBytes('f0414e51559999') }
type Carried = { readonly phone: Phone; readonly cardId: string }
const made: Carried[] = []
let world: TsmWorld
beforeAll(async () => {
  world = await tsmWorld()
  for (let count = 0; count < 5; count += 1) made.push(await provision())
})
afterAll(() => world.close())

const setState = (version: number, state: 'active' | 'deprecated') =>
  world.call(paths.packageState, { aid: securityService, version, state, actor: 'bo' }, packageAnswer)

async function provision(): Promise<Carried> {
  const phone = new Phone(world)
  await phone.run()
  const query = { cursor: null, limit: 10, holder: phone.holder }
  const [card] = (await world.call(paths.cards, query, cardsAnswer)).cards
  return { phone, cardId: card?.cardId ?? '' }
}

/** Made before anything is released, so that each carries version 1. */
function provisioned(): Carried {
  const one = made.pop()
  if (one === undefined) throw new Error('no card is left')
  return one
}

async function running(version: number, cards: readonly string[], options = {}) {
  const entry = await signedPackage(world, version, options)
  await world.call(paths.packageRegister, entry, packageAnswer)
  await setState(version, 'active')
  const proposal = { name: `v${version}`, packageAid: securityService, packageVersion: version, cards }
  const { campaign } = await world.call(
    paths.campaignPropose,
    { ...proposal, requester: 'anna' },
    campaignAnswer,
  )
  const { campaignId } = campaign
  await world.call(paths.campaignDecide, { campaignId, decision: 'approve', actor: 'bo' }, campaignAnswer)
  return campaignId
}

const campaignOf = async (campaignId: string) => {
  const { campaigns } = await world.call(paths.campaigns, { cursor: null, limit: 20 }, campaignsAnswer)
  return campaigns.find((one) => one.campaignId === campaignId)
}
const failuresOf = async (campaignId: string, limit = 10, cursor: string | null = null) =>
  world.call(paths.campaignFailures, { campaignId, cursor, limit }, campaignFailuresAnswer)
const retry = (campaignId: string, cards: readonly string[] | null) =>
  world.call(paths.campaignRetry, { campaignId, cards, actor: 'anna' }, campaignAnswer)

test('a card that refuses the package has failed with its reason, works on, and is tried again only when told', async () => {
  const { phone, cardId } = provisioned()
  const other = provisioned()
  const campaignId = await running(5, [cardId, other.cardId], refusedByCards)
  expect(await campaignOf(campaignId)).toMatchObject({ progress: { cards: 2, waiting: 2, failed: 0 } })
  await expect(phone.run('serve')).rejects.toMatchObject({ code: 'card-package-refused' })
  expect(await campaignOf(campaignId)).toMatchObject({
    state: 'running',
    progress: { waiting: 1, failed: 1 },
  })
  // It does not meet the package again at each contact.
  expect((await phone.run('serve')).answer.result).toBeNull()
  await expect(other.phone.run('serve')).rejects.toMatchObject({ code: 'card-package-refused' })
  expect(await campaignOf(campaignId)).toMatchObject({ state: 'finished', progress: { failed: 2 } })
  const first = await failuresOf(campaignId, 1)
  expect(first.failures).toMatchObject([
    { reason: 'card-package-refused', attempts: 1, lastAttemptAtMs: world.clock.nowMs() },
  ])
  expect((await failuresOf(campaignId, 1, first.nextCursor)).failures).toHaveLength(1)
  expect((await retry(campaignId, [cardId])).campaign).toMatchObject({
    state: 'running',
    progress: { waiting: 1, failed: 1 },
  })
  world.clock.advance(60_000)
  await expect(phone.run('serve')).rejects.toMatchObject({ code: 'card-package-refused' })
  const { failures } = await failuresOf(campaignId)
  expect(failures.find((one) => one.cardId === cardId)).toMatchObject({
    attempts: 2,
    lastAttemptAtMs: world.clock.nowMs(),
  })
  expect((await retry(campaignId, null)).campaign).toMatchObject({ progress: { waiting: 2, failed: 0 } })
  await expect(retry(campaignId, null)).rejects.toMatchObject({ code: 'not-now' })
})

test('a campaign of a version that was withdrawn brings it to no further card', async () => {
  const { phone, cardId } = provisioned()
  await running(10, [cardId])
  await setState(10, 'deprecated')
  expect((await phone.run('serve')).answer.result).toBeNull()
  await setState(10, 'active')
  expect((await phone.run('serve')).answer.result).toMatchObject({ packageVersion: 10 })
})

test('a card that was cut off is under way and not failed, and gets its version at its next contact', async () => {
  const { phone, cardId } = provisioned()
  const campaignId = await running(20, [cardId])
  phone.acts = 0
  phone.cutAt = (place) => {
    if (place === 'command' && phone.acts > 14) throw new Cut()
  }
  await expect(phone.run('serve')).rejects.toThrow(Cut)
  expect(await campaignOf(campaignId)).toMatchObject({ progress: { underWay: 1, failed: 0 } })
  phone.cutAt = () => undefined
  phone.powerUp()
  expect((await phone.run('serve')).answer.result).toMatchObject({ packageVersion: 20 })
  expect(await campaignOf(campaignId)).toMatchObject({ state: 'finished', progress: { done: 1 } })
})

test('a campaign that was stopped tries nothing again', async () => {
  const { phone, cardId } = provisioned()
  const campaignId = await running(30, [cardId], refusedByCards)
  await expect(phone.run('serve')).rejects.toMatchObject({ code: 'card-package-refused' })
  const stop = { campaignId, decision: 'reject', actor: 'bo' }
  await expect(world.call(paths.campaignDecide, stop, campaignAnswer)).rejects.toMatchObject({
    code: 'not-now',
  })
  const { campaign } = await retry(campaignId, null)
  expect(campaign.state).toBe('running')
  await world.call(paths.campaignDecide, { ...stop, decision: 'cancel' }, campaignAnswer)
  await expect(retry(campaignId, null)).rejects.toMatchObject({ code: 'not-now' })
  expect((await phone.run('serve')).answer.result).toBeNull()
})
