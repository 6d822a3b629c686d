import { afterAll, beforeAll, expect, test } from 'vitest'
import { uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { call, installation, loggedIn, migrationsOf } from '../../testing/module-world.fixture.ts'
import { createNotifications, type Notifications } from './index.ts'

const clock = new FakeClock(1_800_000_000_000)
let database: TestDatabase
let notifications: Notifications

beforeAll(async () => {
  database = await testDatabase(migrationsOf('notifications'))
  notifications = createNotifications({ db: database.db, clock })
})
afterAll(() => database.drop())

const notice = (text: string) => ({ title: { zh: text, en: text }, text: { zh: text, en: text } })
const tell = (accountId: string, text: string) =>
  database.db.transaction((tx) => notifications.notifyIn(tx, accountId, notice(text)))
type List = { notifications: { title: { en: string }; atMs: number }[] }
const titles = async (accountId: string): Promise<string[]> =>
  (
    await call<List>(notifications.routes, 'notifications.list', {}, loggedIn(installation(), accountId))
  ).notifications.map(({ title }) => title.en)

test('a customer sees the own messages, newest first, and nobody else’s', async () => {
  const [mine, theirs] = [uuidv7(), uuidv7()]
  await tell(mine, 'first')
  await tell(theirs, 'not for me')
  await tell(mine, 'second at the same moment')
  clock.advance(1)
  await tell(mine, 'third')
  expect(await titles(mine)).toEqual(['third', 'second at the same moment', 'first'])
})

test('what did not happen is not told', async () => {
  const accountId = uuidv7()
  const failing = database.db.transaction(async (tx) => {
    await notifications.notifyIn(tx, accountId, notice('paid'))
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  expect(await titles(accountId)).toEqual([])
})

test('the list has an end', async () => {
  const accountId = uuidv7()
  for (let n = 0; n < 60; n += 1) await tell(accountId, `${n}`)
  expect(await titles(accountId)).toHaveLength(50)
})

test('without a session there is no list', async () => {
  await expect(call(notifications.routes, 'notifications.list', {})).rejects.toMatchObject({
    code: 'session.required',
  })
})
