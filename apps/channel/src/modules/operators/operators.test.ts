import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Refusal } from '@anqu/contract'
import { utf8ToBytes } from '@anqu/encoding'
import { SecretBytes } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { createMemoryStore, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  migrationsOf,
  recordingAudit,
  testCertify,
  type TestContext,
} from '../../testing/module-world.fixture.ts'
import { createFactors } from '../factors/index.ts'
import { createKeys } from '../keys/index.ts'
import { createOperators, type Operators } from './index.ts'

const startMs = 1_800_000_000_000
const clock = new FakeClock(startMs)
const audit = recordingAudit()
let database: TestDatabase
let operators: Operators
let typed: string
let code: string
let number = 0
let loginName: string

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys', 'factors', 'operators'))
  const { db } = database
  const keys = await createKeys({
    db,
    clock,
    kek: SecretBytes.random(16),
    certify: testCertify(clock),
    isRevoked: async () => false,
  })
  const store = createMemoryStore({ clock })
  const factors = createFactors({
    db,
    clock,
    audit,
    keys,
    store,
    agree: keys.messageKey.agree,
    witness: undefined,
    sendSms: async ({ text }) => void (code = /([0-9]{6})/.exec(text)?.[1] ?? ''),
    otpOrder: () => Promise.reject(new Error('not part of this test')),
  })
  operators = createOperators({
    db,
    clock,
    store,
    audit,
    keys,
    factors: {
      ...factors,
      keyboards: {
        issue: () => Promise.reject(new Error('not part of this test')),
        read: (_entry, _expected, use) => use(SecretBytes.from(utf8ToBytes(typed))),
      },
    },
  })
})
afterAll(() => database.drop())
beforeEach(async () => {
  clock.setTo(startMs)
  audit.events.length = 0
  typed = 'river7stone4'
  number += 1
  loginName = `staff-${number}`
  await add()
})

const add = (password = 'river7stone4', displayName = '李稽核') =>
  operators.add({
    loginName,
    displayName,
    role: 'auditor',
    phone: `139${String(number).padStart(8, '0')}`,
    password: SecretBytes.from(utf8ToBytes(password)),
  })
const secret = { keyboardId: uuidv7(), taps: ['AAAA'] }
type Begun = { loginId: string; otpId: string; phoneMasked: string }
const begin = (on: TestContext, name = loginName): Promise<Begun> =>
  call(operators.routes, 'staff.begin-login', { loginName: name, secret }, on)
const finish = (on: TestContext, { loginId, otpId }: Begun, otp = code): Promise<{ staffId: string }> =>
  call(operators.routes, 'staff.finish-login', { loginId, otpId, otp }, on)
async function logIn(on = installation()) {
  const { staffId } = await finish(on, await begin(on))
  const token = on.tokens.at(-1) ?? ''
  return { on, token, staffId, use: (id = on.clientKeyId) => operators.resolve(token, id) }
}
const refused = { code: 'login.refused' }
const required = { code: 'session.required' }

test('password and code together open a session with the role', async () => {
  const { use, staffId } = await logIn()
  expect(await use()).toEqual({ staffId, role: 'auditor' })
  expect(audit.events.map(({ event }) => event)).toEqual(['staff.added', 'staff.logged-in'])
})

test('a wrong password and an unknown name get one answer, and both are recorded', async () => {
  typed = 'wrong'
  await expect(begin(installation())).rejects.toMatchObject(refused)
  await expect(begin(installation(), 'nobody-here')).rejects.toMatchObject(refused)
  expect(audit.events.slice(1)).toMatchObject([
    { event: 'staff.login-refused', outcome: 'failure' },
    { event: 'staff.login-refused', outcome: 'failure', subject: 'unknown' },
  ])
})

test('a wrong code opens nothing, is recorded, and counts against guessing', async () => {
  const on = installation()
  const begun = await begin(on)
  const wrong = code === '000000' ? '000001' : '000000'
  for (let n = 0; n < policy.lockout.consecutiveCap; n += 1)
    await expect(finish(on, begun, wrong)).rejects.toMatchObject({ code: 'factor.rejected' })
  expect(audit.events.at(-1)).toMatchObject({ event: 'staff.login-refused', outcome: 'failure' })
  await expect(finish(on, begun)).rejects.toMatchObject({ code: 'factor.locked' })
  expect(on.tokens).toEqual([])
})

test('a log-in is finished where it was begun, once, and in time', async () => {
  const on = installation()
  const begun = await begin(on)
  await expect(finish(installation(), begun)).rejects.toMatchObject(refused)
  await finish(on, begun)
  await expect(finish(on, begun)).rejects.toBeInstanceOf(Refusal)
  clock.advance(60_000)
  const late = await begin(on)
  clock.advance(policy.session.loginStepMs)
  await expect(finish(on, late)).rejects.toMatchObject(refused)
})

test('a session works on its own installation only, and ends by idling and absolutely', async () => {
  const { use } = await logIn()
  await expect(use('f'.repeat(32))).rejects.toMatchObject(required)
  for (let ms = 0; ms + policy.session.idleMs < policy.session.absoluteMs; ms += policy.session.idleMs - 1) {
    await expect(use()).resolves.toBeDefined()
    clock.advance(policy.session.idleMs - 1)
  }
  clock.setTo(startMs + policy.session.absoluteMs)
  await expect(use()).rejects.toMatchObject(required)
})

test('idling ends a session', async () => {
  const { use } = await logIn()
  clock.advance(policy.session.idleMs)
  await expect(use()).rejects.toMatchObject(required)
})

test('the newest log-in ends the older one, and logging out ends it at the server', async () => {
  const older = await logIn()
  clock.advance(60_000)
  const newer = await logIn()
  await expect(older.use()).rejects.toMatchObject(required)
  await call(operators.routes, 'staff.logout', {}, { ...newer.on, staff: await newer.use() })
  await expect(newer.use()).rejects.toMatchObject(required)
  expect(newer.on.tokens.at(-1)).toBeNull()
})

test('a member of staff who was suspended is out at once', async () => {
  const { use, staffId } = await logIn()
  await database.db.execute(sql`update staff set state = 'suspended' where staff_id = ${staffId}`)
  await expect(use()).rejects.toMatchObject(required)
  clock.advance(60_000)
  await expect(begin(installation())).rejects.toMatchObject(refused)
})

test('adding a login name that exists changes nothing, the password neither', async () => {
  await add('bamboo4train', 'Impostor')
  const { on, use } = await logIn()
  const current = call(operators.routes, 'staff.current', {}, { ...on, staff: await use() })
  await expect(current).resolves.toMatchObject({ displayName: '李稽核' })
  expect(audit.events.filter(({ event }) => event === 'staff.added')).toHaveLength(1)
})
