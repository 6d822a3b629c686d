import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Refusal } from '@anqu/contract'
import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { hmacSm3, SecretBytes } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { createMemoryStore, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  migrationsOf,
  recordingAudit,
  type TestContext,
} from '../../testing/module-world.fixture.ts'
import { createSessions, type SessionUse, type Sessions } from './index.ts'

const startMs = 1_800_000_000_000
const clock = new FakeClock(startMs)
const phone = '13800138000'
const key = utf8ToBytes('look-up key of the test')
const audit = recordingAudit()
const { idleMs, fundIdleMs, backgroundMs, absoluteMs, loginStepMs } = policy.session
let database: TestDatabase
let sessions: Sessions
let accountId: string
let bound: string | null
let notices: string[]
let attempts: string[]
/** What the customer types: the keyboard's entry stands for it. */
let typed: string
let otpRight: boolean

beforeAll(async () => {
  database = await testDatabase(migrationsOf('sessions'))
  sessions = createSessions({
    db: database.db,
    clock,
    store: createMemoryStore({ clock }),
    audit,
    keys: { lookup: (purpose, value) => bytesToHex(hmacSm3(key, utf8ToBytes(`${purpose}\n${value}`))) },
    factors: {
      guard: {
        begin: async (subject, scope) => void attempts.push(`begin ${subject} ${scope}`),
        passed: async (subject, scope) => void attempts.push(`passed ${subject} ${scope}`),
        locks: async () => [],
        clear: async () => undefined,
      },
      keyboards: {
        issue: () => Promise.reject(new Error('not part of this test')),
        read: (_entry, _expected, use) => use(SecretBytes.from(utf8ToBytes(typed))),
      },
      passwords: {
        matches: async (subject, _kind, secret) =>
          subject === accountId && secret.use((bytes) => Buffer.from(bytes).toString() === 'right'),
        find: async () => ({ changedAtMs: startMs, mustChange: false }),
        assertAcceptable: async () => undefined,
        hash: async () => new Uint8Array(),
        storeIn: async () => undefined,
      },
      verifyCustomerOtp: async () => {
        if (!otpRight) throw new Refusal('factor.rejected')
      },
    },
    findByPhone: async (given) => (given === phone ? accountId : undefined),
    masked: async () => ({ nameMasked: '张*', phoneMasked: '138****8000' }),
    boundDevice: async () => bound,
    consentOutdated: async () => false,
    assertOurs: async () => undefined,
    notifyIn: async (_tx, _accountId, { title }) => void notices.push(title.en),
  })
})
afterAll(() => database.drop())
beforeEach(() => {
  clock.setTo(startMs)
  accountId = uuidv7()
  bound = uuidv7()
  notices = []
  attempts = []
  typed = 'right'
  otpRight = true
})

const environment = {
  platform: 'node',
  osVersion: 'not-available',
  model: 'test',
  language: 'zh',
  timeZone: 'Asia/Shanghai',
  screen: 'not-available',
  network: 'not-available',
  location: 'not-authorised',
  automation: 'not-available',
}
const secret = { keyboardId: uuidv7(), taps: ['AAAA'] }
type Answer = { state: 'in'; session: { notice: string } } | { state: 'otp'; loginId: string }
const begin = (on: TestContext, as = phone): Promise<Answer> =>
  call(sessions.routes, 'sessions.begin-login', { phone: as, secret, environment }, on)
const finish = (on: TestContext, loginId: string): Promise<Answer> =>
  call(sessions.routes, 'sessions.finish-login', { loginId, otpId: uuidv7(), otp: '123456' }, on)
async function logIn(on = installation()) {
  await begin(on)
  const token = on.tokens.at(-1) ?? ''
  const use = (how: SessionUse = 'plain', clientKeyId = on.clientKeyId) =>
    sessions.resolve(token, clientKeyId, how)
  return { on, token, use }
}
const again = { code: 'session.reauthentication-required' }
const expired = { code: 'session.expired' }

test('on a bound device the password is enough; elsewhere a code follows, and no session before it', async () => {
  expect((await begin(installation())).state).toBe('in')
  bound = null
  const on = installation()
  const answer = await begin(on)
  if (answer.state !== 'otp') throw new Error('expected a second step')
  expect(on.tokens).toEqual([])
  otpRight = false
  await expect(finish(on, answer.loginId)).rejects.toMatchObject({ code: 'factor.rejected' })
  otpRight = true
  expect((await finish(on, answer.loginId)).state).toBe('in')
  await expect(finish(on, answer.loginId)).rejects.toMatchObject({ code: 'login.refused' })
})

test('a login begun on one installation is finished on no other, and not after its time', async () => {
  bound = null
  const on = installation()
  const answer = await begin(on)
  if (answer.state !== 'otp') throw new Error('expected a second step')
  await expect(finish(installation(), answer.loginId)).rejects.toMatchObject({ code: 'login.refused' })
  clock.advance(loginStepMs)
  await expect(finish(on, answer.loginId)).rejects.toMatchObject({ code: 'login.refused' })
})

