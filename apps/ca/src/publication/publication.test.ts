import { base64ToBytes } from '@anqu/encoding'
import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  certIdOf,
  checkRevocation,
  createOcspRequest,
  ocspRequestToPath,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  verifyOcspResponse,
  type Certificate,
} from '@anqu/pki'
import { sql } from '@anqu/platform'
import { policy } from '@anqu/policy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import type { publicationAnswer } from '../api/index.ts'
import { caTestUrl, CaWorld } from '../testing/ca-world.ts'

let world: CaWorld
let issuer: Certificate
beforeAll(async () => {
  world = await CaWorld.open()
  issuer = parseCertificate(base64ToBytes((await world.anchors()).certificates[0] ?? ''))
})
afterAll(() => world.close())

/** What a certificate names, asked of the CA that runs here. */
const fetchNamed = (url: string | undefined, init?: RequestInit): Promise<Response> =>
  fetch(`${world.url}${url?.slice(caTestUrl.length) ?? ''}`, init)
const bytesOf = async (response: Response): Promise<Uint8Array> =>
  new Uint8Array(await response.arrayBuffer())
const listAt = async (url: string | undefined) => parseCrl(await bytesOf(await fetchNamed(url)))

const issued = async (): Promise<Certificate> =>
  parseCertificate(base64ToBytes((await world.issue(Sm2PrivateKey.generate())).certificate))

/** The state by the lists the certificate itself names. */
async function byLists(certificate: Certificate) {
  const { extensions } = certificate
  const crls = [await listAt(extensions.crlUrls?.[0]), await listAt(extensions.deltaCrlUrls?.[0])]
  return checkRevocation({ certificate, issuer, crls, atMs: world.clock.nowMs() })
}

const question = (certificate: Certificate, nonce?: Uint8Array): Uint8Array =>
  createOcspRequest({ certIds: [certIdOf(issuer, certificate.serial)], ...(nonce ? { nonce } : {}) })
const post = (body: Uint8Array): Promise<Response> =>
  fetchNamed(`${caTestUrl}/ocsp`, {
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: new Uint8Array(body),
  })

async function byOcsp(certificate: Certificate, nonce?: Uint8Array) {
  const response = await bytesOf(await post(question(certificate, nonce)))
  return verifyOcspResponse({
    response,
    certificate,
    issuer,
    atMs: world.clock.nowMs(),
    ...(nonce ? { nonce } : {}),
  })
}

const change = (what: string, { serialHex }: Certificate) =>
  world.call(`/v1/certificates/${what}`, {
    serial: serialHex,
    reason: 'lost',
    by: 'customer',
    correlationId: 'c',
  })

test('a certificate names a list, a delta list and a responder, and all three know it', async () => {
  const certificate = await issued()
  expect(certificate.extensions.ocspUrls).toEqual([`${caTestUrl}/ocsp`])
  expect(await byLists(certificate)).toEqual({ status: 'good' })
  expect(await byOcsp(certificate, randomBytes(16))).toMatchObject({ status: 'good' })
  const named = await bytesOf(await fetchNamed(certificate.extensions.caIssuerUrls?.[0]))
  expect(parseCertificate(named).serialHex).toBe(issuer.serialHex)
})

test('after a revocation no answer from before is given, and the next tick publishes it', async () => {
  const certificate = await issued()
  expect(await byOcsp(certificate)).toMatchObject({ status: 'good' })
  await change('revoke', certificate)
  expect(await byOcsp(certificate)).toMatchObject({ status: 'revoked', reason: 'unspecified' })
  await world.authority.tick()
  expect(await byLists(certificate)).toMatchObject({ status: 'revoked' })
})

test('a hold stands on the delta list, and is taken off by it when it ends', async () => {
  const certificate = await issued()
  await change('suspend', certificate)
  await world.authority.tick()
  expect(await byLists(certificate)).toMatchObject({ status: 'revoked', reason: 'certificateHold' })
  expect(await byOcsp(certificate)).toMatchObject({ status: 'revoked', reason: 'certificateHold' })
  world.clock.advance(policy.certificate.fullListEveryMs)
  await world.authority.tick()
  expect((await listAt(certificate.extensions.crlUrls?.[0])).find(certificate.serial)).toBeDefined()
  await change('resume', certificate)
  await world.authority.tick()
  expect(await byLists(certificate)).toEqual({ status: 'good' })
  expect(await byOcsp(certificate)).toMatchObject({ status: 'good' })
})

test('the same question gets the same signed answer for half its life, then a fresh one', async () => {
  const certificate = await issued()
  const ask = async () => Buffer.from(await bytesOf(await post(question(certificate)))).toString('base64')
  const first = await ask()
  world.clock.advance(policy.certificate.ocspValidMs / 2 - 1)
  expect(await ask()).toBe(first)
  world.clock.advance(1)
  expect(await ask()).not.toBe(first)
  expect(await byOcsp(certificate)).toMatchObject({ status: 'good' })
})

