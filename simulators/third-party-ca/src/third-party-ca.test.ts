import { parsePem } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  certIdOf,
  createCsr,
  createOcspRequest,
  parseCertificate,
  privateKeySigner,
  verifyOcspResponse,
  type Certificate,
} from '@anqu/pki'
import { silentLog } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessCode, accessHeaders } from './access.ts'
import { openThirdPartyCa, type ThirdPartyCa } from './third-party-ca.ts'

const clock = new FakeClock(1_790_000_000_000)
const secret = randomBytes(32)
let dataDir: string
let ca: ThirdPartyCa
let url: string
const open = async (): Promise<void> => {
  const listen = { host: '127.0.0.1', port: 0 }
  ca = await openThirdPartyCa({ dataDir, secret, clock, log: silentLog, listen })
  url = await ca.start()
}
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-third-party-'))
  await open()
})
afterAll(async () => {
  await ca.stop()
  await rm(dataDir, { recursive: true })
})

async function post(
  where: string,
  headers: Record<string, string> = {},
  body = new Uint8Array(0),
  timeMs = clock.nowMs(),
): Promise<Response> {
  const signed = { method: 'POST', path: where, timeMs: String(timeMs), body }
  return fetch(`${url}${where}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/pkcs10',
      [accessHeaders.time]: signed.timeMs,
      [accessHeaders.code]: accessCode(secret, signed),
      ...headers,
    },
    body,
  })
}

const subscriber = (id: string) => ({
  'x-request-id': id,
  'x-subscriber': `account-${id}`,
  'x-device': `device-${id}`,
})
const csrOf = async (key: Sm2PrivateKey) =>
  new Uint8Array(await createCsr({ key: privateKeySigner(key), subject: [{ type: 'CN', value: 'any' }] }))
async function enrol(id: string): Promise<Certificate[]> {
  const answer = await post('/enrolments', subscriber(id), await csrOf(Sm2PrivateKey.generate()))
  expect(answer.status).toBe(200)
  return parsePem(await answer.text()).map(({ bytes }) => parseCertificate(bytes))
}

async function statusOf(certificate: Certificate, issuer: Certificate): Promise<string> {
  const question = createOcspRequest({ certIds: [certIdOf(issuer, certificate.serial)] })
  const answer = await fetch(`${url}/ocsp`, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: new Uint8Array(question),
  })
  const response = new Uint8Array(await answer.arrayBuffer())
  return verifyOcspResponse({ response, certificate, issuer, atMs: clock.nowMs() }).status
}

test('keys, certificates and their states outlive the process', async () => {
  const [kept, issuer] = await enrol('a')
  const [gone] = await enrol('b')
  if (!kept || !gone || !issuer) throw new Error('no chain')
  expect(await (await post(`/certificates/${gone.serialHex}/revoke`)).text()).toBe('R')
  await ca.stop()
  await open()
  expect([await statusOf(kept, issuer), await statusOf(gone, issuer)]).toEqual(['good', 'revoked'])
  const again = await post('/enrolments', subscriber('a'), await csrOf(Sm2PrivateKey.generate()))
  const [same] = parsePem(await again.text())
  expect(same && parseCertificate(same.bytes).serialHex).toBe(kept.serialHex)
})

test('a request without the right code, or from another time, is not carried out', async () => {
  const csr = await csrOf(Sm2PrivateKey.generate())
  const wrong = await post('/enrolments', { ...subscriber('c'), [accessHeaders.code]: '00'.repeat(32) }, csr)
  const old = await post('/enrolments', subscriber('c'), csr, clock.nowMs() - 600_000)
  expect([wrong.status, old.status]).toEqual([401, 401])
})

test('what was revoked stays revoked, and one key belongs to one subscriber', async () => {
  const [certificate] = await enrol('d')
  const place = `/certificates/${certificate?.serialHex}`
  await post(`${place}/revoke`)
  const back = await post(`${place}/release`)
  expect([back.status, await back.text()]).toEqual([422, 'wrong-state'])
  const csr = await csrOf(Sm2PrivateKey.generate())
  expect((await post('/enrolments', subscriber('e'), csr)).status).toBe(200)
  const taken = await post('/enrolments', subscriber('f'), csr)
  expect([taken.status, await taken.text()]).toEqual([422, 'key-taken'])
})
