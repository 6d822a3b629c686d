import {
  devicesRequestCertificate,
  factorsCaptcha,
  factorsKeyboard,
  identityRegister,
  insurancePolicies,
  insuranceProducts,
  operationsList,
  sessionsBeginLogin,
  sessionsCurrent,
} from '@anqu/contract'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { attackedSystem } from './support/attacked-system.ts'
import { recorded } from './support/audit-trail.ts'
import { madeUp } from './support/made-up-values.ts'
import { codeIn, RawChannel } from './support/raw-channel.ts'
import { changesNothing } from './support/refusal.ts'

const system = attackedSystem()
const { path: captcha } = factorsCaptcha
const { path: products } = insuranceProducts

const freshChannel = async (): Promise<RawChannel> =>
  RawChannel.open(system(), await system().newInstallation())

const illegal = (sinceMs: number): Promise<unknown> =>
  recorded(system(), { event: 'client.illegal-message', eventClass: 'client-anomaly', sinceMs })

test('a replayed message is refused and recorded as a duplicate', async () => {
  const channel = await freshChannel()
  const sinceMs = system().clock.nowMs()
  const message = channel.seal(captcha, {})
  expect(await channel.send(message)).toMatchObject({ status: 200, sealed: true })
  expect(await channel.send(message)).toEqual({ status: 409, sealed: false, code: 'message.replayed' })
  await recorded(system(), { event: 'client.duplicate-message', eventClass: 'client-anomaly', sinceMs })
})

test('a message that arrives after a later one is refused', async () => {
  const channel = await freshChannel()
  const [earlier, later] = [channel.seal(captcha, {}), channel.seal(captcha, {})]
  expect(await channel.send(later)).toMatchObject({ status: 200 })
  expect(await channel.send(earlier)).toEqual({ status: 409, sealed: false, code: 'message.replayed' })
})

test('a message moved to another route, or changed by a bit, does not open and is recorded as illegal', async () => {
  const channel = await freshChannel()
  const sinceMs = system().clock.nowMs()
  const tampered = { status: 400, sealed: false, code: 'message.tampered' }
  expect(await channel.send(channel.seal(captcha, {}), products)).toEqual(tampered)
  await illegal(sinceMs)
  const changed = channel.seal(captcha, {})
  changed.record.set([(changed.record.at(-1) ?? 0) ^ 1], changed.record.length - 1)
  expect(await channel.send(changed)).toEqual(tampered)
  const cut = channel.seal(captcha, {})
  const refused = await channel.send({ ...cut, record: cut.record.subarray(0, 20) })
  expect(refused).toMatchObject({ status: 400, sealed: false })
})

test('a message of one channel does not open on another', async () => {
  const [one, other] = [await freshChannel(), await freshChannel()]
  const answer = await other.send(one.seal(captcha, {}))
  expect(answer).toMatchObject({ status: 400, sealed: false })
})

test.each<{ name: string; path: string; content: unknown }>([
  { name: 'an unknown field', path: captcha, content: { admin: true } },
  { name: 'an unknown field deep inside', path: products, content: { language: 'zh', __proto: { x: 1 } } },
  { name: 'a wrong type', path: products, content: { language: 7 } },
  { name: 'a list for an object', path: products, content: [] },
  { name: 'null', path: products, content: null },
  { name: 'no JSON', path: products, content: '{"language":' },
  { name: 'an empty message', path: products, content: '' },
  { name: 'JSON nested 20,000 deep', path: products, content: '['.repeat(20_000) + ']'.repeat(20_000) },
  { name: 'a prototype key', path: products, content: '{"language":"zh","__proto__":{"language":"en"}}' },
  {
    name: 'SQL in a field',
    path: products,
    content: { language: "zh'; drop table account; --" },
  },
  {
    name: 'an offer that is no point of the curve',
    path: factorsKeyboard.path,
    content: { purpose: 'login', offer: madeUp.offCurvePoint },
  },
  {
    name: 'base64 with stray bits',
    path: factorsKeyboard.path,
    content: { purpose: 'login', offer: 'AB==' },
  },
  {
    name: 'an offer of nothing',
    path: factorsKeyboard.path,
    content: { purpose: 'login', offer: '' },
  },
])('$name is refused as malformed, inside the seal, and recorded as illegal', async ({ path, content }) => {
  const channel = await freshChannel()
  const sinceMs = system().clock.nowMs()
  expect(await channel.post(path, content)).toEqual({ status: 400, sealed: true, code: 'request.malformed' })
  await illegal(sinceMs)
  expect((await channel.post(products, { language: 'zh' })).status).toBe(200)
})