test('a wrong password and an unknown phone get one answer, and both are counted', async () => {
  typed = 'wrong'
  const wrong = begin(installation())
  await expect(wrong).rejects.toMatchObject({ code: 'login.refused' })
  await expect(begin(installation(), '13900139000')).rejects.toMatchObject({ code: 'login.refused' })
  expect(attempts.map((line) => line.split(' ')[0])).toEqual(['begin', 'begin'])
  expect(attempts[0]).toContain(`login-password/device:${bound}`)
  expect(audit.events.at(-1)).toMatchObject({ event: 'login.refused', subject: 'anonymous' })
})

test('the newest session wins, and the customer is told', async () => {
  const older = await logIn()
  const newer = await logIn()
  await expect(older.use()).rejects.toMatchObject({ code: 'session.replaced' })
  await expect(newer.use()).resolves.toMatchObject({ accountId, deviceId: bound })
  expect(notices).toEqual(['Logged in elsewhere'])
})

test('log-ins at the same time leave exactly one session', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => logIn()))
  const uses = await Promise.allSettled(all.map(({ use }) => use()))
  expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a session ends when it idles, and stays ended', async () => {
  const { use } = await logIn()
  clock.advance(idleMs - 1)
  await expect(use()).resolves.toBeDefined()
  clock.advance(idleMs)
  await expect(use()).rejects.toMatchObject(expired)
  clock.setTo(startMs)
  await expect(use()).rejects.toMatchObject(expired)
})

test('use keeps a session alive, but not beyond its absolute end', async () => {
  const { use } = await logIn()
  for (let ms = 0; ms + idleMs / 2 < absoluteMs; ms += idleMs / 2) {
    await expect(use()).resolves.toBeDefined()
    clock.advance(idleMs / 2)
  }
  clock.setTo(startMs + absoluteMs)
  await expect(use()).rejects.toMatchObject(expired)
})

test('after idling too long for funds the person is asked first, whatever else was done meanwhile', async () => {
  const { on, use } = await logIn()
  clock.advance(fundIdleMs)
  const { sessionId } = await use()
  await expect(use('fund')).rejects.toMatchObject(again)
  // Asked once, everything waits for the answer.
  await expect(use()).rejects.toMatchObject(again)
  const customer = await use('reauthenticate')
  typed = 'wrong'
  const confirm = () => call(sessions.routes, 'sessions.reauthenticate', { secret }, { ...on, customer })
  await expect(confirm()).rejects.toMatchObject({ code: 'factor.rejected' })
  await expect(use('fund')).rejects.toMatchObject(again)
  typed = 'right'
  await confirm()
  await expect(use('fund')).resolves.toMatchObject({ sessionId })
})

test('a short stay in the background costs nothing, a long one asks who it is', async () => {
  const { on, use } = await logIn()
  const leave = async () => call(sessions.routes, 'sessions.background', {}, { ...on, customer: await use() })
  await leave()
  clock.advance(backgroundMs - 1)
  await expect(use()).resolves.toBeDefined()
  await leave()
  clock.advance(backgroundMs)
  await expect(use()).rejects.toMatchObject(again)
  await expect(use('fund')).rejects.toMatchObject(again)
  await expect(use('reauthenticate')).resolves.toBeDefined()
})

test('a session id on another installation ends the session for both and is recorded', async () => {
  const { use } = await logIn()
  const changed = { code: 'session.environment-changed' }
  await expect(use('plain', 'f'.repeat(32))).rejects.toMatchObject(changed)
  await expect(use()).rejects.toMatchObject(changed)
  expect(audit.events.at(-1)).toMatchObject({ event: 'session.used-elsewhere', outcome: 'failure' })
})

test('logging out ends the session at the server', async () => {
  const { on, use } = await logIn()
  await call(sessions.routes, 'sessions.logout', {}, { ...on, customer: await use() })
  expect(on.tokens.at(-1)).toBeNull()
  await expect(use()).rejects.toMatchObject(expired)
})

test('a made-up session id is no session, and the true one is not stored', async () => {
  const { on, token } = await logIn()
  await expect(sessions.resolve('x'.repeat(43), on.clientKeyId, 'plain')).rejects.toMatchObject({
    code: 'session.required',
  })
  const rows = await database.db.query<{ row: string }>(sql`select session::text as row from session`)
  for (const { row } of rows) expect(row).not.toContain(token)
})

test('the history shows log-ins and failed ones, newest first', async () => {
  typed = 'wrong'
  await expect(begin(installation())).rejects.toThrow()
  typed = 'right'
  clock.advance(1000)
  const { on, use } = await logIn()
  const customer = await use()
  const { entries } = await call<{ entries: object[] }>(
    sessions.routes,
    'sessions.history',
    {},
    { ...on, customer },
  )
  expect(entries).toMatchObject([
    { outcome: 'success', current: true, active: true, device: 'test' },
    { outcome: 'failure', current: false, active: false },
  ])
})
