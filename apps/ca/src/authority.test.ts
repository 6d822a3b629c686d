import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { base64ToBytes, bytesToBase64, bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, sm2Sign, sm2Verify, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, parseCertificate, privateKeySigner, validateChain } from '@anqu/pki'
import { answerBytes, callHeaders, requestBytes, silentLog, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { policy } from '@anqu/policy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anchorsAnswer, protocol } from './api/index.ts'
import { createAuthority } from './authority.ts'
import { financialPolicy } from './profiles/profiles.ts'

const caller = Sm2PrivateKey.generate()
const customer = Sm2PrivateKey.generate()
const clock = new FakeClock(1_790_000_000_000)
let database: TestDatabase
let folder: string
let authority: Awaited<ReturnType<typeof createAuthority>>
let url: string
let anchors: ReturnType<typeof anchorsAnswer.parse>

const start = () =>
  createAuthority({
    db: database.db,
    clock,
    log: silentLog,
    dataDir: folder,
    callersDir: path.join(folder, 'callers'),
    listen: { host: '127.0.0.1', port: 0 },
    profile: 'demo',
    publicUrl: 'http://ca.example',
    crlShards: 2,
  })

beforeAll(async () => {
  database = await testDatabase()
  folder = await mkdtemp(path.join(tmpdir(), 'anqu-ca-'))
  await mkdir(path.join(folder, 'callers'))
  await writeFile(path.join(folder, 'callers', 'channel.pub'), bytesToHex(caller.publicKey.bytes))
  authority = await start()
  url = await authority.start()
  anchors = anchorsAnswer.parse(await (await fetch(`${url}/v1/anchors`)).json())
})
afterAll(async () => {
  await authority.stop()
  await database.drop()
  await rm(folder, { recursive: true })
})

type Signed = { headers: Record<string, string>; bytes: Uint8Array }

function sign(route: string, body: object, key = caller): Signed {
  const bytes = utf8ToBytes(JSON.stringify(body))
  const [timestamp, nonce] = [String(clock.nowMs()), bytesToHex(randomBytes(16))]
  const signature = sm2Sign(
    key,
    requestBytes(protocol, { path: route, caller: 'channel', timestamp, nonce }, bytes),
  )
  return {
    bytes,
    headers: {
      [callHeaders.caller]: 'channel',
      [callHeaders.timestamp]: timestamp,
      [callHeaders.nonce]: nonce,
      [callHeaders.signature]: bytesToBase64(signature),
    },
  }
}

async function send(route: string, { headers, bytes }: Signed) {
  const response = await fetch(`${url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(bytes),
  })
  return {
    status: response.status,
    headers: response.headers,
    bytes: new Uint8Array(await response.arrayBuffer()),
  }
}

async function call<T>(route: string, body: object): Promise<T> {
  const request = sign(route, body)
  const answer = await send(route, request)
  const service = parseCertificate(base64ToBytes(anchors.service))
  const signed = answerBytes(
    protocol,
    { status: answer.status, requestSignature: request.headers[callHeaders.signature] ?? '' },
    answer.bytes,
  )
  expect(
    sm2Verify(service.publicKey, signed, base64ToBytes(answer.headers.get(callHeaders.signature) ?? '')),
  ).toBe(true)
  return JSON.parse(new TextDecoder().decode(answer.bytes)) as T // the test names the answer
}

const owner = { accountId: uuidv7(), terminalId: uuidv7() }
const order = async (key = customer, change: object = {}) => ({
  idempotencyKey: `bind:${uuidv7()}`,
  csr: bytesToBase64(
    await createCsr({ key: privateKeySigner(key), subject: [{ type: 'CN', value: owner.terminalId }] }),
  ),
  holder: owner.accountId,
  correlationId: uuidv7(),
  ...owner,
  ...change,
})
type Issued = { serial: string; certificate: string; chain: string[]; notAfterMs: number }

const claim = (serial: string, change: object = {}) => ({
  serial,
  ...owner,
  message: bytesToBase64(utf8ToBytes('order')),
  signatureAlgorithm: '1.2.156.10197.1.501',
  digestAlgorithm: '1.2.156.10197.1.401',
  signature: bytesToBase64(sm2Sign(customer, utf8ToBytes('order'))),
  correlationId: uuidv7(),
  ...change,
})

test('an issued certificate leads to the root, carries the financial policy and says what it is for', async () => {
  const issued = await call<Issued>('/v1/certificates', await order())
  const leaf = parseCertificate(base64ToBytes(issued.certificate))
  const [root, ...intermediates] = anchors.certificates
    .toReversed()
    .map((text) => parseCertificate(base64ToBytes(text)))
  if (root === undefined) throw new Error('no root')
  const verdict = validateChain({
    leaf,
    intermediates,
    anchors: [root],
    atMs: clock.nowMs(),
    usage: { keyUsage: ['digitalSignature', 'nonRepudiation'], policy: financialPolicy },
  })
  expect(verdict).toMatchObject({ ok: true })
  expect(leaf.serialHex).toBe(issued.serial)
  expect(issued.serial).toMatch(/^[0-9a-f]{32}$/)
})

test('a certificate names its holder by the pseudonym it is registered under, and no request does so itself', async () => {
  const issued = await call<Issued>(
    '/v1/certificates',
    await order(Sm2PrivateKey.generate(), { holder: 'holder-7' }),
  )
  const { subject } = parseCertificate(base64ToBytes(issued.certificate))
  expect(subject).toContainEqual({ type: 'UID', value: 'holder-7' })
  const key = Sm2PrivateKey.generate()
  const csr = await createCsr({
    key: privateKeySigner(key),
    subject: [
      { type: 'CN', value: owner.terminalId },
      { type: 'UID', value: 'somebody else' },
    ],
  })
  expect(await call('/v1/certificates', await order(key, { csr: bytesToBase64(csr) }))).toEqual({
    refused: 'not-issued',
  })
})

test('the same key and request answer the same certificate; another request under it is refused', async () => {
  const first = await order()
  const issued = await call<Issued>('/v1/certificates', first)
  expect(await call<Issued>('/v1/certificates', first)).toEqual(issued)
  const other = await order(Sm2PrivateKey.generate(), { idempotencyKey: first.idempotencyKey })
  expect(await call('/v1/certificates', other)).toEqual({ refused: 'not-issued' })
})

test('a request that its key did not sign is not issued for', async () => {
  const good = await order()
  const der = base64ToBytes(good.csr)
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
  expect(await call('/v1/certificates', { ...good, csr: bytesToBase64(der) })).toEqual({
    refused: 'not-issued',
  })
})

test('a subject other than the terminal, and a key of another account, are not issued for', async () => {
  await call<Issued>('/v1/certificates', await order())
  const foreign = { accountId: uuidv7() }
  expect(await call('/v1/certificates', await order(customer, foreign))).toEqual({ refused: 'not-issued' })
  expect(
    await call('/v1/certificates', await order(Sm2PrivateKey.generate(), { terminalId: uuidv7() })),
  ).toEqual({
    refused: 'not-issued',
  })
})

test('a signature counts for its own account, terminal and message only, until the certificate is revoked', async () => {
  const { serial } = await call<Issued>('/v1/certificates', await order())
  const verify = (change?: object) => call('/v1/certificates/verify-signature', claim(serial, change))
  expect(await verify()).toEqual({ valid: true, status: 'good', nearExpiry: false })
  expect(await verify({ accountId: uuidv7() })).toMatchObject({ valid: false, status: 'mismatch' })
  expect(await verify({ terminalId: uuidv7() })).toMatchObject({ valid: false, status: 'mismatch' })
  expect(await verify({ message: bytesToBase64(utf8ToBytes('other')) })).toMatchObject({
    valid: false,
    status: 'bad-signature',
  })
  expect(await verify({ serial: '0'.repeat(32) })).toMatchObject({ valid: false, status: 'unknown' })
  for (const names of [
    { signatureAlgorithm: '1.2.840.10045.4.3.2' },
    { digestAlgorithm: '1.3.14.3.2.26' },
    { digestAlgorithm: '1.3.14.3.2.26', serial: '0'.repeat(32) },
  ])
    expect(await verify(names)).toMatchObject({ valid: false, status: 'algorithm' })
  await call('/v1/certificates/revoke', { serial, reason: 'lost', correlationId: 'c' })
  expect(await verify()).toMatchObject({ valid: false, status: 'revoked' })
})

test('near expiry is told beside the verdict, and an expired certificate is refused', async () => {
  const { serial, notAfterMs } = await call<Issued>('/v1/certificates', await order())
  const startMs = clock.nowMs()
  try {
    clock.setTo(notAfterMs - policy.certificate.nearExpiryMs + 1)
    expect(await call('/v1/certificates/verify-signature', claim(serial))).toEqual({
      valid: true,
      status: 'good',
      nearExpiry: true,
    })
    clock.setTo(notAfterMs + 1)
    expect(await call('/v1/certificates/verify-signature', claim(serial))).toMatchObject({
      valid: false,
      status: 'expired',
    })
  } finally {
    clock.setTo(startMs)
  }
})

test('an unsigned, foreign, late or repeated call gets one answer, without a reason', async () => {
  const body = await order()
  const good = sign('/v1/certificates/status', { serial: '0'.repeat(32) })
  expect((await send('/v1/certificates/status', good)).status).toBe(200)
  const refused = [
    await send('/v1/certificates/status', good),
    await send('/v1/certificates', sign('/v1/certificates', body, Sm2PrivateKey.generate())),
    await send('/v1/certificates', { ...sign('/v1/certificates', body), headers: {} }),
    await send('/v1/certificates', sign('/v1/certificates/revoke', body)),
  ]
  const early = sign('/v1/certificates', body)
  clock.advance(301_000)
  refused.push(await send('/v1/certificates', early))
  clock.advance(-301_000)
  for (const answer of refused) {
    expect(answer.status).toBe(401)
    const { error } = JSON.parse(new TextDecoder().decode(answer.bytes)) as { error: { code: string } }
    expect(error).toMatchObject({ code: 'ca.untrusted', en: 'The request is not trusted' })
  }
})

test('a second start finds the same keys', async () => {
  const again = await start()
  const second = anchorsAnswer.parse(await (await fetch(`${await again.start()}/v1/anchors`)).json())
  await again.stop()
  expect(second).toEqual(anchors)
})
