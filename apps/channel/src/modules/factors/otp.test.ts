import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Refusal } from '@anqu/contract'
import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { hmacSm3 } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { migrationsOf } from '../../testing/module-world.fixture.ts'
import { createOtp, type Otp, type OtpOrder } from './otp.ts'

const startMs = 1_800_000_000_000
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
const clock = new FakeClock(startMs)
const key = utf8ToBytes('look-up key of the test')
let database: TestDatabase
let otp: Otp
let inbox: { phone: string; text: string }[]
let operatorDown = false
let phones = 0
let phone: string

beforeAll(async () => {
  database = await testDatabase(migrationsOf('factors'))
  otp = createOtp({
    db: database.db,
    clock,
    keys: { lookup: (purpose, value) => bytesToHex(hmacSm3(key, utf8ToBytes(`${purpose}\n${value}`))) },
    sendSms: async (message) => {
      if (operatorDown) throw new Refusal('server.unavailable')
      inbox.push(message)
    },
  })
})
afterAll(() => database.drop())
beforeEach(() => {
  clock.setTo(startMs)
  inbox = []
  operatorDown = false
  phones += 1
  phone = `138${String(phones).padStart(8, '0')}`
})

const order = (change: Partial<OtpOrder> = {}): OtpOrder => ({
  purpose: 'login',
  binding: 'login-1',
  phone,
  ...change,
})
async function sent(change: Partial<OtpOrder> = {}) {
  const { otpId } = await otp.send(order(change))
  const code = /验证码([0-9]{6})/.exec(inbox.at(-1)?.text ?? '')?.[1] ?? ''
  return { otpId, otp: code, purpose: 'login' as const, binding: 'login-1' }
}
const wrong = (code: string): string => (code === '000000' ? '000001' : '000000')
const rejected = { code: 'factor.rejected' }
const tooOften = { code: 'request.too-often' }

test('the code goes to the phone and opens once', async () => {
  const entry = await sent()
  expect(inbox).toMatchObject([{ phone }])
  await otp.verify(entry)
  await expect(otp.verify(entry)).rejects.toMatchObject(rejected)
})

test('of two requests with the same right code one passes', async () => {
  const entry = await sent()
  const tries = await Promise.allSettled(Array.from({ length: 4 }, () => otp.verify(entry)))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('after five wrong tries the right code is worth nothing, also when they come at once', async () => {
  const entry = await sent()
  const guesses = Array.from({ length: policy.otp.maxTries }, () =>
    otp.verify({ ...entry, otp: wrong(entry.otp) }),
  )
  for (const guess of await Promise.allSettled(guesses)) expect(guess.status).toBe('rejected')
  await expect(otp.verify(entry)).rejects.toMatchObject(rejected)
})

test('the fifth try may still be the right one', async () => {
  const entry = await sent()
  for (let n = 1; n < policy.otp.maxTries; n += 1)
    await expect(otp.verify({ ...entry, otp: wrong(entry.otp) })).rejects.toMatchObject(rejected)
  await expect(otp.verify(entry)).resolves.toBeUndefined()
})

test('a code is good until its time is over and not a millisecond longer', async () => {
  const [first, second] = [await sent(), await sent({ purpose: 'operation' })]
  clock.setTo(startMs + policy.otp.validMs - 1)
  await otp.verify(first)
  clock.setTo(startMs + policy.otp.validMs)
  await expect(otp.verify({ ...second, purpose: 'operation' })).rejects.toMatchObject(rejected)
})

test('a code fits no other purpose, binding or ticket', async () => {
  const entry = await sent()
  await expect(otp.verify({ ...entry, purpose: 'operation' })).rejects.toMatchObject(rejected)
  await expect(otp.verify({ ...entry, binding: 'login-2' })).rejects.toMatchObject(rejected)
  const other = await sent({ purpose: 'operation' })
  await expect(otp.verify({ ...entry, otpId: other.otpId })).rejects.toMatchObject(rejected)
  await expect(otp.verify(entry)).resolves.toBeUndefined()
})

test('a newer code ends the older one of its purpose and leaves the others alone', async () => {
  const [login, operation] = [await sent(), await sent({ purpose: 'operation' })]
  clock.advance(minuteMs)
  const newer = await sent()
  await expect(otp.verify(login)).rejects.toMatchObject(rejected)
  await expect(otp.verify({ ...operation, purpose: 'operation' })).resolves.toBeUndefined()
  await expect(otp.verify(newer)).resolves.toBeUndefined()
})

test('a purpose gets one code a minute; another purpose does not wait for it', async () => {
  await otp.send(order())
  await expect(otp.send(order())).rejects.toMatchObject(tooOften)
  await expect(otp.send(order({ purpose: 'operation' }))).resolves.toBeDefined()
  clock.advance(minuteMs)
  await expect(otp.send(order())).resolves.toBeDefined()
})

test('requests at the same time do not pass the limit together', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => otp.send(order())))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(policy.otp.perMinute)
  expect(inbox).toHaveLength(policy.otp.perMinute)
})

test('a purpose has its limit for an hour and a phone its limit for a day', async () => {
  for (let n = 0; n < policy.otp.perHour; n += 1) {
    await otp.send(order())
    clock.advance(minuteMs)
  }
  await expect(otp.send(order())).rejects.toMatchObject(tooOften)
  clock.advance(hourMs)
  for (let n = policy.otp.perHour; n < policy.otp.perDay; n += 1) {
    await otp.send(order())
    clock.advance(minuteMs)
  }
  clock.advance(hourMs)
  await expect(otp.send(order({ purpose: 'operation' }))).rejects.toMatchObject(tooOften)
  clock.setTo(startMs + dayMs)
  await expect(otp.send(order())).resolves.toBeDefined()
})

test('no code and no phone number stands in the database', async () => {
  const { otp: code } = await sent()
  const rows = await database.db.query<{ row: string }>(
    sql`select otp::text as row from otp where state = 'sent' order by created_at_ms desc, otp_id desc`,
  )
  expect(rows.length).toBeGreaterThan(0)
  for (const { row } of rows) {
    expect(row).not.toMatch(new RegExp(`[,"]${code}[,"]`))
    expect(row).not.toContain(phone)
  }
})

test('a message the operator did not take is a refusal', async () => {
  operatorDown = true
  await expect(otp.send(order())).rejects.toMatchObject({ code: 'server.unavailable' })
})

test('the ticket shows a masked phone and the text says what the code is for', async () => {
  const ticket = await otp.send(order({ about: '向某方付款1.00元' }))
  expect(ticket.phoneMasked).toBe(`${phone.slice(0, 3)}****${phone.slice(-4)}`)
  expect(inbox[0]?.text).toContain('登录')
  expect(inbox[0]?.text).toContain('向某方付款1.00元')
})
