import { refusals } from '@anqu/contract'
import { expect, test } from 'vitest'
import { ownProblemCodes } from '../../api/problem.ts'
import { nextAfter } from './next-after.ts'

test.each(['client.offline', 'server.unavailable', 'server.error'])(
  'after %s the outcome is asked for, for the order may have gone through',
  (code) => expect(nextAfter(code)).toBe('result'),
)

test('a wrong PIN was never sent, so the same order is signed again', () => {
  expect(nextAfter('se.pin-wrong')).toBe('sign')
})

test('only three refusals allow another try; everything else stops the payment or asks for its outcome', () => {
  const again = [...Object.keys(refusals), ...ownProblemCodes].filter((code) =>
    ['picture', 'code', 'sign'].includes(nextAfter(code)),
  )
  expect(again.toSorted()).toEqual(['factor.picture-rejected', 'factor.rejected', 'se.pin-wrong'])
})
