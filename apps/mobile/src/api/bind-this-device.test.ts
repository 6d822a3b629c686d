import { expect, test } from 'vitest'
import { stepAfter } from './bind-this-device.ts'

test('what the SDK reports moves the customer forward through the steps and past the last', () => {
  const order = [
    ...(['authenticated', 'card-identified', 'card-opened', 'card-personalised'] as const),
    ...(['key-pair', 'request', 'submitted', 'issued'] as const),
    ...(['checked', 'installed', 'proven', 'bound'] as const),
  ]
  const steps = order.map((step) => stepAfter[step])
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(steps[0]).toBe(2)
  expect(steps.at(-1)).toBe(14)
  expect(order.toSorted()).toEqual(Object.keys(stepAfter).toSorted())
})
