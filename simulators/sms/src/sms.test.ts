import { silentLog } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSms, type Message } from './sms.ts'

const clock = new FakeClock()
let test: TestDatabase
let sms: Awaited<ReturnType<typeof createSms>>
let url: string
let number = 0

beforeAll(async () => {
  test = await testDatabase()
  sms = await createSms({ db: test.db, clock, log: silentLog, listen: { host: '127.0.0.1', port: 0 } })
  url = await sms.start()
})
afterEach(() => sms.switches.switchOff())
afterAll(async () => {
  await sms.stop()
  await test.drop()
})

const freshPhone = (): string => `139${String((number += 1)).padStart(8, '0')}`
const send = (body: object): Promise<Response> =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const deliver = (phone: string, text: string, reference = `r${(number += 1)}`) =>
  send({ phone, text, reference })
async function inbox(phone: string): Promise<Message[]> {
  const answer = await fetch(`${url}/v1/messages?phone=${phone}`)
  return ((await answer.json()) as { messages: Message[] }).messages // our own route
}

describe('sms operator', () => {
  it('delivers to the phone that was named, newest first, and a repeated reference once', async () => {
    const [phone, other] = [freshPhone(), freshPhone()]
    await deliver(phone, '您的验证码 111111', 'same')
    clock.advance(1_000)
    await deliver(phone, '您的验证码 111111', 'same')
    await deliver(phone, '您的验证码 222222')
    await deliver(other, '别人的 333333')
    expect((await inbox(phone)).map(({ text }) => text)).toEqual(['您的验证码 222222', '您的验证码 111111'])
  })

  it('delivers push and e-mail to the address that was named, each reference once', async () => {
    const notice = (change: object) =>
      fetch(`${url}/v1/notices`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ address: 'a@example.test', title: 't', text: 'x', ...change }),
      })
    const found = async (way: string): Promise<number> => {
      const answer = await fetch(`${url}/v1/notices?way=${way}&address=a@example.test`)
      return ((await answer.json()) as { notices: unknown[] }).notices.length // our own route
    }
    for (let n = 0; n < 2; n += 1)
      expect((await notice({ way: 'mail', reference: 'mail-once' })).status).toBe(202)
    await notice({ way: 'push', reference: 'push-once' })
    expect([await found('mail'), await found('push')]).toEqual([1, 1])
    expect((await notice({ way: 'letter', reference: 'r' })).status).toBe(400)
  })

  it('refuses unknown fields, other numbers and texts without an end', async () => {
    const good = { phone: freshPhone(), text: 'x', reference: 'r-good' }
    const wrong = [
      { ...good, from: 'bank' },
      { ...good, phone: '12' },
      { ...good, text: '' },
      { ...good, text: 'x'.repeat(501) },
    ]
    for (const body of wrong) expect((await send(body)).status).toBe(400)
    expect(await inbox(good.phone)).toEqual([])
  })

  it('shows texts on its page as text, under a policy that runs no script', async () => {
    const phone = freshPhone()
    await deliver(phone, '<script>alert(1)</script> "引号" 验证码 654321，单号 12345678')
    const answer = await fetch(`${url}/?phone=${phone}`)
    const page = await answer.text()
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'; /)
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe')
    expect(page).not.toMatch(/<script|style=|onload|javascript:/)
    expect(page).toContain('<strong>654321</strong>')
    expect(page).not.toContain('<strong>123456')
    expect((await fetch(`${url}/?phone=%22%3E%3Cb%3E`)).status).toBe(200)
    expect(await (await fetch(`${url}/?phone=%22%3E%3Cb%3E`)).text()).not.toContain('"><b>')
  })

  it('down: nothing is delivered; lost: accepted and never delivered; timeout after commit: delivered all the same', async () => {
    const phone = freshPhone()
    sms.switches.switchOn({ fault: 'down' })
    await expect(deliver(phone, 'down')).rejects.toThrow()
    sms.switches.switchOn({ fault: 'lost' })
    expect((await deliver(phone, 'lost')).status).toBe(202)
    expect(await inbox(phone)).toEqual([])
    sms.switches.switchOn({ fault: 'timeout-after-commit', delayMs: 5 })
    await expect(deliver(phone, 'late')).rejects.toThrow()
    expect((await inbox(phone)).map(({ text }) => text)).toEqual(['late'])
  })
})
