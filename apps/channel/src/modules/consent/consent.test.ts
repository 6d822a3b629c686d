import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  loggedIn,
  migrationsOf,
  recordingAudit,
} from '../../testing/module-world.fixture.ts'
import { createConsent, type Consent } from './index.ts'
import { notice } from './notice.ts'

const clock = new FakeClock(1_800_000_000_000)
const audit = recordingAudit()
let database: TestDatabase
let consent: Consent

beforeAll(async () => {
  database = await testDatabase(migrationsOf('consent'))
  consent = createConsent({ db: database.db, clock, audit })
})
afterAll(() => database.drop())
beforeEach(() => {
  audit.events.length = 0
  clock.advance(1000)
})

const required = notice.purposes.filter((purpose) => purpose.required).map(({ key }) => key)
const optional = notice.purposes.filter((purpose) => !purpose.required).map(({ key }) => key)
const decide = async (on = installation(), change: object = {}): Promise<string> => {
  const input = { version: notice.version, decision: 'accepted', purposes: required, ...change }
  return (await call<{ consentId: string }>(consent.routes, 'consent.decide', input, on)).consentId
}
const neededNow = { code: 'consent.required' }

test('the required purposes are enough; an optional one is no condition', async () => {
  expect(optional.length).toBeGreaterThan(0)
  const on = installation()
  await expect(consent.assertAccepted(await decide(on), on.clientKeyId)).resolves.toBeUndefined()
})

test('a decision without a required purpose, or with one nobody asked for, is no consent', async () => {
  await expect(decide(installation(), { purposes: required.slice(1) })).rejects.toMatchObject(neededNow)
  await expect(decide(installation(), { purposes: [...required, 'resale'] })).rejects.toMatchObject(neededNow)
})

test('refusing is possible, recorded, and no consent to anything', async () => {
  const on = installation()
  const consentId = await decide(on, { decision: 'refused', purposes: required })
  await expect(consent.assertAccepted(consentId, on.clientKeyId)).rejects.toMatchObject(neededNow)
  expect(audit.events).toMatchObject([{ event: 'consent.refused', fields: { purposes: '' } }])
})

test('consent given on one installation is none on another, and nobody makes one up', async () => {
  const consentId = await decide()
  await expect(consent.assertAccepted(consentId, installation().clientKeyId)).rejects.toMatchObject(neededNow)
  await expect(consent.assertAccepted(uuidv7(), installation().clientKeyId)).rejects.toMatchObject(neededNow)
})

test('consent to an older notice is out of date', async () => {
  await expect(decide(installation(), { version: '2020-01' })).rejects.toMatchObject({
    code: 'consent.outdated',
  })
  const on = installation()
  const consentId = await decide(on)
  await database.db.execute(
    sql`update consent set notice_version = '2020-01' where consent_id = ${consentId}`,
  )
  await expect(consent.assertAccepted(consentId, on.clientKeyId)).rejects.toMatchObject({
    code: 'consent.outdated',
  })
})

test('the newest decision of an account counts, a withdrawal too', async () => {
  const accountId = uuidv7()
  const on = loggedIn(installation(), accountId)
  expect(await consent.isOutdated(accountId)).toBe(true)
  await decide(on)
  expect(await consent.isOutdated(accountId)).toBe(false)
  clock.advance(1)
  await call(consent.routes, 'consent.withdraw', { purposes: optional }, on)
  expect(await consent.isOutdated(accountId)).toBe(true)
  expect(audit.events.at(-1)).toMatchObject({ event: 'consent.withdrawn', subject: accountId })
})

test('a consent given before registration goes to the account once', async () => {
  const [first, second] = [uuidv7(), uuidv7()]
  const consentId = await decide()
  const attach = (to: string) => database.db.transaction((tx) => consent.attachIn(tx, consentId, to))
  await attach(first)
  await attach(second)
  expect(await consent.isOutdated(first)).toBe(false)
  expect(await consent.isOutdated(second)).toBe(true)
})

test.each(['zh', 'en'])(
  'the notice in %s names every purpose and what is collected and shared',
  async (language) => {
    const view = await call<{ purposes: { key: string; why: string }[]; collected: object[] }>(
      consent.routes,
      'consent.notice',
      { language },
    )
    expect(view.purposes.map(({ key }) => key)).toEqual(notice.purposes.map(({ key }) => key))
    expect(view.purposes.every(({ why }) => why.length > 0)).toBe(true)
    expect(view.collected).toHaveLength(notice.collected.length)
  },
)
