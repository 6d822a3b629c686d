import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Refusal, route } from '@anqu/contract'
import { bytesToBase64, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, sm2Decrypt, sm2Encrypt, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createMessageClient, createMessageServer, createMemoryChannelStore } from '@anqu/message'
import { buildCertificate, EKU_SERVER_AUTH, parseCertificate, privateKeySigner } from '@anqu/pki'
import { createHttpServer, createLog, TransportError, uuidv7, type HttpServer } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import { recordingAudit } from '../testing/module-world.fixture.ts'
import { bind, customerOf, type RequestContext } from './bound-route.ts'
import { createDataEncryption } from './data-encryption.ts'
import { registerSealedRoutes, renderRefusal, sealedType } from './sealed-routes.ts'

const startMs = 1_800_000_000_000
const dayMs = 86_400_000
const serverName = 'channel.test'
const clock = new FakeClock(startMs)
const audit = recordingAudit()
const lines: string[] = []
const encryptionKey = Sm2PrivateKey.generate()
const sessionToken = 'T'.repeat(43)
let http: HttpServer
let url: string
let root: ReturnType<typeof parseCertificate>
let uses: string[]
let answered: string[]
let contexts: RequestContext[]

const declared = (name: string, session: 'none' | 'optional' | 'required' | 'fund', audience = 'customer') =>
  route({
    name: `test.${name}`,
    path: `/api/v1/test/${name}`,
    audience: audience as 'customer', // a literal given just above
    session,
    zh: '测试',
    en: 'Test',
    input: z.strictObject({ text: z.string().max(20) }),
    output: z.strictObject({ text: z.string() }),
    clauses: [],
  })
const routes = [
  bind(declared('echo', 'none'), async ({ text }, context) => {
    contexts.push(context)
    if (text === 'refuse') throw new Refusal('factor.locked', 'private detail', startMs + 5)
    if (text === 'bug') throw new Error('private reason')
    if (text === 'in') context.setSession({ token: sessionToken, maxAgeMs: 60_000 })
    return { text }
  }),
  bind(declared('extra', 'none'), async () => ({ text: 'x', secret: 'not declared' })),
  bind(declared('mine', 'required'), async (_input, context) => ({ text: customerOf(context).accountId })),
  bind(declared('either', 'optional'), async (_input, { customer }) => ({
    text: customer?.accountId ?? 'nobody',
  })),
  bind(declared('pay', 'fund'), async () => ({ text: 'paid' })),
  bind(
    { ...declared('secret', 'fund'), input: z.strictObject({ text: z.uuid() }), encryptedUnder: 'text' },
    async ({ text }) => ({ text }),
  ),
  bind(declared('staff', 'none', 'staff'), async () => ({ text: 'staff' })),
]

async function certificate(key: Sm2PrivateKey, issuer?: { key: Sm2PrivateKey; der: Uint8Array }) {
  return buildCertificate({
    serial: randomBytes(8).fill(1, 0, 1),
    subject: [{ type: 'CN', value: issuer === undefined ? 'root' : serverName }],
    publicKey: key.publicKey,
    notBeforeMs: startMs - dayMs,
    notAfterMs: startMs + dayMs,
    issuer: issuer === undefined ? 'self' : parseCertificate(issuer.der),
    signer: privateKeySigner(issuer?.key ?? key),
    extensions:
      issuer === undefined
        ? { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] }
        : {
            basicConstraints: { ca: false },
            keyUsage: ['digitalSignature', 'keyAgreement'],
            extKeyUsage: [EKU_SERVER_AUTH],
            subjectAltNames: [{ kind: 'dns', value: serverName }],
          },
  })
}

beforeAll(async () => {
  const [rootKey, serverKey] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
  const rootDer = await certificate(rootKey)
  root = parseCertificate(rootDer)
  const leaf = await certificate(serverKey, { key: rootKey, der: rootDer })
  const log = createLog({ name: 'test', level: 'debug', write: (line) => void lines.push(line) })
  http = createHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    settingPrefix: 'ANQU_TEST_',
    log,
    renderError: renderRefusal,
  })
  registerSealedRoutes({
    server: http,
    audience: 'customer',
    messages: createMessageServer({
      chain: [leaf],
      key: serverKey,
      clock,
      store: createMemoryChannelStore(clock),
    }),
    routes,
    audit,
    encryption: createDataEncryption({
      audit,
      encryption: {
        chain: async () => [leaf],
        open: async (serial, ciphertext) =>
          serial === 'abcdef01' ? sm2Decrypt(encryptionKey, ciphertext) : undefined,
      },
      statusOf: async () => leaf,
    }),
    log,
    secure: false,
    pseudonym: () => 'address',
    resolveCustomer: async (token, _clientKeyId, use) => {
      uses.push(use)
      if (token !== sessionToken) throw new Refusal('session.expired')
      return { sessionId: uuidv7(), accountId: 'me', deviceId: null, environmentHash: '' }
    },
    resolveStaff: () => Promise.reject(new Error('no staff here')),
    answered: (name, status) => void answered.push(`${name} ${status}`),
  })
  url = await http.start()
})
afterAll(() => http.stop())
beforeEach(() => {
  clock.setTo(startMs)
  uses = []
  answered = []
  contexts = []
  lines.length = 0
  audit.events.length = 0
})

