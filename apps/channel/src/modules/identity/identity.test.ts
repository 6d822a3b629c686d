import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Refusal } from '@anqu/contract'
import { utf8ToBytes } from '@anqu/encoding'
import { SecretBytes } from '@anqu/gm-crypto'
import { createMemoryStore, sql, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import {
  call,
  installation,
  loggedIn,
  migrationsOf,
  recordingAudit,
  testCertify,
} from '../../testing/module-world.fixture.ts'
import { createFactors, registrationBinding } from '../factors/index.ts'
import { createKeys } from '../keys/index.ts'
import { isAdult } from './domain/age.ts'
import { maskIdNumber, maskName } from './domain/masking.ts'
import { createIdentity, type Identity } from './index.ts'

// Noon in China on 2027-03-01.
const clock = new FakeClock(Date.UTC(2027, 2, 1, 4))
const audit = recordingAudit()
let database: TestDatabase
let identity: Identity
let consented: boolean
/** What is typed into each keyboard, by its id. */
let typed: Map<string, string>
let codes: { purpose: string; binding: string; otp: string }[]
let notices: string[]
let people = 0

beforeAll(async () => {
  database = await testDatabase(migrationsOf('keys', 'factors', 'identity'))
  const { db } = database
  const keys = await createKeys({
    db,
    clock,
    kek: SecretBytes.random(16),
    certify: testCertify(clock),
    isRevoked: async () => false,
  })
  const check = async (entry: { purpose: string; binding: string; otp: string }) => {
    codes.push(entry)
    if (entry.otp !== '123456') throw new Refusal('factor.rejected')
  }
  const factors = createFactors({
    db,
    clock,
    audit,
    keys,
    store: createMemoryStore({ clock }),
    agree: keys.messageKey.agree,
    witness: undefined,
    sendSms: async () => undefined,
    otpOrder: () => Promise.reject(new Error('not part of this test')),
  })
  identity = createIdentity({
    db,
    clock,
    audit,
    keys,
    factors: {
      passwords: factors.passwords,
      otp: { send: () => Promise.reject(new Error('not part of this test')), verify: check },
      verifyCustomerOtp: check,
      keyboards: {
        issue: () => Promise.reject(new Error('not part of this test')),
        read: (entry, _expected, use) =>
          use(SecretBytes.from(utf8ToBytes(typed.get(entry.keyboardId) ?? ''))),
      },
    },
    assertConsent: async () => {
      if (!consented) throw new Refusal('consent.required')
    },
    attachConsentIn: async () => undefined,
    notifyIn: async (_tx, _accountId, { title }) => void notices.push(title.en),
  })
})
afterAll(() => database.drop())
beforeEach(() => {
  consented = true
  typed = new Map()
  codes = []
  notices = []
  audit.events.length = 0
})

function idNumber(birthday: string): string {
  const body = `110101${birthday}${String((people % 899) + 100)}`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, at) => total + weight * Number(body[at]), 0)
  return body + '10X98765432'.charAt(sum % 11)
}
const enter = (text: string) => {
  const keyboardId = uuidv7()
  typed.set(keyboardId, text)
  return { keyboardId, taps: ['AAAA'] }
}
function person(change: object = {}) {
  people += 1
  return {
    consentId: uuidv7(),
    name: '张三丰',
    idNumber: idNumber('19900307'),
    phone: `138${String(people).padStart(8, '0')}`,
    otpId: uuidv7(),
    otp: '123456',
    password: enter('river7stone4'),
    repeat: enter('river7stone4'),
    ...change,
  }
}
const register = (input: object, on = installation()) => call(identity.routes, 'identity.register', input, on)
const rows = () => identity.count()

test('a new customer is registered, found by phone, and nobody reads the details in the database', async () => {
  const input = person()
  const on = installation()
  await register(input, on)
  const accountId = await identity.findByPhone(input.phone)
  expect(accountId).toBeDefined()
  expect(await identity.person(accountId ?? '')).toEqual({
    name: input.name,
    idNumber: input.idNumber,
    phone: input.phone,
  })
  expect(codes).toMatchObject([{ purpose: 'register', binding: registrationBinding(input.phone, on) }])
  expect(notices).toEqual(['Welcome to Anqu'])
  const stored = await database.db.query<{ row: string; name: Uint8Array; phone: Uint8Array }>(
    sql`select account::text as row, name_sealed as name, phone_sealed as phone from account`,
  )
  for (const { row, name, phone } of stored) {
    for (const value of [input.name, input.phone, input.idNumber]) {
      expect(row).not.toContain(value)
      expect(Buffer.from(name).includes(value)).toBe(false)
      expect(Buffer.from(phone).includes(value)).toBe(false)
    }
  }
})

test('no record of the log carries a name, a number or a phone', async () => {
  const input = person()
  await register(input)
  expect(audit.events).toMatchObject([{ event: 'identity.registered', outcome: 'success' }])
  const log = JSON.stringify(audit.events)
  for (const value of [input.name, input.phone, input.idNumber]) expect(log).not.toContain(value)
})

