import { expect, test } from 'vitest'
import { isSimplePin, samePin } from './pin-rule.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test.each(['000000', '123456', '987654', '121212'])('%s is refused as too simple', (pin) =>
  expect(isSimplePin(bytes(pin))).toBe(true),
)
test.each(['194285', '112358', '135791', '246801'])('%s is accepted', (pin) =>
  expect(isSimplePin(bytes(pin))).toBe(false),
)

test('two PINs are the same only when every digit is', () => {
  expect(samePin(bytes('194285'), bytes('194285'))).toBe(true)
  expect(samePin(bytes('194285'), bytes('194286'))).toBe(false)
  expect(samePin(bytes('19428'), bytes('194285'))).toBe(false)
  expect(samePin(bytes('194285'), bytes('19428'))).toBe(false)
})