const post = (path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/octet-stream', ...headers },
  })
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

async function connect() {
  const client = createMessageClient({
    anchors: [root],
    serverName,
    instanceKey: Sm2PrivateKey.generate(),
    clock,
  })
  const { finish, channel } = client.finish(await bytesOf(await post('/message/hello', client.hello())))
  expect((await post('/message/finish', finish)).status).toBe(200)
  const send = (path: string, record: Uint8Array, cookie?: string) =>
    post(path, record, {
      'content-type': sealedType,
      'anqu-channel': channel.idHex,
      ...(cookie === undefined ? {} : { cookie }),
    })
  /** Sends bytes as the plaintext of a sealed request, and opens the answer. */
  const ask = async (name: string, plaintext: string | Uint8Array, cookie?: string) => {
    const path = `/api/v1/test/${name}`
    const bytes = typeof plaintext === 'string' ? utf8ToBytes(plaintext) : plaintext
    const { record, sequence } = channel.seal(`POST ${path}`, bytes)
    const response = await send(path, record, cookie)
    const opened = channel.open(`POST ${path}`, sequence, await bytesOf(response))
    return {
      status: response.status,
      cookie: response.headers.get('set-cookie'),
      value: JSON.parse(bytesToUtf8(opened)) as { text?: string; error?: { code: string } },
    }
  }
  return { channel, send, ask }
}
const text = (value: string): string => JSON.stringify({ text: value })
const cookie = `anqu-customer=${sessionToken}`

test('a sealed request is answered by a sealed answer, and nothing of it is readable on the way', async () => {
  const { channel, send } = await connect()
  const path = '/api/v1/test/echo'
  const { record, sequence } = channel.seal(`POST ${path}`, utf8ToBytes(text('hello')))
  const response = await send(path, record)
  const body = await bytesOf(response)
  expect(response.headers.get('content-type')).toContain(sealedType)
  expect(Buffer.from(body).includes('hello')).toBe(false)
  expect(bytesToUtf8(channel.open(`POST ${path}`, sequence, body))).toBe(text('hello'))
  expect(answered).toEqual(['test.echo 200'])
})

test('transaction data is taken only as it was encrypted to the certificate, under its own correlation id', async () => {
  const { ask } = await connect()
  const id = uuidv7()
  const encrypted = (correlationId: string, certificateSerial = 'abcdef01') =>
    JSON.stringify({
      correlationId,
      certificateSerial,
      ciphertext: bytesToBase64(sm2Encrypt(encryptionKey.publicKey, utf8ToBytes(text(id)))),
    })
  expect((await ask('secret', encrypted(id), cookie)).value).toEqual({ text: id })
  expect(audit.events).toMatchObject([{ event: 'encryption.data-opened', correlationId: id, subject: 'me' }])
  for (const other of [text(id), encrypted(uuidv7()), encrypted(id, 'abcdef02')])
    expect((await ask('secret', other, cookie)).value).toMatchObject({
      error: { code: 'encryption.rejected' },
    })
})

test('two clients are told apart by their keys', async () => {
  for (let n = 0; n < 2; n += 1) await (await connect()).ask('echo', text('x'))
  expect(new Set(contexts.map(({ clientKeyId }) => clientKeyId)).size).toBe(2)
  for (const { clientKeyId } of contexts) expect(clientKeyId).toMatch(/^[0-9a-f]{32}$/)
})

test('a refusal is sealed, has its status, and keeps its detail to the log', async () => {
  const { ask } = await connect()
  const { status, value } = await ask('echo', text('refuse'))
  expect(status).toBe(423)
  expect(value).toMatchObject({ error: { code: 'factor.locked', retryAtMs: startMs + 5 } })
  expect(JSON.stringify(value)).not.toContain('private')
  expect(lines.join('')).toContain('private detail')
  expect(audit.events).toMatchObject([{ event: 'client.password-cap' }])
})

test('a bug is one general answer, sealed, with the reason in the log alone', async () => {
  const { ask } = await connect()
  const { status, value } = await ask('echo', text('bug'))
  expect(status).toBe(500)
  expect(value).toMatchObject({ error: { code: 'server.error' } })
  expect(JSON.stringify(value)).not.toContain('private')
  expect(lines.join('')).toContain('private reason')
})

test.each([
  ['no JSON', 'x'],
  ['nothing', ''],
  ['a wrong type', '{"text":1}'],
  ['an unknown field', '{"text":"a","more":1}'],
  ['a field too long', text('a'.repeat(21))],
  ['a list', '[]'],
])('%s is refused as malformed, and audited', async (_name, plaintext) => {
  const { ask } = await connect()
  const { status, value } = await ask('echo', plaintext)
  expect([status, value.error?.code]).toEqual([400, 'request.malformed'])
  expect(audit.events).toMatchObject([{ event: 'client.illegal-message', outcome: 'failure' }])
  expect(contexts).toEqual([])
})

