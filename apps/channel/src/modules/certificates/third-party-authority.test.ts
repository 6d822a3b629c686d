import { randomBytes, sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { parsePem } from '@anqu/encoding'
import { createCsr, parseCertificate, privateKeySigner } from '@anqu/pki'
import { silentLog, uuidv7 } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import { openThirdPartyCa } from '@anqu/third-party-ca'
import { createServer, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { AuthorityUnavailable } from './authority.ts'
import { createThirdPartyAuthority } from './third-party-authority.ts'

/** What stands between the adapter and the CA may change answers: it gains nothing by it. */
const clock = new FakeClock(1_790_000_000_000)
const secret = randomBytes(32)
const listen = { host: '127.0.0.1', port: 0 }
const folders: string[] = []
let stops: (() => Promise<unknown>)[] = []
let between: Server
let change: (path: string, body: Buffer) => Buffer | undefined
let authority: ReturnType<typeof createThirdPartyAuthority>
let direct: typeof authority

async function openCa(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-third-party-'))
  folders.push(dataDir)
  const ca = await openThirdPartyCa({ dataDir, secret, clock, log: silentLog, listen })
  stops.push(ca.stop)
  return ca.start()
}
const anchorsOf = async (url: string) =>
  parsePem(await (await fetch(`${url}/ca.pem`)).text()).map(({ bytes }) => parseCertificate(bytes))

beforeAll(async () => {
  const url = await openCa()
  between = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts)
      const headers = new Headers()
      for (const [name, value] of Object.entries(request.headers))
        if (!['host', 'connection', 'content-length', 'transfer-encoding'].includes(name))
          headers.set(name, String(value))
      const init = { method: request.method ?? 'GET', headers, ...(request.method === 'POST' && { body }) }
      void fetch(`${url}${request.url}`, init).then(async (answer) => {
        const bytes = Buffer.from(await answer.arrayBuffer())
        const sent = change(request.url ?? '', bytes) ?? bytes
        response.writeHead(answer.status, { 'content-length': sent.length }).end(sent)
      })
    })
  })
  await new Promise<void>((done) => between.listen(0, '127.0.0.1', done))
  const { port } = between.address() as AddressInfo // it listens on TCP
  const anchors = await anchorsOf(url)
  authority = createThirdPartyAuthority({ url: `http://127.0.0.1:${port}`, secret, anchors, clock })
  direct = createThirdPartyAuthority({ url, secret, anchors, clock })
})
beforeEach(() => {
  change = () => undefined
})
afterAll(async () => {
  await new Promise((done) => between.close(done))
  for (const stop of stops) await stop()
  stops = []
  for (const folder of folders) await rm(folder, { recursive: true })
})

const key = Sm2PrivateKey.generate()
async function order(of = key) {
  const [accountId, terminalId] = [uuidv7(), uuidv7()]
  const csr = await createCsr({ key: privateKeySigner(of), subject: [{ type: 'CN', value: terminalId }] })
  return { idempotencyKey: uuidv7(), csr, accountId, holder: accountId, terminalId, correlationId: uuidv7() }
}
async function claim(through: typeof authority) {
  const own = Sm2PrivateKey.generate()
  const asked = await order(own)
  const { serial } = await direct.issueCustomer(asked)
  const message = new Uint8Array(3)
  const { accountId, terminalId } = asked
  const signed = {
    serial,
    accountId,
    terminalId,
    message,
    signature: sm2Sign(own, message),
    correlationId: uuidv7(),
  }
  return { signed, verdict: () => through.verifySignature(signed) }
}

test('a status answer that was changed, replaced or kept back is no good one', async () => {
  const { signed, verdict } = await claim(authority)
  expect(await verdict()).toMatchObject({ status: 'good' })
  let kept: Buffer | undefined
  change = (url, body) => {
    if (url === '/ocsp') kept ??= body
    return kept && url === '/ocsp' ? kept : undefined
  }
  expect(await verdict()).toMatchObject({ status: 'good' })
  await direct.revoke({
    serial: signed.serial,
    reason: 'lost',
    crlReason: 'keyCompromise',
    by: 'customer',
    correlationId: 'c',
  })
  // The answer from before the revocation, played again: its nonce is not the one that was sent.
  expect(await verdict()).toMatchObject({ valid: false, status: 'unknown' })
  change = (url, body) =>
    url === '/ocsp' ? Buffer.from(body.with(body.length - 4, (body.at(-4) ?? 0) ^ 1)) : undefined
  expect(await verdict()).toMatchObject({ valid: false, status: 'unknown' })
  change = (url) => (url === '/ocsp' ? Buffer.from('good') : undefined)
  await expect(verdict()).rejects.toBeInstanceOf(AuthorityUnavailable)
})

test('a certificate for another key, of another CA or for somebody else is not taken', async () => {
  const other = await openCa()
  const foreign = createThirdPartyAuthority({ url: other, secret, anchors: await anchorsOf(other), clock })
  const answers = [
    await fetchPem(foreign, await order()),
    await fetchPem(direct, await order(Sm2PrivateKey.generate())),
    await fetchPem(direct, await order()).catch(() => 'key taken'),
  ]
  for (const answer of answers) {
    change = (url) => (url === '/enrolments' ? Buffer.from(answer) : undefined)
    await expect(authority.issueCustomer(await order(Sm2PrivateKey.generate()))).rejects.toBeInstanceOf(
      AuthorityUnavailable,
    )
  }
})

const fetchPem = async (of: typeof authority, wanted: Awaited<ReturnType<typeof order>>): Promise<string> => {
  const { certificate } = await of.issueCustomer(wanted)
  const base64 = Buffer.from(certificate).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}

test('without the secret nothing is done, and nothing is believed', async () => {
  const anchors = await authority.anchors()
  const stranger = createThirdPartyAuthority({
    url: `http://127.0.0.1:${(between.address() as AddressInfo).port}`, // it listens on TCP
    secret: randomBytes(32),
    anchors: anchors.map((der) => parseCertificate(der)),
    clock,
  })
  await expect(stranger.issueCustomer(await order())).rejects.toBeInstanceOf(AuthorityUnavailable)
})