test('a registered phone and a registered identity number get one and the same answer', async () => {
  const input = person()
  await register(input)
  const again = (change: object) => register(person({ ...change }))
  const answers = await Promise.allSettled([
    again({ phone: input.phone }),
    again({ idNumber: input.idNumber }),
  ])
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'identity.not-accepted' } })
})

test('of registrations of one person at the same time one succeeds', async () => {
  const input = person()
  const tries = await Promise.allSettled(Array.from({ length: 4 }, () => register(input)))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('what is not in order registers nobody', async () => {
  const before = await rows()
  const cases: [object, string][] = [
    [{ otp: '000000' }, 'factor.rejected'],
    [{ repeat: enter('river7stone5') }, 'password.entries-differ'],
    [{ repeat: enter('river7stone') }, 'password.entries-differ'],
    [{ password: enter('password1'), repeat: enter('password1') }, 'password.too-weak'],
    [{ password: enter('bamboo19900307'), repeat: enter('bamboo19900307') }, 'password.too-weak'],
    [{ idNumber: idNumber('20090302') }, 'identity.under-age'],
  ]
  for (const [change, code] of cases)
    await expect(register(person(change)), code).rejects.toMatchObject({ code })
  consented = false
  await expect(register(person())).rejects.toMatchObject({ code: 'consent.required' })
  expect(await rows()).toBe(before)
})

test('a weak password does not cost the code', async () => {
  const weak = { password: enter('password1'), repeat: enter('password1') }
  await expect(register(person(weak))).rejects.toThrow()
  expect(codes).toEqual([])
})

test('adults are those whose eighteenth birthday has come in China', () => {
  const midnightMs = Date.UTC(2027, 1, 28, 16)
  expect(isAdult(idNumber('20090301'), midnightMs - 1)).toBe(false)
  expect(isAdult(idNumber('20090301'), midnightMs)).toBe(true)
  expect(isAdult(idNumber('20091231'), Date.UTC(2027, 11, 30))).toBe(false)
})

test('masks leave the family name, the last character and the ends of numbers', () => {
  expect(['张三', '张三丰', '欧阳娜娜', 'A'].map(maskName)).toEqual(['张*', '张*丰', '欧**娜', 'A*'])
  expect(maskIdNumber('110101199003071234')).toBe('110***********1234')
})

async function customer() {
  const input = person()
  const on = installation()
  await register(input, on)
  const accountId = (await identity.findByPhone(input.phone)) ?? ''
  audit.events.length = 0
  codes = []
  return { input, accountId, context: loggedIn(on, accountId) }
}

test('an e-mail address is sealed, masked, and forgotten when its owner takes it back', async () => {
  const { accountId, context } = await customer()
  const set = (email: string | null) => call(identity.routes, 'identity.set-email', { email }, context)
  expect(await set('zhang.san@example.test')).toEqual({ emailMasked: 'z***@example.test' })
  expect(await identity.contact(accountId)).toMatchObject({ email: 'zhang.san@example.test' })
  const { row } = await database.db.one<{ row: string }>(
    sql`select account::text as row from account where account_id = ${accountId}`,
  )
  expect(row).not.toContain(Buffer.from('zhang.san').toString('hex'))
  expect(JSON.stringify(audit.events)).not.toContain('zhang')
  expect(await set(null)).toEqual({ emailMasked: null })
  expect(await identity.contact(accountId)).toMatchObject({ email: null })
  await expect(set('not an address')).rejects.toThrow()
})

test('the profile is masked, and reading it is recorded', async () => {
  const { input, accountId, context } = await customer()
  const profile = await call(identity.routes, 'identity.profile', {}, context)
  expect(profile).toMatchObject({ accountId, nameMasked: '张*丰', hasTransactionPassword: false })
  const text = JSON.stringify(profile)
  for (const value of [input.name, input.phone, input.idNumber]) expect(text).not.toContain(value)
  expect(audit.events).toMatchObject([{ event: 'identity.profile-read', subject: accountId }])
})

const setTransaction = (context: ReturnType<typeof loggedIn>, password: string, otp = '123456') =>
  call(
    identity.routes,
    'identity.set-transaction-password',
    { otpId: uuidv7(), otp, password: enter(password), repeat: enter(password) },
    context,
  )

test('a transaction password is set with a code bound to the account, and is none of the login password', async () => {
  const { accountId, context } = await customer()
  await expect(setTransaction(context, 'river7stone4')).rejects.toMatchObject({
    code: 'password.same-as-other',
  })
  await expect(setTransaction(context, 'x9kettle_2m', '000000')).rejects.toMatchObject({
    code: 'factor.rejected',
  })
  const profile = () =>
    call<{ hasTransactionPassword: boolean }>(identity.routes, 'identity.profile', {}, context)
  expect((await profile()).hasTransactionPassword).toBe(false)
  await setTransaction(context, 'x9kettle_2m')
  expect((await profile()).hasTransactionPassword).toBe(true)
  expect(codes.at(-1)).toMatchObject({ purpose: 'set-transaction-password', binding: accountId })
  expect(notices.at(-1)).toBe('Transaction password set')
})
