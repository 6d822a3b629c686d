import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { PinBuffer } from './pin-buffer.ts'

const filled = () => {
  const buffer = new PinBuffer(6)
  for (const digit of [1, 9, 4, 2, 8, 5]) buffer.push(digit)
  return buffer
}

test('a complete PIN is handed out once as ASCII digits and nothing stays behind', () => {
  const buffer = filled()
  expect(buffer.take()).toEqual(new TextEncoder().encode('194285'))
  expect(buffer.count).toBe(0)
  expect(buffer.take()).toEqual(new Uint8Array())
})

test('an erased digit is not part of the PIN', () => {
  const buffer = new PinBuffer(2)
  buffer.push(7)
  buffer.erase()
  buffer.push(1)
  expect(buffer.push(2)).toBe(true)
  expect(buffer.take()).toEqual(new TextEncoder().encode('12'))
})

test('digits beyond the length and things that are no digit are ignored', () => {
  const buffer = new PinBuffer(2)
  for (const digit of [-1, 10, 1.5, 3, 4, 5]) buffer.push(digit)
  expect(buffer.take()).toEqual(new TextEncoder().encode('34'))
})

test('printing the buffer shows no digit', () => {
  const buffer = filled()
  expect(JSON.stringify(buffer)).toBe('"[secret]"')
  expect(inspect(buffer)).not.toMatch(/49|57|194285/)
})
