import { canonicalBytes } from '@anqu/contract'
import { expect, test } from 'vitest'
import { orderSaysWhatIsShown } from './check-order.ts'

const shown = { operationId: '0197-1', payee: '安渠财产保险', amountFen: '12800' }
const order = { purpose: 'anqu.order.v1', currency: 'CNY', ...shown }

test('an order that says what is shown may be signed', () => {
  expect(orderSaysWhatIsShown(canonicalBytes(order), shown)).toBe(true)
})

test.each([
  ['another amount', { ...order, amountFen: '1280000' }],
  ['another payee', { ...order, payee: '某某' }],
  ['another operation', { ...order, operationId: '0197-2' }],
  ['another currency', { ...order, currency: 'USD' }],
  ['another purpose', { ...order, purpose: 'anqu.bind-device.v1' }],
])('an order with %s is not signed', (_, changed) => {
  expect(orderSaysWhatIsShown(canonicalBytes(changed), shown)).toBe(false)
})

test('bytes that are no canonical order are not signed', () => {
  expect(orderSaysWhatIsShown(new TextEncoder().encode(JSON.stringify(order, undefined, 1)), shown)).toBe(
    false,
  )
  expect(orderSaysWhatIsShown(new Uint8Array([0xff]), shown)).toBe(false)
  expect(orderSaysWhatIsShown(canonicalBytes([]), shown)).toBe(false)
})
