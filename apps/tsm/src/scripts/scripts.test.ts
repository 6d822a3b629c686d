import { SecureElement, securedConnection } from '@anqu/secure-element'
import { uuidv7 } from '@anqu/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cardsAnswer, paths } from '../api/index.ts'
import { Cut, Phone, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'

const PIN = '2468135'
let world: TsmWorld
beforeAll(async () => {
  world = await tsmWorld()
})
afterAll(() => world.close())

async function use(phone: Phone, keySet: Awaited<ReturnType<Phone['run']>>['keySet']): Promise<void> {
  if (keySet === undefined) throw new Error('no client keys')
  const element = new SecureElement(securedConnection(phone.powerUp(), keySet))
  await element.setPin(PIN)
  await element.generateKeyPair('a', PIN)
  expect((await element.status()).containers).toBe(1)
}

test('a fresh card is enrolled, gets the issuer’s keys, the package and client keys, and works', async () => {
  const phone = new Phone(world)
  const { answer, keySet } = await phone.run()
  expect(answer.result).toMatchObject({ applicationState: 'usable', packageVersion: 1 })
  await use(phone, keySet)
  const { cards } = await world.call(
    paths.cards,
    { cursor: null, limit: 10, holder: phone.holder },
    cardsAnswer,
  )
  expect(cards).toMatchObject([{ kind: 'virtual', state: 'personalised', keyVersion: 1, order: 'none' }])
})

test('cut at any act, on either side of it, a script goes on to a whole card, and never leaves half an application', async () => {
  const whole = new Phone(world)
  await whole.run()
  for (let at = 1; at <= whole.acts; at += 1) {
    const phone = new Phone(world)
    const correlationId = uuidv7()
    phone.cutAt = () => {
      if (phone.acts === at) throw new Cut()
    }
    await expect(phone.run('provision', correlationId)).rejects.toThrow(Cut)
    phone.cutAt = () => undefined
    // The client was killed: the card loses power. Every other time the TSM was killed as well.
    phone.powerUp()
    if (at % 5 === 0) await world.restart()
    const { answer, keySet } = await phone.run('provision', correlationId)
    expect(answer.result, `cut at ${at}`).toMatchObject({ applicationState: 'usable' })
    await use(phone, keySet)
  }
}, 120_000)
