import { paymentContainer } from '@anqu/client'
import type { Challenged, Customer } from '@anqu/conformance/system'
import { operationsConfirm, operationsPrepare, sm2Signature } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { attackedSystem } from './support/attacked-system.ts'
import { recorded } from './support/audit-trail.ts'
import { changesNothing, codeOf } from './support/refusal.ts'

const system = attackedSystem()

type Sent = { order?: string; signature?: Uint8Array; certificateSerial?: string }

const sign = (customer: Customer, order: string): Promise<Uint8Array> =>
  customer.app.element.sign(paymentContainer, customer.person.pin, base64ToBytes(order))

/** Confirms with everything right but what is given. */
async function confirmWith(customer: Customer, challenged: Challenged, sent: Sent): Promise<unknown> {
  const { prepared, code, picture } = challenged
  return customer.app.call(operationsConfirm, {
    operationId: prepared.operation.operationId,
    otpId: code.otpId,
    otp: code.otp,
    ...picture,
    order: sent.order ?? prepared.order,
    certificateSerial: sent.certificateSerial ?? customer.bound().certificateSerial,
    signature: sm2Signature(sent.signature ?? (await sign(customer, prepared.order))),
  })
}

/** The same order about another amount. */
function dearer(order: string): string {
  const text = bytesToUtf8(base64ToBytes(order))
  const changed = text.replace(/"amountFen":"([0-9]+)"/, '"amountFen":"$19"')
  expect(changed).not.toBe(text)
  return bytesToBase64(utf8ToBytes(changed))
}

/** Code and picture are burnt by each attempt, so a second attempt takes new ones. */
async function again(customer: Customer, challenged: Challenged): Promise<Challenged> {
  const { operationId } = challenged.prepared.operation
  const code = await customer.operationCode(operationId)
  return { ...challenged, code, picture: await customer.confirmationPicture(operationId) }
}

test.each<{ name: string; tampered: (customer: Customer, order: string) => Promise<Sent> }>([
  {
    name: 'a signature with one bit changed',
    async tampered(customer, order) {
      const signature = await sign(customer, order)
      signature.set([(signature[40] ?? 0) ^ 1], 40)
      return { signature }
    },
  },
  { name: 'a signature of zeros', tampered: async () => ({ signature: new Uint8Array(64) }) },
  { name: 'a signature cut short', tampered: async () => ({ signature: new Uint8Array(9).fill(1) }) },
  {
    name: 'a signature over another amount',
    tampered: async (customer, order) => ({ signature: await sign(customer, dearer(order)) }),
  },
])('$name is refused and recorded as an invalid signature', async ({ tampered }) => {
  const customer = await system().fixtures.freshReady()
  const challenged = await customer.challenged()
  const sinceMs = system().clock.nowMs()
  const sent = await tampered(customer, challenged.prepared.order)
  await changesNothing(system(), async () => {
    expect(await codeOf(confirmWith(customer, challenged, sent))).toBe('operation.signature-rejected')
  })
  const record = await recorded(system(), {
    event: 'client.invalid-signature',
    eventClass: 'client-anomaly',
    sinceMs,
  })
  expect(record.correlationId).toBe(challenged.prepared.operation.operationId)
})

test('an amount changed after signing, or before, is refused, and the customer can still pay', async () => {
  const customer = await system().fixtures.freshReady()
  const challenged = await customer.challenged()
  const order = dearer(challenged.prepared.order)
  const sinceMs = system().clock.nowMs()
  await changesNothing(system(), async () => {
    const afterSigning = { order, signature: await sign(customer, challenged.prepared.order) }
    expect(await codeOf(confirmWith(customer, challenged, afterSigning))).toBe('operation.signature-rejected')
  })
  await recorded(system(), { event: 'client.invalid-signature', eventClass: 'client-anomaly', sinceMs })
  const second = await again(customer, challenged)
  await changesNothing(system(), async () => {
    const beforeSigning = { order, signature: await sign(customer, order) }
    expect(await codeOf(confirmWith(customer, second, beforeSigning))).toBe('operation.signature-rejected')
  })
  const right = await again(customer, challenged)
  expect((await customer.settled(await customer.confirm(right))).state).toBe('done')
})

test('the certificate of another customer does not sign this order, and is recorded as an invalid certificate', async () => {
  const [customer, other] = [await system().fixtures.freshReady(), await system().fixtures.freshReady()]
  const challenged = await customer.challenged()
  const sinceMs = system().clock.nowMs()
  await changesNothing(system(), async () => {
    const { certificateSerial } = other.bound()
    const foreign = { certificateSerial, signature: await sign(other, challenged.prepared.order) }
    expect(await codeOf(confirmWith(customer, challenged, foreign))).toBe('operation.signature-rejected')
  })
  await recorded(system(), { event: 'client.invalid-certificate', eventClass: 'client-anomaly', sinceMs })
  const second = await again(customer, challenged)
  await changesNothing(system(), async () => {
    const unknown = confirmWith(customer, second, { certificateSerial: 'abcdef0123456789' })
    expect(await codeOf(unknown)).toBe('operation.signature-rejected')
  })
})

test('a signed order confirmed twice is paid once', async () => {
  const customer = await system().fixtures.freshReady()
  const challenged = await customer.challenged()
  const signature = await sign(customer, challenged.prepared.order)
  const both = await Promise.all([
    confirmWith(customer, challenged, { signature }),
    confirmWith(customer, challenged, { signature }),
  ])
  expect(both).toHaveLength(2)
  await changesNothing(system(), () => confirmWith(customer, challenged, { signature }))
})

test('one idempotency key serves one order only', async () => {
  const customer = await system().fixtures.freshReady()
  const [first, second] = [await customer.propose(), await customer.propose(2)]
  const key = `attack-${crypto.randomUUID()}`
  const { operation } = await customer.prepare(first.proposalId, key)
  expect((await customer.prepare(first.proposalId, key)).operation.operationId).toBe(operation.operationId)
  expect(await codeOf(customer.prepare(second.proposalId, key))).toBe('request.conflict')
})

test('an outdated client moves no money, and is recorded as outdated', async () => {
  const customer = await system().fixtures.freshReady()
  const { proposalId } = await customer.propose()
  const sinceMs = system().clock.nowMs()
  await changesNothing(system(), async () => {
    expect(await codeOf(customer.prepare(proposalId, undefined, '0.0.1'))).toBe('client.too-old')
    const unnamed = {
      idempotencyKey: `attack-${crypto.randomUUID()}`,
      type: 'pay-premium',
      input: { proposalId },
    }
    const attempt = customer.app.call(operationsPrepare, { ...unnamed, clientVersion: 'newest' })
    expect(await codeOf(attempt)).toBe('request.malformed')
  })
  await recorded(system(), { event: 'client.outdated-version', eventClass: 'client-anomaly', sinceMs })
})