test('taps that were not sealed for this keyboard are refused, never a fault of the server', async () => {
  const customer = await system().fixtures.registered()
  const stranger = await customer.elsewhere()
  for (const tap of ['AAAA', 'AB==', 'A'.repeat(80)]) {
    const { keyboardId } = await stranger.app.enter('login', 'x1')
    const channel = await RawChannel.open(system(), stranger.app)
    const answer = await channel.post(sessionsBeginLogin.path, {
      phone: customer.person.phone.replace(/.$/, (last) => String((Number(last) + 1) % 10)),
      secret: { keyboardId, taps: [tap] },
      environment: madeUp.environment,
    })
    expect(answer.code).toBe('request.malformed')
  }
})

test('a body over the limit is refused before it is read', async () => {
  const app = await system().newInstallation()
  const headers = { 'content-type': 'application/vnd.anqu.sealed', 'anqu-channel': '0'.repeat(32) }
  const answer = await app.post(captcha, new Uint8Array(300 * 1024), headers)
  expect([answer.status, codeIn(bytesToUtf8(answer.body))]).toEqual([413, 'request.too-large'])
  const handshake = { 'content-type': 'application/octet-stream' }
  const hello = await app.post('/message/hello', new Uint8Array(300 * 1024), handshake)
  expect(hello.status).toBe(413)
})

const unsealed: { name: string; type: string; body: string; channel?: string }[] = [
  { name: 'JSON', type: 'application/json', body: '{}' },
  { name: 'JSON called sealed', type: 'application/vnd.anqu.sealed', body: '{}' },
  { name: 'a form', type: 'application/x-www-form-urlencoded', body: 'a=b' },
  { name: 'text', type: 'text/plain', body: '{}' },
  { name: 'a made-up channel', type: 'application/vnd.anqu.sealed', body: '{}', channel: 'f'.repeat(32) },
  { name: 'a channel that is no id', type: 'application/vnd.anqu.sealed', body: '{}', channel: '../../x' },
]
test.each(unsealed)('$name sent without the seal reaches no route', async ({ type, body, channel }) => {
  const { app } = await system().fixtures.loggedIn()
  await changesNothing(system(), async () => {
    for (const { path } of [
      factorsCaptcha,
      sessionsCurrent,
      operationsList,
      insurancePolicies,
      identityRegister,
    ]) {
      const headers = { 'content-type': type, ...(channel === undefined ? {} : { 'anqu-channel': channel }) }
      const answer = await app.post(path, utf8ToBytes(body), headers)
      const code = codeIn(bytesToUtf8(answer.body))
      expect([400, 401, 415], `${path}: ${code}`).toContain(answer.status)
      expect(['request.malformed', 'message.unknown-channel', 'message.malformed']).toContain(code)
    }
  })
})

test('a certificate request that is no request is refused by name', async () => {
  const { app } = await system().fixtures.freshLoggedIn()
  const channel = await RawChannel.open(system(), app)
  const bindingId = crypto.randomUUID()
  const answer = await channel.post(devicesRequestCertificate.path, { bindingId, csr: 'AAAA' })
  expect(answer).toMatchObject({ sealed: true, code: 'device.binding-failed' })
})
