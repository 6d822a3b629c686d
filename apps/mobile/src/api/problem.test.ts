import { ConnectionLost, Refused } from '@anqu/client'
import { refusalBody, refusals } from '@anqu/contract'
import { SecureElementError } from '@anqu/secure-element'
import { expect, test } from 'vitest'
import { ownProblem, ownProblemCodes, toProblem } from './problem.ts'

test('a refusal keeps the server’s words, its reference and its waiting time', () => {
  const problem = toProblem(new Refused(refusalBody('factor.locked', 'c-1', 99)))
  expect(problem).toEqual({
    code: 'factor.locked',
    text: { zh: refusals['factor.locked'].zh, en: refusals['factor.locked'].en },
    correlationId: 'c-1',
    retryAtMs: 99,
  })
})

test('an answer that never arrived is not called a failure of the operation', () => {
  const problem = toProblem(new ConnectionLost(new TypeError('fetch')))
  expect(problem.code).toBe('client.offline')
  expect(problem.text.zh).not.toMatch(/失败/)
})

test('a wrong PIN tells how many tries are left', () => {
  const problem = toProblem(new SecureElementError('se.pin-wrong', { triesLeft: 1 }))
  expect(problem.text).toEqual({
    zh: expect.stringContaining('1 次'),
    en: expect.stringContaining('1 try left'),
  })
})

test('what is not foreseen says nothing about its cause', () => {
  const secret = 'stack and secrets'
  for (const thrown of [
    new Error(secret),
    new SecureElementError('se.damaged', { cause: secret }),
    secret,
    undefined,
  ])
    expect(JSON.stringify(toProblem(thrown))).not.toContain(secret)
})

test.each(ownProblemCodes)('%s is said in both languages', (code) => {
  const { zh, en } = ownProblem(code).text
  expect(zh).toMatch(/\p{Script=Han}/u)
  expect(en).not.toMatch(/\p{Script=Han}/u)
  expect(en.length).toBeGreaterThan(10)
})
