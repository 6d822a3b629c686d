import { SecureElement, securedConnection, type KeySet } from '@anqu/secure-element'
import { uuidv7 } from '@anqu/platform'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cardsAnswer, keysAnswer, paths, recordsAnswer } from '../api/index.ts'
import { Cut, Phone, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'

const PIN = '2468135'
let world: TsmWorld
beforeEach(async () => {
  world = await tsmWorld()
})
afterEach(() => world.close())

const propose = (retires: number | null = null) =>
  world.call(paths.keysPropose, { reason: '到期更换', requester: 'anna', retires }, keysAnswer)
const decide = (renewalId: string, actor: string, decision = 'approve') =>
  world.call(paths.keysDecide, { renewalId, decision, actor }, keysAnswer)
async function renew(): Promise<void> {
  const { renewal } = await propose()
  await decide(renewal?.renewalId ?? '', 'bo')
}
const versions = async () =>
  (await world.call(paths.keys, {}, keysAnswer)).keys.map(({ version, state, cards }) => [
    version,
    state,
    cards,
  ])
const keyVersionOf = async ({ holder }: Phone) =>
  (await world.call(paths.cards, { cursor: null, limit: 1, holder }, cardsAnswer)).cards[0]?.keyVersion

async function provisioned(): Promise<{ phone: Phone; keySet: KeySet }> {
  const phone = new Phone(world)
  const { keySet } = await phone.run()
  if (keySet === undefined) throw new Error('no keys')
  await new SecureElement(securedConnection(phone.powerUp(), keySet)).setPin(PIN)
  return { phone, keySet }
}

test('one proposes a new master key, another one approves it, and one at a time', async () => {
  const { renewal } = await propose()
  const renewalId = renewal?.renewalId ?? ''
  await expect(propose()).rejects.toMatchObject({ code: 'not-now' })
  await expect(decide(renewalId, 'anna')).rejects.toMatchObject({ code: 'second-person' })
  expect(await versions()).toEqual([[1, 'current', 0]])
  const { keys } = await decide(renewalId, 'bo')
  expect(keys[0]).toMatchObject({ version: 2, state: 'current', requester: 'anna', approver: 'bo' })
  await expect(decide(renewalId, 'bo')).rejects.toMatchObject({ code: 'not-now' })
  const other = (await propose()).renewal?.renewalId ?? ''
  expect((await decide(other, 'anna', 'reject')).renewal).toBeNull()
  expect(await versions()).toHaveLength(2)
})

test('each card moves at its next contact, and the old version is retired with its last card', async () => {
  const [one, two] = [await provisioned(), await provisioned()]
  await renew()
  await world.housekeeping()
  expect(await versions()).toEqual([
    [2, 'current', 0],
    [1, 'replaced', 2],
  ])
  await one.phone.run('serve')
  expect(await keyVersionOf(one.phone)).toBe(2)
  await world.housekeeping()
  expect(await versions()).toEqual([
    [2, 'current', 1],
    [1, 'replaced', 1],
  ])
  await two.phone.run('serve')
  await world.housekeeping()
  expect(await versions()).toEqual([
    [2, 'current', 2],
    [1, 'retired', 0],
  ])
  await world.restart()
  for (const { phone, keySet } of [one, two]) {
    expect((await phone.run('serve')).answer.result).toBeNull()
    await new SecureElement(securedConnection(phone.powerUp(), keySet)).verifyPin(PIN)
    expect((await phone.run()).answer.result).toMatchObject({ applicationState: 'usable' })
  }
  const page = { cursor: null, limit: 200 }
  const { records } = await world.call(paths.records, page, recordsAnswer)
  const events = records.map(({ event }) => event)
  expect(events.filter((event) => event === 'card.keys-renewed')).toHaveLength(2)
  expect(events.filter((event) => event === 'master-key.retired')).toHaveLength(1)
})

test('cut at any act of the change, the TSM killed, and renewed once more: no card is lost, whichever keys it has', async () => {
  const whole = await provisioned()
  await renew()
  whole.phone.acts = 0
  await whole.phone.run('serve')
  const acts = whole.phone.acts
  expect(acts).toBeGreaterThan(8)
  const had = new Set<number | undefined>()
  for (let at = 1; at <= acts; at += 1) {
    const { phone, keySet } = await provisioned()
    await renew()
    phone.acts = 0
    phone.cutAt = () => {
      if (phone.acts === at) throw new Cut()
    }
    await expect(phone.run('serve')).rejects.toThrow(Cut)
    phone.cutAt = () => undefined
    phone.powerUp()
    await world.restart()
    had.add(await keyVersionOf(phone))
    // What the card may have is kept, though no answer said so, while a further version is made and others are retired.
    await renew()
    await world.housekeeping()
    await phone.run('serve')
    const [newest] = await versions()
    expect(await keyVersionOf(phone), `cut at ${at}`).toBe(newest?.[0])
    await new SecureElement(securedConnection(phone.powerUp(), keySet)).verifyPin(PIN)
    expect((await phone.run('provision', uuidv7())).answer.result).toMatchObject({
      applicationState: 'usable',
    })
    if (Number(newest?.[0]) > 12) await anew()
  }
  expect(had.size).toBeGreaterThan(1)
}, 180_000)

/** Each cut leaves a card on its version, and fifteen versions are held at most. */
async function anew(): Promise<void> {
  await world.close()
  world = await tsmWorld()
}
