import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCookie, sessionCookie } from './session-cookie.ts'

const token = 'A'.repeat(43)

test('a cookie is out of reach of scripts and other sites, and behind TLS of plain HTTP', () => {
  const plain = sessionCookie('customer', false).set({ token, maxAgeMs: 90_500 })
  expect(plain).toBe(`anqu-customer=${token}; Max-Age=90; Path=/api/v1; HttpOnly; SameSite=Strict`)
  const secure = sessionCookie('staff', true).set({ token, maxAgeMs: 1000 })
  expect(secure).toMatch(/^__Secure-anqu-staff=.*Path=\/admin\/v1; HttpOnly; SameSite=Strict; Secure$/)
  expect(sessionCookie('customer', false).clear()).toContain('Max-Age=0')
})

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  [`anqu-customer=${token}`, token],
  [`other=1; anqu-customer=${token}; more=2`, token],
  [`anqu-staff=${token}`, undefined],
  [`xanqu-customer=${token}`, undefined],
  ['anqu-customer=', undefined],
  ['anqu-customer', undefined],
  ['anqu-customer=short', undefined],
  [`anqu-customer=${'A'.repeat(101)}`, undefined],
  [`anqu-customer=${token}%20`, undefined],
  [`anqu-customer="${token}"`, undefined],
  [`Anqu-Customer=${token}`, undefined],
])('from the header %s the session id is %s', (header, expected) => {
  expect(readCookie(header, 'anqu-customer')).toBe(expected)
})

test('whatever the header is, what is read has the form of a session id', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, value) => {
      const read = readCookie(`${before}; anqu-customer=${value}`, 'anqu-customer')
      if (read !== undefined) expect(read).toMatch(/^[A-Za-z0-9_-]{20,100}$/)
    }),
  )
})

test('what is set is read back', () => {
  const cookie = sessionCookie('customer', true)
  const [pair] = cookie.set({ token, maxAgeMs: 1000 }).split(';')
  expect(readCookie(pair, cookie.name)).toBe(token)
})
