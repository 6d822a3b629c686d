import type { Customer } from '@anqu/conformance/system'
import {
  devicesCompleteBinding,
  devicesList,
  devicesRequestCertificate,
  factorsRequestOtp,
  insurancePolicies,
  operationsGet,
  operationsList,
  operationsPicture,
  sm2Signature,
  sessionsBeginLogin,
} from '@anqu/contract'
import { policy } from '@anqu/policy'
import { expect, test } from 'vitest'
import { attackedSystem } from './support/attacked-system.ts'
import { recorded } from './support/audit-trail.ts'
import { madeUp } from './support/made-up-values.ts'
import { changesNothing, codeOf, refusalOf } from './support/refusal.ts'

const system = attackedSystem()

/** What a guesser sees of each attempt: nothing in it may depend on whether the account exists. */
async function guesses(customer: Customer, count: number): Promise<unknown[]> {
  const seen: unknown[] = []
  for (let guess = 0; guess < count; guess += 1) {
    const { code, zh, en, retryAtMs } = await refusalOf(customer.beginLogin('wrongone12'))
    seen.push({ code, zh, en, waits: retryAtMs !== undefined })
  }
  return seen
}

test('an unknown phone and a wrong password are answered alike, up to the lock and beyond it', async () => {
  const known = await (await system().fixtures.freshRegistered()).elsewhere()
  const unknown = await system().fixtures.newcomer()
  const cap = policy.lockout.consecutiveCap
  const seen = await guesses(known, cap + 1)
  expect(seen).toEqual(await guesses(unknown, cap + 1))
  const codes = seen.map((entry) => (entry as { code: string }).code) // made above
  expect(codes).toEqual([...Array.from({ length: cap }, () => 'login.refused'), 'factor.locked'])
})

test('guessing elsewhere locks elsewhere, never the bound device, and is recorded when the cap is reached', async () => {
  const customer = await system().fixtures.freshReady()
  const stranger = await customer.elsewhere()
  const sinceMs = system().clock.nowMs()
  await guesses(stranger, policy.lockout.consecutiveCap)
  expect(await codeOf(stranger.beginLogin())).toBe('factor.locked')
  await recorded(system(), { event: 'client.password-cap', eventClass: 'client-anomaly', sinceMs })
  customer.app.cookies.clear()
  expect((await customer.beginLogin()).state).toBe('in')
  expect((await customer.pay()).operation.state).toBe('done')
})

test('a stranger finds neither operation, code, picture, device nor binding of somebody else', async () => {
  const { customer: victim, operation } = await system().fixtures.paid()
  const stranger = await system().fixtures.freshReady()
  const open = await victim.challenged()
  const { operationId } = open.prepared.operation
  const call = stranger.app.call.bind(stranger.app)
  await changesNothing(system(), async () => {
    for (const id of [operation.operationId, operationId, crypto.randomUUID()]) {
      expect(await codeOf(call(operationsGet, { operationId: id }))).toBe('operation.not-found')
      expect(await codeOf(call(operationsPicture, { operationId: id }))).toBe('operation.not-found')
      expect(await codeOf(stranger.giveSecondPassword(id))).toBe('operation.not-found')
      const asked = call(factorsRequestOtp, { purpose: 'operation', operationId: id })
      expect(await codeOf(asked)).toBe('operation.not-found')
    }
    const confirm = stranger.confirm(open, { certificateSerial: stranger.bound().certificateSerial })
    expect(await codeOf(confirm)).toBe('operation.not-found')
    const { deviceId, bindingId, certificateSerial } = victim.bound()
    const release = (id: string): Promise<string> => codeOf(stranger.releaseDevice(id))
    expect(await release(deviceId)).toBe(await release(crypto.randomUUID()))
    const proof = { certificateSerial, proof: sm2Signature(new Uint8Array(3)) }
    expect(await codeOf(call(devicesCompleteBinding, { bindingId, ...proof }))).toBe('device.binding-failed')
    const csr = call(devicesRequestCertificate, { bindingId, csr: 'AAAA' })
    expect(await codeOf(csr)).toBe('device.binding-failed')
    expect(await codeOf(stranger.prepare(open.proposal.proposalId))).toBe('insurance.product-unavailable')
  })
  expect(await call(operationsList, {})).toEqual({ operations: [] })
  expect(await call(insurancePolicies, { language: 'zh' })).toEqual({ policies: [] })
  const { devices } = await call(devicesList, {})
  expect(devices.map(({ deviceId }) => deviceId)).toEqual([stranger.bound().deviceId])
})

test('a new installation of the same customer pays nothing until it is bound', async () => {
  const { customer } = await system().fixtures.paid()
  const elsewhere = await customer.elsewhere()
  await elsewhere.login()
  const { proposalId } = await elsewhere.propose()
  await changesNothing(system(), async () => {
    expect(await codeOf(elsewhere.prepare(proposalId))).toBe('device.not-bound')
  })
})

test('what is not entered on the secure keyboard of its own purpose is no password', async () => {
  const customer = await system().fixtures.freshRegistered()
  const { environment } = madeUp
  const { phone, loginPassword } = customer.person
  const begin = (secret: { keyboardId: string; taps: string[] }): Promise<unknown> =>
    customer.app.call(sessionsBeginLogin, { phone, secret, environment })
  const forAnother = await customer.app.enter('register', loginPassword)
  expect(await codeOf(begin(forAnother))).toBe('factor.rejected')
  const right = await customer.app.enter('login', loginPassword)
  const thief = await customer.elsewhere()
  const stolen = thief.app.call(sessionsBeginLogin, { phone, secret: right, environment })
  expect(await codeOf(stolen)).toBe('factor.rejected')
  // The stolen entry used the keyboard up.
  expect(await codeOf(begin(right))).toBe('factor.rejected')
})
