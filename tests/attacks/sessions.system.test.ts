import type { Customer } from '@anqu/conformance/system'
import {
  operationsList,
  operationsPrepare,
  sessionsBackground,
  sessionsCurrent,
  sessionsHistory,
  sessionsLogout,
  sessionsReauthenticate,
  staffAuditSearch,
  staffOverview,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { policy } from '@anqu/policy'
import { expect, test } from 'vitest'
import { attackedSystem } from './support/attacked-system.ts'
import { recorded } from './support/audit-trail.ts'
import { changesNothing, codeOf } from './support/refusal.ts'

const system = attackedSystem()

const accountOf = async (customer: Customer): Promise<string> =>
  (await customer.app.call(sessionsCurrent, {})).accountId
const current = (customer: Customer): Promise<unknown> => customer.app.call(sessionsCurrent, {})

function tokenOf(customer: Customer): { name: string; token: string } {
  const [entry] = customer.app.cookies
  if (entry === undefined) throw new Error('there is no session cookie')
  return { name: entry[0], token: entry[1] }
}

test('an idle session ends, and its id opens nothing any more', async () => {
  const customer = await system().fixtures.freshLoggedIn()
  const { name, token } = tokenOf(customer)
  await system().database.letSessionAge(await accountOf(customer), { idleMs: policy.session.idleMs + 1 })
  expect(await codeOf(current(customer))).toBe('session.expired')
  customer.app.cookies.set(name, token)
  expect(await codeOf(current(customer))).toBe('session.expired')
})

test('a session ends at its absolute limit however busy it is', async () => {
  const customer = await system().fixtures.freshLoggedIn()
  await system().database.letSessionAge(await accountOf(customer), { openMs: policy.session.absoluteMs + 1 })
  expect(await codeOf(current(customer))).toBe('session.expired')
})

test('after the background the person is asked for again, and a wrong password does not do', async () => {
  const customer = await system().fixtures.freshReady()
  const accountId = await accountOf(customer)
  await customer.app.call(sessionsBackground, {})
  await system().database.letSessionAge(accountId, { backgroundMs: policy.session.backgroundMs + 1 })
  const asked = 'session.reauthentication-required'
  expect(await codeOf(current(customer))).toBe(asked)
  expect(await codeOf(current(customer))).toBe(asked)
  const wrong = await customer.app.enter('reauthenticate', 'wrongone12')
  expect(await codeOf(customer.app.call(sessionsReauthenticate, { secret: wrong }))).toBe('factor.rejected')
  expect(await codeOf(current(customer))).toBe(asked)
  const right = await customer.app.enter('reauthenticate', customer.person.loginPassword)
  await customer.app.call(sessionsReauthenticate, { secret: right })
  expect(await current(customer)).toMatchObject({ accountId })
})

test('money asks for the person after a shorter idle time than the rest', async () => {
  const customer = await system().fixtures.freshReady()
  const { proposalId } = await customer.propose()
  await system().database.letSessionAge(await accountOf(customer), { idleMs: policy.session.fundIdleMs + 1 })
  await changesNothing(system(), async () => {
    expect(await codeOf(customer.prepare(proposalId))).toBe('session.reauthentication-required')
  })
})

test('a session cookie used by another installation ends the session for both and is recorded', async () => {
  const customer = await system().fixtures.freshReady()
  const accountId = await accountOf(customer)
  const { name, token } = tokenOf(customer)
  const thief = await customer.elsewhere()
  thief.app.cookies.set(name, token)
  const sinceMs = system().clock.nowMs()
  await changesNothing(system(), async () => {
    expect(await codeOf(current(thief))).toBe('session.environment-changed')
    expect(await codeOf(current(customer))).toBe('session.environment-changed')
  })
  const theft = { event: 'session.used-elsewhere', eventClass: 'client-anomaly', sinceMs, subject: accountId }
  await recorded(system(), theft)
})

test.each(['', 'x', 'A'.repeat(43), '..%2f', '0'.repeat(5000)])(
  'a made-up session id opens nothing: %#',
  async (token) => {
    const customer = await system().fixtures.newcomer()
    customer.app.cookies.set('anqu-customer', token)
    expect(await codeOf(current(customer))).toBe('session.required')
    const prepare = {
      idempotencyKey: 'attack-0123456789',
      type: 'pay-premium',
      input: {},
      clientVersion: '0.1.0',
    }
    expect(await codeOf(customer.app.call(operationsPrepare, prepare))).toBe('session.required')
  },
)

test('the session id is in no address, no body, no opened answer, no log and no database', async () => {
  const customer = await system().fixtures.freshLoggedIn()
  await customer.app.call(sessionsHistory, {})
  await customer.app.call(operationsList, {})
  const { token } = tokenOf(customer)
  expect(token.length).toBeGreaterThan(20)
  const holds = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes(token)
  for (const { request, answer } of customer.app.exchanges) {
    expect(request.url).not.toContain(token)
    expect(holds(request.body ?? new Uint8Array(0)) || holds(answer.body)).toBe(false)
  }
  for (const { text } of customer.app.answers) expect(text).not.toContain(token)
  expect(await system().logs()).not.toContain(token)
  expect(holds(await system().database.everything('anqu_channel'))).toBe(false)
})

test('logging out ends the session on the server, not only in the cookie', async () => {
  const customer = await system().fixtures.freshLoggedIn()
  const { name, token } = tokenOf(customer)
  await customer.app.call(sessionsLogout, {})
  customer.app.cookies.set(name, token)
  expect(await codeOf(current(customer))).toBe('session.expired')
})

test('staff routes open to nobody without a session of staff, least of all to a customer', async () => {
  const customer = await system().fixtures.loggedIn()
  const { token } = tokenOf(customer)
  const { app } = await system().newStaff('operator')
  const search = (): Promise<unknown> => app.call(staffAuditSearch, { limit: 10 })
  expect(await codeOf(search())).toBe('session.required')
  app.cookies.set('anqu-staff', token)
  expect(await codeOf(search())).toBe('session.required')
  expect(await codeOf(app.call(staffOverview, {}))).toBe('session.required')
  // The other side does not have the route at all.
  const answer = await customer.app.post(staffAuditSearch.path, new Uint8Array(64), {
    'content-type': 'application/vnd.anqu.sealed',
    'anqu-channel': '0'.repeat(32),
  })
  expect(answer.status).toBe(404)
  const rows = await system().database.rows('anqu_channel', sql`select 1 from staff_session`)
  expect(rows.length).toBeLessThanOrEqual(1)
})