test('a nonce comes back in an answer of its own', async () => {
  const certificate = await issued()
  const nonce = randomBytes(32)
  expect(await byOcsp(certificate, nonce)).toMatchObject({ status: 'good' })
  const other = await bytesOf(await post(question(certificate)))
  const verdict = verifyOcspResponse({
    response: other,
    certificate,
    issuer,
    atMs: world.clock.nowMs(),
    nonce,
  })
  expect(verdict).toMatchObject({ status: 'no-answer', source: 'RFC 6960 section 4.4.1' })
})

test('a GET brings the same answer and says how long it may be kept', async () => {
  const certificate = await issued()
  const posted = await bytesOf(await post(question(certificate)))
  world.clock.advance(60_000)
  const got = await fetchNamed(`${caTestUrl}/ocsp/${ocspRequestToPath(question(certificate))}`)
  expect(await bytesOf(got)).toEqual(posted)
  expect(got.headers.get('content-type')).toBe('application/ocsp-response')
  const left = (policy.certificate.ocspValidMs - 60_000) / 1000
  expect(got.headers.get('cache-control')).toBe(`max-age=${left}, public, no-transform, must-revalidate`)
})

test('what was never issued is unknown; of other issuers and of noise nothing is said', async () => {
  const certificate = await issued()
  const never = createOcspRequest({ certIds: [certIdOf(issuer, randomBytes(16))] })
  const unknown = parseOcspResponse(await bytesOf(await post(never)))
  expect(unknown).toMatchObject({ response: { answers: [{ state: { status: 'unknown' } }] } })
  const foreign = createOcspRequest({ certIds: [certIdOf(certificate, certificate.serial)] })
  expect(parseOcspResponse(await bytesOf(await post(foreign)))).toEqual({ error: 'unauthorized' })
  for (const noise of [new Uint8Array(0), randomBytes(100), question(certificate).slice(0, -1)])
    expect(parseOcspResponse(await bytesOf(await post(noise)))).toEqual({ error: 'malformedRequest' })
  const path = await fetchNamed(`${caTestUrl}/ocsp/%25%25`)
  expect(parseOcspResponse(await bytesOf(path))).toEqual({ error: 'malformedRequest' })
})

test('lists grow in number, and one that has run out is not handed out', async () => {
  const { extensions } = await issued()
  const [url] = extensions.crlUrls ?? []
  const before = await listAt(url)
  world.clock.advance(policy.certificate.fullListEveryMs)
  await world.authority.tick()
  expect((await listAt(url)).number).toBeGreaterThan(before.number)
  world.clock.advance(policy.certificate.fullListValidMs)
  expect((await fetchNamed(url)).status).toBe(503)
  await world.authority.tick()
  expect((await fetchNamed(url)).status).toBe(200)
  expect((await fetchNamed(`${caTestUrl}/crl/9-ff.crl`)).status).toBe(404)
})

test('an expired certificate stands on one list made after its end, and then on none', async () => {
  const certificate = await issued()
  await change('revoke', certificate)
  const full = async () => {
    world.clock.advance(policy.certificate.fullListEveryMs)
    await world.authority.tick()
    return (await listAt(certificate.extensions.crlUrls?.[0])).find(certificate.serial)
  }
  expect(await full()).toBeDefined()
  world.clock.setTo(certificate.notAfterMs + 1)
  expect(await full()).toBeDefined()
  expect(await full()).toBeUndefined()
})

test('the responder’s key is replaced before its certificate ends, also at a start', async () => {
  const describe = () => world.call<z.infer<typeof publicationAnswer>>('/v1/publication', {})
  const first = (await describe()).ocsp
  world.clock.advance(16 * 86_400_000)
  await world.authority.housekeeping()
  const second = (await describe()).ocsp
  expect(second.responderSerial).not.toBe(first.responderSerial)
  await world.authority.stop()
  await world.start()
  expect((await describe()).ocsp.responderSerial).toBe(second.responderSerial)
  expect(await byOcsp(await issued(), randomBytes(8))).toMatchObject({ status: 'good' })
})

test('a new public address begins new lists; those of older certificates live on', async () => {
  const certificate = await issued()
  await world.authority.stop()
  await world.start({ publicUrl: 'http://other.example' })
  const later = await issued()
  expect(later.extensions.crlUrls?.[0]).toMatch(/^http:\/\/other\.example\/crl\/2-/)
  await change('revoke', certificate)
  await world.authority.tick()
  expect(await byLists(certificate)).toMatchObject({ status: 'revoked' })
  await world.authority.stop()
  await world.start()
})

test('lists survive a start as they were handed out', async () => {
  const { extensions } = await issued()
  const before = await listAt(extensions.crlUrls?.[0])
  await world.authority.stop()
  await world.start()
  expect((await listAt(extensions.crlUrls?.[0])).raw).toEqual(before.raw)
  const rows = await world.database.db.query(sql`select 1 from crl_shard where full_number > number`)
  expect(rows).toEqual([])
})
