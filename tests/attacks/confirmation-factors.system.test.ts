import { otherCode, type Customer } from '@anqu/conformance/system'
import { factorsRequestOtp, operationsGet } from '@anqu/contract'
import { SecureElementError } from '@anqu/secure-element'
import { expect, test } from 'vitest'
import { attackedSystem } from './support/attacked-system.ts'
import { recorded } from './support/audit-trail.ts'
import { changesNothing, codeOf } from './support/refusal.ts'

const system = attackedSystem()

const stateOf = async (customer: Customer, operationId: string): Promise<string> =>
  (await customer.app.call(operationsGet, { operationId })).operation.state

test('a wrong PIN signs nothing, and the sixth locks the secure element for the right one too', async () => {
  const customer = await system().fixtures.freshReady()
  const challenged = await customer.challenged()
  const wrong = customer.person.pin === '000000' ? '111111' : '000000'
  const sentBefore = customer.app.exchanges.length
  const outcomes: unknown[] = []
  for (const pin of [wrong, wrong, wrong, wrong, wrong, wrong, customer.person.pin])
    await customer.confirm(challenged, { pin }).catch((error: unknown) => {
      if (!(error instanceof SecureElementError)) throw error
      outcomes.push([error.code, error.triesLeft])
    })
  expect(outcomes).toEqual([
    ...[5, 4, 3, 2, 1].map((left) => ['se.pin-wrong', left]),
    ['se.pin-locked', undefined],
    ['se.pin-locked', undefined],
  ])
  expect(customer.app.exchanges.length).toBe(sentBefore)
  expect(await stateOf(customer, challenged.prepared.operation.operationId)).toBe('challenged')
})

test('a wrong code does not confirm, and the right one is refused once it was used', async () => {
  const customer = await system().fixtures.freshReady()
  const first = await customer.challenged()
  const sinceMs = system().clock.nowMs()
  await changesNothing(system(), async () => {
    expect(await codeOf(customer.confirm(first, { otp: otherCode(first.code.otp) }))).toBe('factor.rejected')
  })
  await recorded(system(), { event: 'operation.confirmation-refused', eventClass: 'operation', sinceMs })
  await recorded(system(), { event: 'factor.otp', eventClass: 'login', sinceMs })

  const picture = await customer.confirmationPicture(first.prepared.operation.operationId)
  expect((await customer.settled(await customer.confirm({ ...first, picture }))).state).toBe('done')
  const second = await customer.challenged()
  await changesNothing(system(), async () => {
    expect(await codeOf(customer.confirm({ ...second, code: first.code }))).toBe('factor.rejected')
  })
})

test('a code sent for another purpose or another order does not confirm', async () => {
  const customer = await system().fixtures.freshReady()
  const first = await customer.challenged()
  const bindingCode = await customer.codeFor('bind-device')
  const second = await customer.challenged()
  await changesNothing(system(), async () => {
    expect(await codeOf(customer.confirm({ ...first, code: second.code }))).toBe('factor.rejected')
    const picture = await customer.confirmationPicture(first.prepared.operation.operationId)
    expect(await codeOf(customer.confirm({ ...first, picture, code: bindingCode }))).toBe('factor.rejected')
  })
})

test('a picture read wrongly is burnt, whatever is answered next', async () => {
  const customer = await system().fixtures.freshReady()
  const challenged = await customer.challenged()
  await changesNothing(system(), async () => {
    const attempt = customer.confirm(challenged, { pictureAnswer: '----' })
    expect(await codeOf(attempt)).toBe('factor.picture-rejected')
    expect(await codeOf(customer.confirm(challenged))).toBe('factor.picture-rejected')
  })
})

test('a captcha read wrongly is burnt and sends no message to a stranger', async () => {
  const customer = await system().fixtures.newcomer()
  const { phone } = customer.person
  const captcha = await customer.solveCaptcha()
  const ask = (pictureAnswer: string): Promise<unknown> =>
    customer.app.call(factorsRequestOtp, { purpose: 'register', phone, ...captcha, pictureAnswer })
  expect(await codeOf(ask('----'))).toBe('factor.picture-rejected')
  expect(await codeOf(ask(captcha.pictureAnswer))).toBe('factor.picture-rejected')
  expect(await system().messages(phone)).toEqual([])
})

test('a wrong transaction password leads no further, and no code can be had without it', async () => {
  const customer = await system().fixtures.freshReady()
  const { proposalId } = await customer.propose()
  const { operationId } = (await customer.prepare(proposalId)).operation
  await changesNothing(system(), async () => {
    expect(await codeOf(customer.giveSecondPassword(operationId, 'wrongone12'))).toBe('factor.rejected')
    expect(await codeOf(customer.operationCode(operationId))).toBe('factor.not-ready')
  })
  expect(await stateOf(customer, operationId)).toBe('prepared')
})

test('three wrong confirmations lock all transactions of the customer, the right one too', async () => {
  const customer = await system().fixtures.freshReady()
  const challenged = await customer.challenged()
  const { operationId } = challenged.prepared.operation
  await changesNothing(system(), async () => {
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await codeOf(customer.confirm(challenged, { pictureAnswer: '----' }))).toBe(
        'factor.picture-rejected',
      )
    const picture = await customer.confirmationPicture(operationId)
    expect(await codeOf(customer.confirm({ ...challenged, picture }))).toBe('operation.locked')
  })
})
