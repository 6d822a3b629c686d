import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capitalAmount } from './capital-amount.ts'
import { randomLayout } from './keyboard-layout.ts'
import { afterAttempt, afterSuccess, gateOf, noFailures, type LockRules } from './lock-rules.ts'
import { isStrongPassword } from './password-rules.ts'

const rules: LockRules = {
  consecutiveCap: 3,
  dayCap: 5,
  cumulativeCap: 20,
  firstLockMs: 60_000,
  lockFactor: 5,
  longestLockMs: 86_400_000,
}
const dayMs = 86_400_000
const start = 1_800_000_000_000
const fail = (times: number, from = noFailures(start)) =>
  Array.from({ length: times }).reduce<typeof from>((counter) => afterAttempt(counter, rules, start), from)

test('two failures leave the gate open, the third closes it for a minute', () => {
  expect(gateOf(fail(2), rules, start)).toEqual({ kind: 'open' })
  expect(gateOf(fail(3), rules, start)).toEqual({ kind: 'locked', untilMs: start + 60_000 })
  expect(gateOf(fail(3), rules, start + 60_000)).toEqual({ kind: 'open' })
})

test('the fifth failure of a day locks for the rest of the day', () => {
  expect(gateOf(fail(5), rules, start + dayMs - 1)).toEqual({ kind: 'locked', untilMs: start + dayMs })
  expect(gateOf(fail(5), rules, start + dayMs)).toEqual({ kind: 'open' })
})

test('each timed lock is longer than the one before', () => {
  const second = afterAttempt({ ...fail(5), dayCount: 0, lockedUntilMs: 0 }, rules, start + dayMs)
  expect(gateOf(second, rules, start + dayMs)).toEqual({ kind: 'locked', untilMs: start + dayMs + 300_000 })
})

test('twenty failures in all block until an operator acts, however they are spread', () => {
  let counter = noFailures(start)
  for (let day = 0; day < 20; day += 1)
    counter = afterAttempt({ ...counter, consecutive: 0 }, rules, start + day * dayMs)
  expect(gateOf(counter, rules, start + 400 * dayMs)).toEqual({ kind: 'blocked' })
})

test('a success ends the run and takes its own attempt back, but not the failures before it', () => {
  const counter = afterSuccess(fail(2))
  expect(counter).toMatchObject({ consecutive: 0, dayCount: 1, cumulative: 1, lockedUntilMs: 0 })
})

test.each([
  [16_800n, '壹佰陆拾捌元整'],
  [1_200n, '壹拾贰元整'],
  [0n, '零元整'],
  [5n, '伍分'],
  [50n, '伍角整'],
  [100_005n, '壹仟元零伍分'],
  [10_050n, '壹佰元伍角整'],
  [1_000_100n, '壹万零壹元整'],
  [10_203_040_50n, '壹仟零贰拾万叁仟零肆拾元伍角整'],
  [100_000_000_00n, '壹亿元整'],
  [100_010_000_00n, '壹亿零壹万元整'],
])('%s 分 is written %s', (fen, text) => {
  expect(capitalAmount(fen)).toBe(text)
})

test('different amounts are never written alike', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 0n, max: 10n ** 12n }), (a, b) => {
      fc.pre(a !== b)
      expect(capitalAmount(a)).not.toBe(capitalAmount(b))
    }),
  )
})

test.each(['river7stone4', 'x9kettle_2m', 'bamboo4train'])('%s is accepted', (password) => {
  expect(isStrongPassword(password, ['19900101', '13900000000'])).toBe(true)
})

test.each([
  ['too short', 'ab1cd2e'],
  ['letters only', 'riverstones'],
  ['digits only', '8675309142'],
  ['a keyboard run', 'qwerty1x9'],
  ['a repetition', 'aaaaa1bcd'],
  ['a common word', 'woaini1314'],
  ['a common name with a year', 'zhangwei1990'],
  ['the birthday', 'mk19900101x'],
  ['a piece of the phone number', 'qz90000000k'],
  ['initials and a year', 'lx1990!19'],
])('%s is refused', (_why, password) => {
  expect(isStrongPassword(password, ['19900101', '13900000000'])).toBe(false)
})

test('a keyboard has every key once, digits in the first row, and no favourite place', () => {
  const places = new Map<string, number>()
  const rounds = 2_000
  for (let round = 0; round < rounds; round += 1) {
    const layout = randomLayout()
    expect([...layout].toSorted().join('')).toBe('!#0123456789@_abcdefghijklmnopqrstuvwxyz')
    expect(layout.slice(0, 10)).toMatch(/^[0-9]+$/)
    places.set(`7@${layout.indexOf('7')}`, (places.get(`7@${layout.indexOf('7')}`) ?? 0) + 1)
  }
  // Ten places, 200 each expected, standard deviation 13.4: eight deviations never happen to an even shuffle.
  for (let place = 0; place < 10; place += 1) {
    expect(places.get(`7@${place}`) ?? 0).toBeGreaterThan(93)
    expect(places.get(`7@${place}`) ?? 0).toBeLessThan(307)
  }
})
