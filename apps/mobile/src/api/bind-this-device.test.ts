import { expect, test } from 'vitest'
import { stepAfter } from './bind-this-device.ts'

test('what the SDK reports moves the customer forward through the ten steps and past the last', () => {
  const order = [
    ...(['authenticated', 'key-pair', 'request', 'submitted', 'issued'] as const),
    ...(['checked', 'installed', 'proven', 'bound'] as const),
  ]
  const steps = order.map((step) => stepAfter[step])
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(steps[0]).toBe(2)
  expect(steps.at(-1)).toBe(11)
  expect(order.toSorted()).toEqual(Object.keys(stepAfter).toSorted())
})