test('bytes that are no UTF-8 are refused as malformed', async () => {
  const { ask } = await connect()
  expect((await ask('echo', new Uint8Array([0xff, 0xfe]))).value.error?.code).toBe('request.malformed')
})

test('an output with a field the contract does not name leaves nothing', async () => {
  const { ask } = await connect()
  const { status, value } = await ask('extra', text('x'))
  expect([status, value.error?.code]).toEqual([500, 'server.error'])
})

test('a replayed, a changed and a moved message change nothing and are audited each by name', async () => {
  const { channel, send } = await connect()
  const path = '/api/v1/test/echo'
  const { record } = channel.seal(`POST ${path}`, utf8ToBytes(text('once')))
  expect((await send(path, record)).status).toBe(200)
  const codeOf = async (response: Response) =>
    ((await response.json()) as { error: { code: string } }).error.code // an unsealed refusal has this form
  expect(await codeOf(await send(path, record))).toBe('message.replayed')
  const second = channel.seal(`POST ${path}`, utf8ToBytes(text('two'))).record
  const changed = second.slice()
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  expect(await codeOf(await send(path, changed))).toBe('message.tampered')
  const third = channel.seal(`POST ${path}`, utf8ToBytes(text('three'))).record
  expect(await codeOf(await send('/api/v1/test/pay', third))).toBe('message.tampered')
  expect(contexts).toHaveLength(1)
  expect(audit.events.map(({ event }) => event)).toEqual([
    'client.duplicate-message',
    'client.illegal-message',
    'client.illegal-message',
  ])
})

test.each([
  ['no channel', { 'content-type': sealedType }, 'message.unknown-channel'],
  ['an unknown channel', { 'content-type': sealedType, 'anqu-channel': '0'.repeat(32) }, undefined],
  ['JSON', { 'content-type': 'application/json', 'anqu-channel': '0'.repeat(32) }, 'request.malformed'],
])('%s is refused outside the seal', async (_name, headers, code) => {
  const response = await post('/api/v1/test/echo', utf8ToBytes('{}'), headers)
  const body = (await response.json()) as { error: { code: string } } // an unsealed refusal has this form
  expect(response.ok).toBe(false)
  if (code === undefined) expect(body.error.code).toMatch(/^message\./)
  else expect(body.error.code).toBe(code)
  expect(contexts).toEqual([])
})

test('a route of the other audience is not there', async () => {
  const { channel, send } = await connect()
  const path = '/api/v1/test/staff'
  expect((await send(path, channel.seal(`POST ${path}`, utf8ToBytes(text('x'))).record)).status).toBe(404)
})

test('a session is asked for where it is needed, with the use the route declares', async () => {
  const { ask } = await connect()
  expect((await ask('mine', text('x'))).value.error?.code).toBe('session.required')
  expect((await ask('mine', text('x'), cookie)).value.text).toBe('me')
  expect((await ask('pay', text('x'), cookie)).value.text).toBe('paid')
  expect(uses).toEqual(['plain', 'fund'])
})

test('an ended session is an obstacle where one is needed, and none where it is welcome', async () => {
  const { ask } = await connect()
  const old = `anqu-customer=${'x'.repeat(43)}`
  expect((await ask('mine', text('x'), old)).value.error?.code).toBe('session.expired')
  expect((await ask('either', text('x'), old)).value.text).toBe('nobody')
  expect((await ask('either', text('x'), cookie)).value.text).toBe('me')
})

test('a route without session never looks at the cookie', async () => {
  const { ask } = await connect()
  await ask('echo', text('x'), cookie)
  expect(uses).toEqual([])
  expect(contexts[0]?.customer).toBeNull()
})

test('the session id travels in the header alone', async () => {
  const { ask } = await connect()
  const answer = await ask('echo', text('in'))
  expect(answer.cookie).toContain(`anqu-customer=${sessionToken}; Max-Age=60;`)
  expect(JSON.stringify(answer.value)).not.toContain(sessionToken)
})

test('errors of HTTP have their refusal, and what is unknown stays a bug', () => {
  const code = (error: unknown) => renderRefusal(error, 'id')?.body
  expect(code(new TransportError('too-large', 'x'))).toMatchObject({ error: { code: 'request.too-large' } })
  expect(code(new TransportError('not-found', 'x'))).toMatchObject({ error: { code: 'request.not-found' } })
  expect(code(new TransportError('timeout', 'x'))).toMatchObject({ error: { code: 'server.unavailable' } })
  expect(code(new TransportError('malformed', 'x'))).toMatchObject({ error: { code: 'request.malformed' } })
  expect(renderRefusal(new Error('bug'), 'id')).toBeUndefined()
})
