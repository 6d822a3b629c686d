import { SecureElement, securedConnection } from '@anqu/secure-element'
import { sql, uuidv7 } from '@anqu/platform'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countAnswer, keysAnswer, paths, recordsAnswer } from '../api/index.ts'
import { Cut, Phone, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'

let world: TsmWorld
beforeEach(async () => {
  world = await tsmWorld()
})
afterEach(() => world.close())

const propose = (retires: number | null) =>
  world.call(paths.keysPropose, { reason: '弃用', requester: 'anna', retires }, keysAnswer)
const decide = (renewalId: string, actor = 'bo') =>
  world.call(paths.keysDecide, { renewalId, decision: 'approve', actor }, keysAnswer)
async function agreed(retires: number | null): Promise<void> {
  await decide((await propose(retires)).renewal?.renewalId ?? '')
}
const versions = async () =>
  (await world.call(paths.keys, {}, keysAnswer)).keys.map(({ version, state, cards, givenUp }) => [
    version,
    state,
    cards,
    givenUp,
  ])
async function provisioned(): Promise<Phone> {
  const phone = new Phone(world)
  await phone.run()
  return phone
}
const lose = ({ holder, instance }: Phone) =>
  world.call(paths.cardLost, { holder, instance, reason: 'lost', correlationId: uuidv7() }, countAnswer)
const retirements = async () =>
  (await world.call(paths.records, { cursor: null, limit: 200 }, recordsAnswer)).records.filter(
    ({ event }) => event === 'master-key.retired',
  )

test('a version that only lost or emptied cards have is retired by two people, who leave a record', async () => {
  const [lost, emptied, used] = [await provisioned(), await provisioned(), await provisioned()]
  await agreed(null)
  await lose(lost)
  await world.database.db.execute(sql`update card set state = 'deleted' where instance = ${emptied.instance}`)
  await expect(propose(1)).rejects.toMatchObject({ code: 'not-now' })
  await used.run('serve')
  expect(await versions()).toEqual([
    [2, 'current', 1, 0],
    [1, 'replaced', 0, 2],
  ])
  // By itself nothing is destroyed that a card could still come back to.
  await world.housekeeping()
  const { renewal } = await propose(1)
  expect(renewal).toMatchObject({ retires: 1, requester: 'anna' })
  await expect(decide(renewal?.renewalId ?? '', 'anna')).rejects.toMatchObject({ code: 'second-person' })
  await decide(renewal?.renewalId ?? '')
  expect(await versions()).toEqual([
    [2, 'current', 1, 0],
    [1, 'retired', 0, 2],
  ])
  expect((await retirements()).map(({ detail }) => detail)).toEqual([
    'version 1, 2 cards given up: 弃用 (anna, bo)',
  ])
  await world.restart()
  for (const gone of [lost, emptied]) await expect(gone.run()).rejects.toMatchObject({ code: 'unknown-card' })
  expect((await used.run()).answer.result).toMatchObject({ applicationState: 'usable' })
})

test('the current version, a retired one and one whose card speaks with us now stay as they are', async () => {
  const phone = await provisioned()
  await expect(propose(1)).rejects.toMatchObject({ code: 'not-now' })
  await agreed(null)
  await lose(phone)
  const renewalId = (await propose(1)).renewal?.renewalId ?? ''
  phone.cutAt = (place) => {
    if (place === 'answer' && phone.acts > 6) throw new Cut()
  }
  phone.acts = 0
  await expect(phone.run('serve')).rejects.toThrow(Cut)
  await expect(decide(renewalId)).rejects.toMatchObject({ code: 'not-now' })
  expect((await versions())[1]?.[1]).toBe('replaced')
  for (const never of [2, 3, 99]) await expect(propose(never)).rejects.toMatchObject({ code: 'not-now' })
  expect(await retirements()).toEqual([])
})

test('versions count on for ever: numbers on the card come round, and the card follows', async () => {
  const phone = await provisioned()
  for (let renewals = 0; renewals < 18; renewals += 1) {
    await agreed(null)
    await phone.run('serve')
    await world.housekeeping()
  }
  expect((await versions()).slice(0, 2)).toEqual([
    [19, 'current', 1, 0],
    [18, 'retired', 0, 0],
  ])
  await world.restart()
  const { keySet } = await phone.run()
  if (keySet === undefined) throw new Error('no keys')
  await new SecureElement(securedConnection(phone.powerUp(), keySet)).setPin('2468135')
}, 60_000)

test('with fifteen versions held none is made, until one is retired; a card from before its number went on is unknown', async () => {
  const lost: Phone[] = []
  for (let version = 1; version < 15; version += 1) {
    const phone = await provisioned()
    await lose(phone)
    lost.push(phone)
    await agreed(null)
  }
  const { renewal } = await propose(null)
  await expect(decide(renewal?.renewalId ?? '')).rejects.toMatchObject({ code: 'not-now' })
  await world.call(
    paths.keysDecide,
    { renewalId: renewal?.renewalId, decision: 'reject', actor: 'bo' },
    keysAnswer,
  )
  await agreed(1)
  await agreed(null)
  expect((await versions())[0]).toEqual([16, 'current', 0, 0])
  const [first] = lost
  await expect(first?.run('serve')).rejects.toMatchObject({ code: 'unknown-card' })
  const fresh = await provisioned()
  expect((await fresh.run('serve')).answer.stage).toBe('done')
}, 60_000)
